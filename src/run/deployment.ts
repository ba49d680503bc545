import type { Engine } from '../engines/engine.ts'
import { keyOf } from '../plan/system.ts'
import type { Statement, WarehouseState } from '../plan/types.ts'
import {
  type CompiledProcedures,
  type Deployable,
  deployedKey,
  freeLeases,
  rememberDeployables,
} from '../procedures/index.ts'
import { type Memory, readMemory } from './live-objects.ts'

/** What of a deployment a warehouse lacks, or has otherwise. */
export function pendingOf(
  { deployables }: CompiledProcedures,
  known: Memory,
  state: WarehouseState,
): readonly Deployable[] {
  return deployables.filter(
    each =>
      known.get(deployedKey(each.target))?.hash !== each.hash ||
      each.definitions.some(({ target, kind }) => state.relations.get(keyOf(target))?.kind !== kind),
  )
}

/** Statements that only Snowflake has, and that no load needs. */
const ONLY_SNOWFLAKE = /^(create file format|alter table \S+ add constraint)/i

/**
 * Makes on an embedded database what the procedures' text needs: their tables and views.
 *
 * @returns how much was made
 */
export async function deployLocally(
  compiled: CompiledProcedures,
  engine: Engine,
  signal: AbortSignal,
): Promise<number> {
  const state = await engine.state([...new Set(compiled.deployables.map(({ target }) => target.database))])
  const known = await readMemory(compiled.database, engine, state)
  const pending = pendingOf(compiled, known, state).filter(({ kind }) => kind === 'system' || kind === 'relation')
  const statements = pending.flatMap(each => each.statements).filter(sql => !ONLY_SNOWFLAKE.test(sql))
  const remember = pending.length === 0 ? [] : [rememberDeployables(compiled, pending)]
  await executeAll([...statements, ...remember, freeLeases(compiled.database)], engine, signal)
  return pending.length
}

/** Executes statements one after the other, outside any action. */
export async function executeAll(statements: readonly string[], engine: Engine, signal: AbortSignal): Promise<void> {
  const setup = statements.map((sql): Statement => ({ kind: 'execute', text: { sql, file: '' } }))
  await engine.setup({ engine: engine.name, setup, steps: [], confirmations: [] }, signal)
}
