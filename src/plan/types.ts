import type { Action, AssertionAction, EngineName, RunnableAction, Severity, SqlText, Target } from '../graph/types.ts'

/**
 * One statement in Snowflake SQL. What it is for decides what an engine does with the answer:
 * `execute` ignores it; `guard` fails the action with the first column of each returned row as a message; `count` is an
 * assertion's number of failing rows (one row, one number); `notice` tells people the first column of each returned row; `write` is DML whose count of rows is the action's; `copy` is
 * a COPY INTO of the files that its load history lacks, and of those it has that no load downstream has used yet, after
 * deleting the table's rows; it does nothing where no file is new.
 */
export interface Statement {
  readonly kind: 'execute' | 'guard' | 'count' | 'notice' | 'write' | 'copy'
  readonly text: SqlText
  /** Path below the stage of the list of files that a `copy` may read; undefined lists the stage. */
  readonly manifest?: string | undefined
}

/** What an action does. `prepare` is DDL, `load` is DML and one transaction. */
export interface Step {
  readonly action: RunnableAction
  readonly target: Target
  readonly type: RunnableAction['type']
  /** Targets of steps in the same plan that must end well before this one starts. */
  readonly dependencies: readonly Target[]
  readonly prepare: readonly Statement[]
  readonly load: readonly Statement[]
  /** Relations that `prepare` makes, and the hash of what made each: an engine remembers it, so that the next plan can skip. */
  readonly definitions: readonly Definition[]
  /** The work table of what the load added; undefined where there is none. */
  readonly delta?: Target | undefined
  /** Tables that the load writes: one writer a table. */
  readonly writes: readonly Target[]
  readonly severity?: Severity | undefined
  /** An assertion's rows: the SQL that shows them (the view in the assertion schema, or the query on the delta). */
  readonly failingRows?: string | undefined
  /** What an assertion reads in this run, which may be more than it asks for. */
  readonly scope?: AssertionAction['scope'] | undefined
  /** Why the step is not run: disabled, or not for this engine. */
  readonly skip?: 'disabled' | 'engine' | undefined
}

export interface Definition {
  readonly target: Target
  readonly kind: RelationKind
  readonly hash: string
}

export type RelationKind = 'table' | 'view'

/** How Snowflake keeps a table. */
export interface TableStorage {
  /** Without days to get dropped rows back. */
  readonly isTransient: boolean
  /** What it is clustered by, in Snowflake's words or a config's; empty for nothing. */
  readonly clusterBy: string
}

export interface Relation {
  readonly target: Target
  readonly kind: RelationKind
  /** Lower to upper case as stored; in order. */
  readonly columns: readonly string[]
  /** The hash of the definition that made it; undefined where something else did. */
  readonly definition?: string | undefined
  /** Of a table on Snowflake. */
  readonly storage?: TableStorage | undefined
}

/** What an engine says of the warehouse before a plan is made: relations by `targetKey`, upper-cased. */
export interface WarehouseState {
  readonly relations: ReadonlyMap<string, Relation>
  readonly schemas: ReadonlySet<string>
}

export interface PlanOptions {
  readonly engine: EngineName
  readonly fullRefresh: boolean
  /** Checks assertions with `scope: "new"` on the whole relation. */
  readonly fullAssertions: boolean
  /** Every action of the project, for what a copy's rows are awaited by; undefined takes the planned ones. */
  readonly project?: readonly Action[] | undefined
}

/** Steps in an order in which each comes after its dependencies. */
export interface Plan {
  readonly engine: EngineName
  /** Statements that come before all steps: schemas, the ledger, the load history. */
  readonly setup: readonly Statement[]
  readonly steps: readonly Step[]
  readonly confirmations: readonly Confirmation[]
}

/**
 * A copy's rows were used: once every one of `after` ended well in the same run, its files count as consumed, and the next
 * load may replace them. Until then each load brings them again, so that a failure downstream loses nothing.
 */
export interface Confirmation {
  readonly copy: Target
  /** All steps of the project that write tables out of the copy's rows; empty where nothing does. */
  readonly after: readonly Target[]
}
