import { column, literal, relation } from '../dialects/snowflake.ts'
import type { Engine } from '../engines/engine.ts'
import { UserError } from '../error.ts'
import { dayReached, type Freshness, judgeFreshness } from '../graph/freshness.ts'
import { type Action, type FreshnessRule, type Graph, type Target, targetName } from '../graph/types.ts'
import { keyOf, ledger } from '../plan/system.ts'
import type { WarehouseState } from '../plan/types.ts'

/** How far one relation reaches, and what its rule says of that. */
export interface RelationFreshness extends Freshness {
  /** `SCHEMA.NAME`. */
  readonly relation: string
  /** The newest value, as the warehouse gives it; null where there is none, or no relation yet. */
  readonly newest: string | null
}

type Ruled = Action & { readonly freshness: FreshnessRule }

/**
 * Judges every relation that has a rule, by one query each. Actions that are disabled or for other engines are left out.
 *
 * @throws UserError where a rule's column is missing, or is neither a DATE nor a TIMESTAMP
 */
export async function readFreshness(graph: Graph, engine: Engine, now: Date): Promise<readonly RelationFreshness[]> {
  const ruled = graph.actions.filter(
    (action): action is Ruled =>
      action.freshness !== undefined && !action.disabled && (action.engines?.includes(engine.name) ?? true),
  )
  const state = await engine.state([...new Set(ruled.map(({ target }) => target.database))])
  const found: RelationFreshness[] = []
  for (const action of ruled) {
    const newest = await newestOf(action, state, engine)
    const day = newest === null ? null : dayOf(newest, action)
    found.push({ relation: targetName(action.target), newest, ...judgeFreshness(day, now, action.freshness) })
  }
  return found
}

async function newestOf(action: Ruled, state: WarehouseState, engine: Engine): Promise<string | null> {
  const { from, sql } = newestQuery(action)
  if (!state.relations.has(keyOf(from))) return null
  const { rows } = await engine.query({ sql, file: action.file, line: action.line }, 1)
  return rows[0]?.[0] ?? null
}

/** A dimension with history shows no trace of a day without changes; its ledger has every day that was loaded. */
function newestQuery({ target, freshness }: Ruled): { readonly from: Target; readonly sql: string } {
  if (freshness.field !== undefined) {
    // With the relation's name before it, a column may be called as a word of SQL is (`AT`).
    const field = `held.${column(freshness.field)}`
    return { from: target, sql: `select max(${field}) as newest from ${relation(target)} held` }
  }
  const from = ledger(target)
  const dataset = literal(targetName(target))
  return { from, sql: `select max(business_date) as newest from ${relation(from)} where dataset = ${dataset}` }
}

function dayOf(newest: string, { target, file, line, freshness }: Ruled): string {
  const day = dayReached(newest, freshness.timezone)
  if (day !== undefined) return day
  throw new UserError(`the newest value of ${freshness.field} is neither a date nor a timestamp`, {
    ...{ file, line, action: targetName(target) },
    remedy: 'name a DATE or TIMESTAMP column as the field of freshness',
  })
}
