import { openDuckDb } from '../../src/engines/duckdb/open.ts'
import type { Engine } from '../../src/engines/engine.ts'

/** An empty warehouse in memory that no other one can see. */
export function openScratch(databases: readonly string[]): Promise<Engine> {
  return openDuckDb({
    path: ':memory:',
    databases: [...databases],
    stages: {},
    create: true,
  })
}
