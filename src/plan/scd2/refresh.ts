import { literal, relation } from '../../dialects/snowflake.ts'
import { generated } from '../system.ts'
import type { Statement } from '../types.ts'
import type { Scd2Names } from './names.ts'

/**
 * Stops --full-refresh where it would lose something: the source lacks a revision that was accepted, or revisions came out of
 * order, so that a rebuild in one go would not tell again since when each thing was known.
 */
export function guardRefresh(names: Scd2Names): readonly Statement[] {
  const dataset = literal(names.dataset)
  const ledger = relation(names.ledger)
  const remedy = literal(
    '; nothing was changed. Rebuild it load by load: customer360 replay, or run without --full-refresh',
  )
  return [
    generated(
      'guard',
      `select ${literal(`${names.dataset}: --full-refresh is refused, since its source lacks revisions that were accepted: `)} || count(*) || ' of '
  || max(l.revisions) || ', the first of ' || to_varchar(min(l.business_date), 'YYYY-MM-DD') || ${remedy} as message
from (select *, count(*) over () as revisions from ${ledger} where dataset = ${dataset}) l
left join ${relation(names.days)} d on d.business_date = l.business_date and d.content_hash = l.content_hash
where d.content_hash is null
having count(*) > 0`,
    ),
    generated(
      'guard',
      `select ${literal(`${names.dataset}: --full-refresh is refused, since revisions came out of order, the first of `)}
  || to_varchar(min(m.business_date), 'YYYY-MM-DD') || ${remedy} as message
from (
  select business_date, rev_seq <> publication
    or business_date <= lag(business_date) over (order by rev_seq) as is_late
  from ${ledger} where dataset = ${dataset}
) m
where m.is_late
having count(*) > 0`,
    ),
  ]
}

/** Gives the deliveries the numbers that the ledger has for them; new ones follow. */
export function renumberDays(names: Scd2Names): Statement {
  const ledger = relation(names.ledger)
  return generated(
    'execute',
    `update ${relation(names.days)} t
set rev_seq = n.rev_seq, publication = n.rev_seq
from (
  select d.business_date, d.revision,
    coalesce(l.rev_seq, (select coalesce(max(rev_seq), 0) from ${ledger}) + row_number() over (partition by l.rev_seq is null order by d.business_date, d.revision)) as rev_seq
  from ${relation(names.days)} d
  left join ${ledger} l on l.dataset = ${literal(names.dataset)} and l.business_date = d.business_date and l.content_hash = d.content_hash
) n
where t.business_date = n.business_date and t.revision = n.revision`,
  )
}

/** Empties the relation, what is kept beside it, and its part of the ledger. */
export function forget(names: Scd2Names): readonly Statement[] {
  const kept = [
    names.target,
    names.history,
    names.sightings,
    ...(names.untracked.length > 0 ? [names.untrackedLog] : []),
  ]
  return [
    ...kept.map(table => generated('execute', `delete from ${relation(table)}`)),
    generated('execute', `delete from ${relation(names.ledger)} where dataset = ${literal(names.dataset)}`),
  ]
}
