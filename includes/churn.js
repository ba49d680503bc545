// Churn of a plan in a month: customers active on it at the month's start who turn cancelled or vanish within it, over those
// active then; counted for the plan held before.

/**
 * CTEs that end in `rates`, one row for each month and plan.
 *
 * @param months a query of month_start, month_end, and at_start: the moment at which customers count as active
 * @param versions a query of the versions that count for a month: month_start, customer_id, plan_id, status, effective_start_date,
 *   effective_end_date
 */
const rates = (months, versions) => `months as (
  ${months}
), versions as (
  ${versions}
), active as (
  select m.month_start, m.month_end, v.customer_id, v.plan_id
  from months m
  join versions v on v.month_start = m.month_start and v.status = 'active' and v.effective_start_date <= m.at_start
    and coalesce(v.effective_end_date, '9999-12-31'::timestamp_ntz) > m.at_start
), left_then as (
  select distinct a.month_start, a.customer_id
  from active a
  join versions e on e.month_start = a.month_start and e.customer_id = a.customer_id
    and e.effective_end_date > a.month_start and e.effective_end_date < a.month_end
  left join versions n on n.month_start = e.month_start and n.customer_id = e.customer_id
    and n.effective_start_date = e.effective_end_date
  where n.customer_id is null or n.status = 'cancelled'
), rates as (
  select a.month_start::date as month, a.plan_id, count(*) as active_at_start, count(l.customer_id) as churned,
    div0(count(l.customer_id), count(*)) as churn_rate
  from active a
  left join left_then l on l.month_start = a.month_start and l.customer_id = a.customer_id
  group by 1, 2
)`

/** Every month from the first day to the last, also one in which nothing changed; `bounds` has first_day and last_day. */
const months = bounds => `select
    dateadd(month, n.n, date_trunc('month', b.first_day)::timestamp_ntz)::timestamp_ntz as month_start,
    dateadd(month, n.n + 1, date_trunc('month', b.first_day)::timestamp_ntz)::timestamp_ntz as month_end,
    greatest(dateadd(month, n.n, date_trunc('month', b.first_day)::timestamp_ntz)::timestamp_ntz, b.first_day) as at_start
  from ${bounds} b
  cross join (
    with digits as (
      select n from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as t (n)
    )
    select a.n + 10 * b.n + 100 * c.n as n from digits a cross join digits b cross join digits c
  ) n
  where dateadd(month, n.n, date_trunc('month', b.first_day)::timestamp_ntz)::timestamp_ntz <= b.last_day`

module.exports = { rates, months }
