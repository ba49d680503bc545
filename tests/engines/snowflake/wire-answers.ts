/** What the wire server answers to one statement. */
export interface WireAnswer {
  readonly columns?: readonly WireColumn[]
  /** Cells as the protocol has them: numbers and truth values as text, dates as days. */
  readonly rows?: readonly (readonly (string | null)[])[]
  /** Further rows, each part under an address of its own; made when it is asked for. */
  readonly chunks?: readonly { readonly count: number; readonly rows: () => readonly (readonly (string | null)[])[] }[]
  /** Snowflake's number of the kind of statement: 0x3100 INSERT, 0x3200 UPDATE, 0x3300 DELETE, 0x3400 MERGE. */
  readonly statementTypeId?: number
  readonly error?: WireError
  /** How often the result is asked for before it is there. */
  readonly polls?: number
  /** Never ends by itself; 'deaf' does not answer a cancel either. */
  readonly hangs?: 'until cancelled' | 'deaf'
  /** How often the request itself is refused first, with this HTTP status. */
  readonly http?: { readonly status: number; readonly times: number }
  /** Ends the session instead of an answer: its token is to be renewed, or nothing of it is left. */
  readonly session?: 'expired' | 'gone'
}

export interface WireColumn {
  readonly name: string
  readonly type: 'text' | 'fixed' | 'boolean' | 'date' | 'timestamp_ntz' | 'variant' | 'real'
  readonly scale?: number
}

export interface WireError {
  readonly code: string
  readonly sqlState: string
  readonly message: string
  readonly line?: number
  readonly pos?: number
}

const text = (name: string): WireColumn => ({ name, type: 'text' })
const fixed = (name: string): WireColumn => ({ name, type: 'fixed', scale: 0 })

/** The answer of DDL, of BEGIN and of COMMIT. */
export const DONE: WireAnswer = { columns: [text('status')], rows: [['Statement executed successfully.']] }

/** An answer of texts. */
export const table = (names: readonly string[], ...rows: readonly (readonly (string | null)[])[]): WireAnswer => ({
  columns: names.map(text),
  rows,
})

export const inserted = (count: number): WireAnswer => ({
  columns: [fixed('number of rows inserted')],
  rows: [[String(count)]],
  statementTypeId: 0x3100,
})

export const deleted = (count: number): WireAnswer => ({
  columns: [fixed('number of rows deleted')],
  rows: [[String(count)]],
  statementTypeId: 0x3300,
})

/** UPDATE answers twice: how many rows it changed, and how many of them more than one row of the other side has met. */
export const updated = (count: number, multiJoined = 0): WireAnswer => ({
  columns: [fixed('number of rows updated'), fixed('number of multi-joined rows updated')],
  rows: [[String(count), String(multiJoined)]],
  statementTypeId: 0x3200,
})

export const merged = (insertedRows: number, updatedRows: number): WireAnswer => ({
  columns: [fixed('number of rows inserted'), fixed('number of rows updated')],
  rows: [[String(insertedRows), String(updatedRows)]],
  statementTypeId: 0x3400,
})

/** COPY INTO answers a row a file. */
export const copied = (files: Readonly<Record<string, number>>, base = 's3://lake/prod/'): WireAnswer => ({
  columns: [text('file'), text('status'), fixed('rows_parsed'), fixed('rows_loaded')],
  rows: Object.entries(files).map(([path, rows]) => [`${base}${path}`, 'LOADED', String(rows), String(rows)]),
})

export const failure = (
  message: string,
  code = '001003',
  sqlState = '42000',
  place: { line?: number; pos?: number } = {},
): WireAnswer => ({ error: { code, sqlState, message, ...place } })
