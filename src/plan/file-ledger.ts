import { column, literal, relation } from '../dialects/snowflake.ts'
import { type LedgerOptions, type Target, targetName } from '../graph/types.ts'
import { generated, ledger } from './system.ts'
import type { Statement } from './types.ts'

/**
 * Gives each staged file that the ledger lacks for this relation a revision, in the order of days and names; together they
 * are one publication. It comes before the load's own rows, which may ask for the newest publication of their relation.
 */
export function publishFiles(target: Target, { of, businessDate, source }: LedgerOptions): Statement {
  const own = `${relation(ledger(target))}`
  const dataset = literal(targetName(target))
  return generated(
    'execute',
    `insert into ${own} (dataset, business_date, content_hash, rev_seq, publication, row_count, complete, source, loaded_at)
select ${dataset}, f.business_date, md5(f.source), f.newest + row_number() over (order by f.business_date, f.source), f.newest + count(*) over (),
  f.row_count, true, f.source, sysdate()
from (
  select cast(s.${column(businessDate)} as date) as business_date, s.${column(source)} as source, count(*) as row_count,
    (select coalesce(max(rev_seq), 0) from ${own}) as newest
  from ${relation(of)} s
  group by 1, 2
) f
where not exists (select 1 from ${own} l where l.dataset = ${dataset} and l.source = f.source)`,
  )
}
