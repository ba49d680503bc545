/** A snapshot that waits for approval: too many of the customers of the day before are not in it. Days are YYYY-MM-DD. */
export interface Held {
  readonly date: string
  readonly rows: number
  readonly baseDate: string
  readonly baseCount: number
  readonly vanished: number
}

/** Snapshots that were held and neither taken nor replaced by a later delivery of their day. */
export const HELD = `select cast(h.business_date as varchar), h.row_count, cast(h.base_date as varchar), h.base_count, h.vanished
from TELCO_DB.DATAFORM.HELD h
where h.dataset = 'DW.DIM_CUSTOMER' and not exists (
  select 1 from TELCO_DB.DATAFORM.LEDGER l
  where l.dataset = h.dataset and l.business_date = h.business_date and l.loaded_at >= h.held_at
)
order by h.business_date`

/** Rows of `HELD`. */
export const heldOf = (rows: readonly (readonly (string | null)[])[]): readonly Held[] =>
  rows.map(([date, count, baseDate, baseCount, vanished]) => ({
    date: date ?? '',
    rows: Number(count),
    baseDate: baseDate ?? '',
    baseCount: Number(baseCount),
    vanished: Number(vanished),
  }))
