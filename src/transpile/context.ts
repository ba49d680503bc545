import type { Json } from './parser.ts'
import type { Fields } from './tree.ts'

/** What a rewrite may use. */
export interface RewriteContext {
  /** Ends the translation with a construct's name. */
  readonly refuse: (construct: string) => never
  /** Reads a text of ours, e.g. one to put pieces of a statement into. */
  readonly parse: (sql: string) => Json
  /** The kind of the node right above, e.g. `cast`; of a function its name, e.g. `IS_ARRAY`. */
  readonly parent: string | undefined
}

/** Rewrites a call; undefined leaves it as it is. */
export type FunctionRule = (args: readonly Json[], context: RewriteContext) => Json | undefined

/** A rule for calls with one of these numbers of arguments; others are refused. */
export function counted(counts: readonly number[], rule: FunctionRule): FunctionRule {
  return (args, context) =>
    counts.includes(args.length) ? rule(args, context) : context.refuse(`this number of arguments (${args.length})`)
}

/** Rewrites a node of one kind; undefined leaves it as it is. */
export type KindRule = (fields: Fields, context: RewriteContext) => Json | undefined
