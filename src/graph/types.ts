/** The engines an action can run on. */
export type EngineName = 'duckdb' | 'snowflake'

/** A relation's final name: upper-cased unless it was quoted, suffixes and prefix applied. */
export interface Target {
  readonly database: string
  readonly schema: string
  readonly name: string
}

/** A piece of compiled SQL (Snowflake dialect) and where its first line comes from. Lines count from 1. */
export interface SqlText {
  readonly sql: string
  /** Path relative to the project's root, with forward slashes. */
  readonly file: string
  /** The line of `file` that the first line of `sql` stands on; undefined where it was generated. */
  readonly line?: number | undefined
}

/** A documented column. `type` only where the action declares it (copy). */
export interface Column {
  readonly name: string
  readonly description?: string | undefined
  readonly tags: readonly string[]
  /** Snowflake type, e.g. `NUMBER(10,2)`. */
  readonly type?: string | undefined
}

/** By when a daily relation must reach how far. A day's data are expected on the day after it. */
export interface FreshnessRule {
  /** The column (DATE or TIMESTAMP) whose newest value tells how far; undefined for an scd2, whose ledger tells it. */
  readonly field?: string | undefined
  /** The time of day, in milliseconds after midnight in `timezone`. */
  readonly expectedByMs: number
  /** IANA name. */
  readonly timezone: string
  /** Milliseconds after the expected time; at least one of both is there. */
  readonly warnAfterMs?: number | undefined
  readonly errorAfterMs?: number | undefined
}

interface ActionBase {
  readonly target: Target
  readonly file: string
  /** The line of `file` where the action begins (the config block, or the call of publish). */
  readonly line: number
  readonly tags: readonly string[]
  readonly dependencies: readonly Target[]
  readonly disabled: boolean
  readonly description?: string | undefined
  readonly columns: readonly Column[]
  /** Engines that the action is for; undefined is all. */
  readonly engines?: readonly EngineName[] | undefined
  /** Only on relations: tables of any kind, views, declarations. */
  readonly freshness?: FreshnessRule | undefined
}

interface WithOperations {
  readonly preOperations: readonly SqlText[]
  readonly postOperations: readonly SqlText[]
}

/** Options of the `snowflake: {…}` block and their kin. */
export interface SnowflakeOptions {
  readonly secure?: boolean | undefined
  readonly transient?: boolean | undefined
  readonly clusterBy?: readonly string[] | undefined
  readonly materialized?: boolean | undefined
  /** Columns that identify a row: said to Snowflake as a promise (RELY), which assertions must keep. */
  readonly primaryKey?: readonly string[] | undefined
  /** A column to the relation whose primary key it holds: `NAME` or `SCHEMA.NAME`. */
  readonly foreignKeys?: Readonly<Record<string, string>> | undefined
}

export interface TableAction extends ActionBase, WithOperations {
  readonly type: 'table' | 'view'
  readonly query: SqlText
  readonly snowflake: SnowflakeOptions
}

export type OnSchemaChange = 'IGNORE' | 'FAIL' | 'EXTEND' | 'SYNCHRONIZE'

/** What an incremental tells the ledger: the files that its staging relation holds, each a revision of its day. */
export interface LedgerOptions {
  /** The relation of staged rows. */
  readonly of: Target
  readonly businessDate: string
  /** The column that names the file a row comes from. */
  readonly source: string
}

export interface IncrementalAction extends ActionBase, WithOperations {
  readonly type: 'incremental'
  /** The query where the table does not exist yet or is built anew. */
  readonly query: SqlText
  /** The query where the table exists (`when(incremental(), …)`), `incremental_where` included. */
  readonly incrementalQuery: SqlText
  readonly incrementalPreOperations: readonly SqlText[]
  readonly incrementalPostOperations: readonly SqlText[]
  /** Empty: append. Otherwise rows are merged by these columns. */
  readonly uniqueKey: readonly string[]
  readonly onSchemaChange: OnSchemaChange
  /** Conditions on the existing table, ANDed to the merge's match. */
  readonly incrementalPredicates: readonly string[]
  /** Refuses --full-refresh. */
  readonly protected: boolean
  readonly snowflake: SnowflakeOptions
  /** Writes a revision for each new file of a staging relation, and one publication a load; undefined writes none. */
  readonly ledger?: LedgerOptions | undefined
}

