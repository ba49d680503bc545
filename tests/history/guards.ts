import type { Delivery, Load } from './model.ts'

const of = (day: number, ...keys: readonly string[]): Delivery => ({
  day,
  rows: keys.map(k => ({ k, a: 'A', b: null, u: null })),
  unreadable: [],
})
const loadOf = (...batch: readonly Delivery[]): Load => ({ batch, approved: [], events: [] })

/** A load that is fine, and one after it that is stopped for a key that stands twice on one of its days. */
export const FINE = loadOf(of(1, 'x', 'y'))
export const TWICE = loadOf(of(2, 'x', 'y', 'y'), of(3, 'x', 'y'))

const DIM = 'TELCO_DB.DW.DIM'
const DELTA = 'TELCO_DB.DATAFORM.DW__DIM__DELTA'
const DAYS = 'TELCO_DB.DATAFORM.DW__DIM__DAYS'

const dayRow = (day: string, rows: number, keys: number): string =>
  `insert into ${DAYS} (business_date, revision, content_hash, row_count, key_count, complete, is_effective, is_held, is_revised, rev_seq, publication)
values ('${day}'::date, 1, 'h', ${rows}, ${keys}, true, true, false, false, 1, 1)`

/** What guards say of work tables that are filled by hand, since no data can be found that makes them so. */
export const GUARDS: readonly {
  readonly name: string
  readonly fill: readonly string[]
  readonly says: readonly string[]
}[] = [
  {
    name: 'each day with keys that are NULL or not unique is named, with how many rows',
    fill: [`delete from ${DAYS}`, dayRow('2025-01-04', 5, 2), dayRow('2025-01-03', 2, 2), dayRow('2025-01-02', 3, 2)],
    says: [2, 4].map(
      day =>
        `DW.DIM: the snapshot of 2025-01-0${day} has ${day - 1} rows whose K is NULL or not unique; remove them before this model`,
    ),
  },
  {
    name: 'surrogate keys count that two new versions share, and that a version has already',
    fill: [
      `delete from ${DELTA}`,
      `insert into ${DIM} (sk) values (1), (2), (3)`,
      // 1 is taken both ways, 2 by a version and 4 by two new ones; the rest is fine.
      `insert into ${DELTA} (sk, change) values (1, 'OPEN'), (1, 'OPEN'), (2, 'OPEN'), (3, 'CLOSE'), (4, 'OPEN'), (4, 'OPEN'), (5, 'OPEN'), (6, 'CLOSE'), (6, 'CLOSE')`,
    ],
    says: ['DW.DIM: surrogate keys that are not unique: 5'],
  },
]
