import type { DataType } from './types.ts'

/** A piece of SQL whose variables are to be put in. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  /** A variable, or a field of a row, as a literal. */
  | ({ readonly kind: 'value' } & Reference)
  /** What IDENTIFIER(…) or TABLE(…) names, as a name. */
  | ({ readonly kind: 'name' } & Reference)
  /** The value for a `?`, or for `:1`; `index` counts from 0. */
  | { readonly kind: 'bind'; readonly index: number }
  /** A function of the clock, as a literal where the clock is pinned. */
  | { readonly kind: 'clock'; readonly of: string; readonly text: string }

/** A variable by its name, with the field where it is a row. */
export interface Reference {
  readonly name: string
  readonly field?: string | undefined
}

/** An expression, or a statement of SQL. */
export interface Fragment {
  readonly parts: readonly Part[]
  /** As it stands in the script. */
  readonly text: string
  readonly line: number
  readonly column: number
}

interface At {
  readonly line: number
  readonly column: number
}

export interface SqlStatement extends At {
  readonly kind: 'sql'
  readonly sql: Fragment
  /** The variables of SELECT … INTO. */
  readonly into: readonly string[]
}

export interface CallStatement extends At {
  readonly kind: 'call'
  /** Upper case, from the database on as far as it is given. */
  readonly procedure: readonly string[]
  readonly args: readonly { readonly name?: string | undefined; readonly value: Fragment }[]
  readonly into: readonly string[]
}

export interface ExecuteStatement extends At {
  readonly kind: 'execute'
  readonly text: Fragment
  readonly using: readonly Fragment[]
}

/** What a result set or a cursor reads. */
export type Source =
  | SqlStatement
  | CallStatement
  | ExecuteStatement
  | { readonly kind: 'resultset'; readonly name: string }

export type Declaration =
  | (At & {
      readonly kind: 'variable'
      readonly name: string
      readonly type: DataType | undefined
      readonly value: Fragment | CallStatement | undefined
    })
  | (At & { readonly kind: 'cursor'; readonly name: string; readonly source: Source })
  | (At & { readonly kind: 'resultset'; readonly name: string; readonly source: Source | undefined })
  | (At & { readonly kind: 'exception'; readonly name: string; readonly code: number; readonly message: string })

export interface Handler {
  /** Names of exceptions; `OTHER` is every one. */
  readonly names: readonly string[]
  readonly statements: readonly Statement[]
}

export interface Block extends At {
  readonly kind: 'block'
  readonly declarations: readonly Declaration[]
  readonly statements: readonly Statement[]
  readonly handlers: readonly Handler[]
}

export interface Branch {
  readonly condition: Fragment
  readonly statements: readonly Statement[]
}

interface Loop extends At {
  readonly statements: readonly Statement[]
  readonly label: string | undefined
}

export type Statement =
  | Block
  | SqlStatement
  | CallStatement
  | ExecuteStatement
  | (At & { readonly kind: 'let'; readonly declaration: Declaration })
  | (At & { readonly kind: 'assign'; readonly name: string; readonly value: Fragment | CallStatement })
  | (At & { readonly kind: 'assign-result'; readonly name: string; readonly source: Source })
  | (At & {
      readonly kind: 'if'
      readonly branches: readonly Branch[]
      readonly otherwise: readonly Statement[]
    })
  | (At & {
      readonly kind: 'case'
      /** Of a simple CASE; the branches' conditions are then values. */
      readonly subject: Fragment | undefined
      readonly branches: readonly Branch[]
      readonly otherwise: readonly Statement[] | undefined
    })
  | (Loop & { readonly kind: 'for-rows'; readonly name: string; readonly source: string })
  | (Loop & {
      readonly kind: 'for-count'
      readonly name: string
      readonly isReverse: boolean
      readonly from: Fragment
      readonly to: Fragment
    })
  | (Loop & { readonly kind: 'while'; readonly condition: Fragment })
  | (Loop & { readonly kind: 'repeat'; readonly until: Fragment })
  | (Loop & { readonly kind: 'loop' })
  | (At & { readonly kind: 'break' | 'continue'; readonly label: string | undefined })
  | (At & { readonly kind: 'return'; readonly value: Fragment | CallStatement })
  | (At & { readonly kind: 'return-table'; readonly source: Source })
  | (At & { readonly kind: 'raise'; readonly name: string | undefined })
  | (At & { readonly kind: 'open'; readonly cursor: string; readonly using: readonly Fragment[] })
  | (At & { readonly kind: 'fetch'; readonly cursor: string; readonly into: readonly string[] })
  | (At & { readonly kind: 'close'; readonly cursor: string })
  | (At & { readonly kind: 'transaction'; readonly action: 'begin' | 'commit' | 'rollback' })
  | (At & { readonly kind: 'null' })

/** A column of RETURNS TABLE (…). */
export interface ReturnedColumn {
  readonly name: string
  readonly type: DataType
}

export interface Parameter {
  readonly name: string
  readonly type: DataType
  readonly default: Fragment | undefined
}

/** A stored procedure. */
export interface Procedure {
  /** Upper case where it is not quoted, from the database on as far as it is given. */
  readonly name: readonly string[]
  readonly parameters: readonly Parameter[]
  readonly returns:
    | { readonly kind: 'value'; readonly type: DataType; readonly isNotNull: boolean }
    /** No columns: `TABLE()`, whatever they are. */
    | { readonly kind: 'table'; readonly columns: readonly ReturnedColumn[] }
  /** Called with a NULL it returns NULL at once. */
  readonly isStrict: boolean
  readonly body: Block
  readonly file: string
  readonly line: number
}