/** Slowly changing dimension, type 2, over daily full snapshots. Column names are as the query returns them. */
export interface Scd2Options {
  /** Business key, one column. */
  readonly key: string
  /** The column that says which day's snapshot a row belongs to. */
  readonly businessDate: string
  /** Attributes whose change makes a new version. */
  readonly tracked: readonly string[]
  /** Type 1 attributes: the newest known day's value on every version. */
  readonly untracked: readonly string[]
  /** Joins the first version from the beginning of time (`join_start_date`), while its true first day is kept. */
  readonly openStart: boolean
  /** Column values of the unknown member (surrogate key -1); undefined writes none. The key column gets `UNKNOWN`. */
  readonly unknownMember?: Readonly<Record<string, string>> | undefined
  /** Surrogate key column, e.g. `customer_sk`. */
  readonly surrogateKey: string
  /**
   * A relation (key, business date) of keys that a day's snapshot could not be read for: their last value is carried
   * forward. A NULL key means that some row's key was unreadable, so absence on that day says nothing.
   */
  readonly unknownKeys?: Target | undefined
  /** The column that orders the deliveries of one day, rising; undefined where a day comes at most once a load. */
  readonly revision?: string | undefined
  /** A column that identifies a row's content (MD5, hexadecimal); undefined hashes key and attributes. */
  readonly rowHash?: string | undefined
  /** The column that names the file a row comes from, for the ledger; undefined names none there. */
  readonly source?: string | undefined
  /** The share (0 to 1) of the keys of the day before above whose vanishing a snapshot is held; 1 holds none. */
  readonly maxVanishedShare: number
}

export interface Scd2Action extends ActionBase, WithOperations {
  readonly type: 'scd2'
  readonly query: SqlText
  readonly scd2: Scd2Options
  readonly protected: boolean
  readonly snowflake: SnowflakeOptions
}

export interface FileFormat {
  readonly type: 'PARQUET' | 'CSV' | 'JSON'
  /** Further options as Snowflake spells them, e.g. `{ SKIP_HEADER: 1 }`. */
  readonly options: Readonly<Record<string, string | number | boolean>>
}

/** `type: "copy"`: a table that holds what the newest load brought from a stage. */
export interface CopyAction extends ActionBase, WithOperations {
  readonly type: 'copy'
  /** `@DATABASE.SCHEMA.STAGE/path/`. */
  readonly from: string
  readonly fileFormat: FileFormat
  /** A regular expression on the file's path, as COPY INTO's PATTERN. */
  readonly pattern?: string | undefined
  /** Path below the stage of the list of files that may be read; undefined lists the stage. */
  readonly manifest?: string | undefined
  /** Every column has a type. */
  readonly columns: readonly Column[]
  readonly snowflake: SnowflakeOptions
}

export interface OperationsAction extends ActionBase {
  readonly type: 'operations'
  readonly queries: readonly SqlText[]
  readonly hasOutput: boolean
}

export type Severity = 'error' | 'warn'

/** What an inline assertion checks, so that it can be written for the delta too; a query of one's own has none. */
export type AssertionRule =
  | { readonly kind: 'uniqueKey'; readonly columns: readonly string[] }
  | { readonly kind: 'rowConditions'; readonly conditions: readonly string[] }

export interface AssertionAction extends ActionBase {
  readonly type: 'assertion'
  readonly query: SqlText
  readonly severity: Severity
  /** `new`: only what the run added to `parent` is checked, where the parent ran. */
  readonly scope: 'all' | 'new'
  /** The action that the assertion was written in; for `scope: "new"` on its own, the incremental or scd2 it reads. */
  readonly parent?: Target | undefined
  readonly rule?: AssertionRule | undefined
}

export interface DeclarationAction extends ActionBase {
  readonly type: 'declaration'
}

/** Actions that become a step of the plan. */
export type RunnableAction =
  | TableAction
  | IncrementalAction
  | Scd2Action
  | CopyAction
  | OperationsAction
  | AssertionAction

export type Action = RunnableAction | DeclarationAction

/** A unit test: the query of `dataset` over the inputs must give the rows of `expected`. */
export interface UnitTest {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly dataset: Target
  /** By what the model refers to; `self` is the relation before the load (incremental and scd2). */
  readonly inputs: readonly { readonly target: Target | 'self'; readonly query: SqlText }[]
  readonly expected: SqlText
}

/** Settings after dataform.json, command line options and 2.x keys are merged. */
export interface ProjectSettings {
  readonly defaultDatabase: string
  readonly defaultSchema: string
  readonly assertionSchema: string
  readonly vars: Readonly<Record<string, string>>
  readonly databaseSuffix: string
  readonly schemaSuffix: string
  readonly tablePrefix: string
  readonly disableAssertions: boolean
  /** Actions at once; undefined leaves it to the engine. */
  readonly concurrentQueryLimit?: number | undefined
  /** Retries of an action whose engine failed for a moment. */
  readonly idempotentActionRetries: number
}

/** A compiled project. Actions are sorted by file, then by their order in it. */
export interface Graph {
  readonly settings: ProjectSettings
  readonly actions: readonly Action[]
  readonly tests: readonly UnitTest[]
  /** Core's own compiled graph, as `compile --json` prints it. */
  readonly raw: unknown
}

/** `DATABASE.SCHEMA.NAME`, the key of maps by target. */
export function targetKey(target: Target): string {
  return `${target.database}.${target.schema}.${target.name}`
}

/** `SCHEMA.NAME`, what people read. */
export function targetName(target: Target): string {
  return `${target.schema}.${target.name}`
}
