import { Rejection } from './codes.ts'
import type { Dataset } from './contract.ts'

/** What the name of a raw file says. */
export interface RawKey {
  readonly dataset: Dataset
  /** YYYY-MM-DD. */
  readonly date: string
  readonly isGzip: boolean
  /** `ndjson` or `csv`. */
  readonly extension: string
}

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._=-]*$/
const NAMES: readonly { readonly dataset: Dataset; readonly pattern: RegExp }[] = [
  { dataset: 'customers', pattern: /^raw\/customers\/customers(?:_(\d{8}))?\.(ndjson)(\.gz)?$/ },
  { dataset: 'plans', pattern: /^raw\/plans\/plans(?:_(\d{8}))?\.(csv)(\.gz)?$/ },
  {
    dataset: 'activity_logs',
    pattern: /^raw\/activity_logs\/(?:year=\d{4}\/month=\d{2}\/day=\d{2}\/)?logs(?:_(\d{8}))?\.(ndjson)(\.gz)?$/,
  },
]

/**
 * Reads a key below `raw/`. A key is only compared, and never becomes a path, before it has passed this.
 *
 * @throws Rejection BAD_KEY, UNKNOWN_DATASET, NO_DATE or DATE_MISMATCH
 */
export function parseRawKey(key: string): RawKey {
  const parts = key.split('/')
  if (key.length > 512 || !parts.every(part => PLAIN.test(part))) throw new Rejection('BAD_KEY', 'a name of the key')
  for (const { dataset, pattern } of NAMES) {
    const match = pattern.exec(key)
    if (match === null) continue
    const [, digits, extension = '', gzip] = match
    if (digits === undefined) throw new Rejection('NO_DATE', dataset)
    const date = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`
    if (!isDate(date)) throw new Rejection('NO_DATE', `${date} is no day`)
    const folder = /year=(\d{4})\/month=(\d{2})\/day=(\d{2})/.exec(key)
    if (folder !== null && folder.slice(1).join('-') !== date)
      throw new Rejection('DATE_MISMATCH', `${date} in ${folder.slice(1).join('-')}`)
    return { dataset, date, isGzip: gzip !== undefined, extension }
  }
  throw new Rejection('UNKNOWN_DATASET', 'this file')
}

/** A key as S3 spells it where it encodes keys: percent-encoded UTF-8, with `+` for a space. Throws URIError for any other. */
export const decodedKey = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '))

/** Whether a text of the form YYYY-MM-DD is a day that there is: the 30th of February would be read as one of March. */
export function isDate(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}
