import type { EngineName, SqlText, Target } from '../graph/types.ts'
import type { Plan, Statement, Step, WarehouseState } from '../plan/types.ts'

/** What a step did. */
export interface StepOutcome {
  /** Rows written; for an assertion the failing rows; undefined for views and operations. */
  readonly rows?: number | undefined
  /** The engine's own text of each statement that was executed, in order. */
  readonly executed: readonly string[]
  /** What people must be told, though all went well. */
  readonly notices?: readonly string[] | undefined
}

/** A result for people or for a test: cells as strings, NULL as null. */
export interface Rows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** True where there were more rows than the limit. */
  readonly truncated: boolean
}

/** A call of a stored procedure. */
export interface ProcedureCall {
  /** With its database and schema as far as they are needed. */
  readonly name: string
  /** CREATE PROCEDURE statements, for an engine that has no procedures of its own. */
  readonly procedures: readonly SqlText[]
  /** Told of each statement that has ended well, where the engine sees them. */
  readonly onStatement?: ((statement: { readonly file: string; readonly line: number }) => void) | undefined
}

/**
 * A place that plans run in. One engine object is one open warehouse; everything it throws is a UserError, with the SQLX
 * file and line where the statement has one.
 */
export interface Engine {
  readonly name: EngineName
  /** How many steps it is sensible to run at once. */
  readonly concurrency: number
  /** What exists in these databases. */
  state(databases: readonly string[]): Promise<WarehouseState>
  /** The engine's own text of a statement. Throws RefusedConstruct. */
  translate(statement: Statement): Promise<string>
  /** Executes the statements of `plan.setup`. */
  setup(plan: Plan, signal: AbortSignal): Promise<void>
  /**
   * Executes a step: prepare, load and the record of its definitions, in one transaction where the engine can. Rolls back and throws
   * on an error, on a guard that returns rows, and when the signal aborts (then a UserError whose cause is the signal's reason).
   */
  run(step: Step, signal: AbortSignal): Promise<StepOutcome>
  /** Marks the files that these copies have loaded as consumed (`Plan.confirmations`). */
  confirm(copies: readonly Target[]): Promise<void>
  /**
   * Calls a procedure: the warehouse's own, or where it has none, by interpreting the text of those given. What it returned.
   */
  call(call: ProcedureCall, signal: AbortSignal): Promise<Rows>
  /** Reads. Throws RefusedConstruct. */
  query(text: SqlText, limit: number, signal?: AbortSignal): Promise<Rows>
  close(): Promise<void>
}

export type { Target }
