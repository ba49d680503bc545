/** Why a file is rejected. The text says what to do, and never what is in the file. */
export const REJECTIONS = {
  BAD_KEY: 'the name holds characters or steps that a key must not have; deliver it again under a plain name',
  UNKNOWN_DATASET:
    'the name belongs to no dataset; deliver it as customers_YYYYMMDD.ndjson, plans_YYYYMMDD.csv or logs_YYYYMMDD.ndjson',
  NO_DATE: 'the name has no date; deliver it with one, or land it with --date',
  DATE_MISMATCH: 'the date in the name is not the date of its folder, or of any row; correct the name',
  EMPTY_FILE: 'the file has no bytes; deliver it again',
  NO_ROWS: 'the file has no rows; deliver it again',
  TRUNCATED: 'the file ends in the middle of a row; deliver it whole',
  BAD_QUOTES: 'a quote stands where CSV has none; quote the whole cell and double the quotes in it',
  BAD_ENCODING: 'the file is not in UTF-8; deliver it in UTF-8',
  INVALID_UTF8: 'the file has bytes that are no UTF-8, or a NUL; deliver it again',
  BAD_GZIP: 'the file is no single, whole gzip stream; compress it again',
  TOO_LARGE: 'the file is larger than the limit, or grows beyond it when unpacked; split it',
  LINE_TOO_LONG: 'a line is longer than the limit; rows end with a line end',
  MISSING_COLUMN: 'a required column is missing; add it',
  DUPLICATE_COLUMN: 'the header names a column twice; remove one',
  TYPE_CHANGED: "no row's value of a column has the type of the contract; agree on the change before delivering it",
} as const

export type RejectionCode = keyof typeof REJECTIONS

/** Ends the judging of a file. */
export class Rejection extends Error {
  override readonly name = 'Rejection'
  readonly code: RejectionCode
  /** From 1, where a line is to blame. */
  readonly line: number | undefined

  /** @param detail names of columns, encodings, numbers: nothing from a row */
  constructor(code: RejectionCode, detail: string, line?: number) {
    super(`${detail}: ${REJECTIONS[code]}`)
    this.code = code
    this.line = line
  }
}
