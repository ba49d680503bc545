import { column, relation, replaceRelation, wrap } from '../../dialects/snowflake.ts'
import { type AssertionAction, type AssertionRule, type SqlText, type Target, targetKey } from '../../graph/types.ts'
import type { Materialization, PlanContext } from '../context.ts'
import { definition, dropOtherKind, isCurrent, keepGrants } from '../system.ts'

/** A view of the failing rows in the assertion schema, and their count: above 0 the assertion fails. */
export const assertion: Materialization<AssertionAction> = (action, context) => {
  const { target } = action
  const { query, scope } = scopedQuery(action, context)
  const create = wrap(query, `create or replace view ${relation(target)}${keepGrants(context.options)} as`)
  const wanted = definition(target, 'view', [create.sql])
  return {
    prepare: isCurrent(wanted, context.state)
      ? []
      : [...dropOtherKind(target, 'view', context.state), { kind: 'execute', text: create }],
    load: [
      {
        kind: 'count',
        text: { sql: `select count(*) as failing_rows from ${relation(target)}`, file: action.file, line: action.line },
      },
    ],
    definitions: [wanted],
    writes: [],
    failingRows: `select * from ${relation(target)}`,
    scope,
  }
}

/** The assertion's query, on the rows that the run added where it asks for that and its parent left them. */
function scopedQuery(
  action: AssertionAction,
  { deltas, options }: PlanContext,
): { query: SqlText; scope: AssertionAction['scope'] } {
  const delta =
    action.scope === 'new' && action.parent !== undefined && !options.fullAssertions
      ? deltas.get(targetKey(action.parent))
      : undefined
  if (delta === undefined || action.parent === undefined) return { query: action.query, scope: 'all' }
  const sql =
    action.rule?.kind === 'uniqueKey'
      ? newKeysQuery(action.rule, action.parent, delta)
      : replaceRelation(action.query.sql, action.parent, delta)
  return { query: { ...action.query, sql }, scope: 'new' }
}

/** A new row's key must be unique in the whole relation, so only the keys come from the delta. */
function newKeysQuery(rule: Extract<AssertionRule, { kind: 'uniqueKey' }>, whole: Target, delta: Target): string {
  const keys = rule.columns.map(column)
  const list = (alias: string): string => keys.map(name => `${alias}.${name}`).join(', ')
  return `select ${list('t')}, count(1) as index_row_count
from ${relation(whole)} t
join (select distinct ${keys.join(', ')} from ${relation(delta)}) d on ${keys.map(name => `equal_null(t.${name}, d.${name})`).join(' and ')}
group by ${list('t')}
having count(1) > 1`
}
