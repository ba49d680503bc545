import { openDuckDb } from '../../src/engines/duckdb/open.ts'
import type { Engine } from '../../src/engines/engine.ts'

/** An empty warehouse in memory that no other one can see. */
export function openScratch(databases: readonly string[]): Promise<Engine> {
  return openDuckDb({
    path: ':memory:',
    databases: [...databases],
    stages: {},
    create: true,
    // The tables are small, and two workers of the tests share the cores.
    threads: 1,
  })
}

/** Uses an empty warehouse and closes it, however that ends. */
export async function withScratch<T>(databases: readonly string[], use: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openScratch(databases)
  try {
    return await use(engine)
  } finally {
    await engine.close()
  }
}

/** Executes statements outside any step. */
export function executeOn(
  engine: Engine,
  statements: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const setup = statements.map(sql => ({ kind: 'execute', text: { sql, file: '' } }) as const)
  return engine.setup({ engine: 'duckdb', setup, steps: [], confirmations: [] }, signal)
}
