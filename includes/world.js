// A small world for unit tests of the join in time: C1 changes from P1 to P2 on the 5th, C2 is on a plan that nobody lists and
// leaves on the 3rd, and the price of P1 rises on the 5th.
const plans = `select 1 as plan_sk, 'P1' as plan_id
union all select 2, 'P2'`

const prices = `select 'P1' as plan_id, '2025-01-01'::date as business_date, 10.00::number(10,2) as monthly_price
union all select 'P1', '2025-01-05'::date, 12.00::number(10,2)
union all select 'P2', '2025-01-01'::date, 20.00::number(10,2)`

const version = (
  key,
  customer,
  plan,
  from,
  to,
) => `select ${key} as customer_sk, '${customer}' as customer_id, '${plan}' as plan_id,
  '${from}'::timestamp_ntz as join_start_date, ${to ? `'${to}'` : 'null'}::timestamp_ntz as effective_end_date, null::number(38,0) as known_to`

const customers = [
  version(11, 'C1', 'P1', '0001-01-01', '2025-01-05'),
  version(12, 'C1', 'P2', '2025-01-05'),
  version(21, 'C2', 'P9', '0001-01-01', '2025-01-03'),
  version(-1, 'UNKNOWN', 'UNKNOWN', '0001-01-01'),
].join('\nunion all ')

module.exports = { plans, prices, customers }
