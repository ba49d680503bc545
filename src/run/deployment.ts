import { literal, relation } from '../dialects/snowflake.ts'
import type { Engine } from '../engines/engine.ts'
import { definitions } from '../plan/engine-tables.ts'
import { keyOf } from '../plan/system.ts'
import type { Statement, WarehouseState } from '../plan/types.ts'
import {
  type CompiledProcedures,
  type Deployable,
  deployedKey,
  freeLeases,
  rememberDeployables,
} from '../procedures/index.ts'

/** What of a deployment a warehouse lacks, or has otherwise. */
export async function pendingOf(
  compiled: CompiledProcedures,
  engine: Engine,
  state: WarehouseState,
): Promise<readonly Deployable[]> {
  const known = await rememberedOf(compiled.database, engine, state)
  return compiled.deployables.filter(
    each =>
      known.get(deployedKey(each.target))?.hash !== each.hash ||
      each.definitions.some(({ target, kind }) => state.relations.get(keyOf(target))?.kind !== kind),
  )
}

/** What earlier deployments made: `relation`, `procedure` and so on, with the hash of its statements, by its key. */
export async function rememberedOf(
  database: string,
  engine: Engine,
  state: WarehouseState,
): Promise<ReadonlyMap<string, { readonly kind: string; readonly hash: string }>> {
  const table = definitions(database)
  if (!state.relations.has(keyOf(table))) return new Map()
  const sql = `select relation, kind, hash from ${relation(table)} where startswith(kind, ${literal(DEPLOYED)})`
  const { rows } = await engine.query({ sql, file: '' }, Number.MAX_SAFE_INTEGER)
  return new Map(
    rows.map(([key, kind, hash]) => [key ?? '', { kind: kind?.slice(DEPLOYED.length) ?? '', hash: hash ?? '' }]),
  )
}

const DEPLOYED = 'deployed '

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
  const pending = (await pendingOf(compiled, engine, state)).filter(
    ({ kind }) => kind === 'system' || kind === 'relation',
  )
  const statements = pending.flatMap(each => each.statements).filter(sql => !ONLY_SNOWFLAKE.test(sql))
  const remember = pending.length === 0 ? [] : [rememberDeployables(compiled.database, pending)]
  await executeAll([...statements, ...remember, freeLeases(compiled.database)], engine, signal)
  return pending.length
}

/** Executes statements one after the other, outside any action. */
export async function executeAll(statements: readonly string[], engine: Engine, signal: AbortSignal): Promise<void> {
  const setup = statements.map((sql): Statement => ({ kind: 'execute', text: { sql, file: '' } }))
  await engine.setup({ engine: engine.name, setup, steps: [], confirmations: [] }, signal)
}
