/** A dataset's contract, as `includes/contracts/*.yaml` spells it. */
export interface Contract {
  readonly dataset: Dataset
  readonly description: string
  readonly format: 'ndjson' | 'csv'
  /** Columns that tell a row from all others of its day. */
  readonly key: readonly string[]
  readonly columns: readonly ContractColumn[]
  /** The column whose date must be the file's in at least one row. */
  readonly date_from_rows?: string | undefined
  /** By how many days a row's `date_from_rows` may be later than its file's day; undefined takes any. */
  readonly max_days_ahead?: number | undefined
}

export interface ContractColumn {
  readonly name: string
  /** `VARCHAR`, `NUMBER(p,s)`, `DATE`, `TIMESTAMP_NTZ`, `BOOLEAN` or `VARIANT`. */
  readonly type: string
  readonly description: string
  readonly required?: boolean | undefined
  readonly pattern?: string | undefined
  readonly accepted?: readonly string[] | undefined
  readonly personal_data?: boolean | undefined
  readonly tracked?: boolean | undefined
  readonly true_values?: readonly string[] | undefined
  readonly false_values?: readonly string[] | undefined
}

export const DATASETS = ['customers', 'plans', 'activity_logs'] as const
export type Dataset = (typeof DATASETS)[number]
export type Contracts = Readonly<Record<Dataset, Contract>>

const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/
const TIMESTAMP =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/

/** Whether a value could be of a column's type. CSV has texts alone, so there a number is a text of digits. */
export function fits(value: unknown, column: ContractColumn, format: Contract['format']): boolean {
  const [type = ''] = column.type.split('(')
  if (type === 'VARIANT') return true
  if (type === 'NUMBER') return typeof value === 'number' || (format === 'csv' && /^-?\d+(\.\d+)?$/.test(String(value)))
  if (type === 'BOOLEAN')
    return (
      typeof value === 'boolean' ||
      [...(column.true_values ?? []), ...(column.false_values ?? [])].includes(String(value))
    )
  if (typeof value !== 'string') return false
  if (type === 'DATE') return DATE.test(value)
  if (type === 'TIMESTAMP_NTZ') return TIMESTAMP.test(value)
  return true
}
