import type { Effects } from '../src/effects.ts'
import { compileProject, openProject, type RelationFreshness, readFreshness } from '../src/index.ts'
import { type PipelineOptions, projectOf } from './project.ts'

/** A table of the warehouse, read as people see it. */
export interface Answer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** Opens the warehouse for reading; `use` asks in Snowflake SQL, or how far the relations reach that have a freshness. */
export async function withWarehouse<T>(
  options: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>,
  effects: Effects,
  use: (ask: (sql: string) => Promise<Answer>, reach: () => Promise<readonly RelationFreshness[]>) => Promise<T>,
): Promise<T> {
  const project = projectOf(options)
  const graph = await compileProject(project)
  const engine = await openProject(project, graph, effects, false)
  try {
    return await use(
      sql => engine.query({ sql, file: '' }, 100_000),
      () => readFreshness(graph, engine, effects.now()),
    )
  } finally {
    await engine.close()
  }
}

/** Changes the warehouse by one statement in Snowflake's SQL. */
export async function changeWarehouse(
  options: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>,
  effects: Effects,
  sql: string,
): Promise<void> {
  const project = projectOf(options)
  const engine = await openProject(project, await compileProject(project), effects, true)
  try {
    const setup = [{ kind: 'execute', text: { sql, file: '' } }] as const
    await engine.setup({ engine: engine.name, setup, steps: [], confirmations: [] }, new AbortController().signal)
  } finally {
    await engine.close()
  }
}

/** The three business questions, each with the query that answers it in a few rows. */
export const QUESTIONS: readonly { readonly question: string; readonly sql: string }[] = [
  {
    question: 'Which plan was a customer on when an activity happened?',
    sql: `with moved as (
  select customer_id from TELCO_DB.MART.PLAN_AT_ACTIVITY where plan_id <> 'UNKNOWN'
  group by customer_id order by count(distinct plan_id) desc, count(*) desc, customer_id limit 1
)
select a.customer_id, a.event_timestamp, a.event_type, a.plan_name, a.monthly_price, a.version_start::date as version_since
from TELCO_DB.MART.PLAN_AT_ACTIVITY a join moved m on m.customer_id = a.customer_id
qualify row_number() over (partition by a.version_start order by a.event_timestamp, a.event_id) <= 2
order by a.event_timestamp, a.event_id limit 8`,
  },
  {
    question: 'How did behaviour change over time?',
    sql: `select month, plan_category, events, events_change, active_customers, round(events_per_customer, 1) as events_per_customer, round(data_mb, 0) as data_mb
from TELCO_DB.MART.BEHAVIOUR_BY_MONTH where plan_category <> 'Unknown' order by 1, 2 limit 12`,
  },
  {
    question: 'Which plans drive usage and churn?',
    sql: `select c.plan_name, c.month, c.active_at_start, c.churned, round(100 * c.churn_rate, 1) as churn_percent, coalesce(u.events, 0) as events
from TELCO_DB.MART.CHURN_BY_PLAN c
left join TELCO_DB.MART.USAGE_BY_PLAN u on u.plan_id = c.plan_id and u.month = c.month
where c.active_at_start > 0 order by c.churn_rate desc, c.active_at_start desc limit 6`,
  },
]
