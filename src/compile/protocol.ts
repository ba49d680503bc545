/** What the parent asks of the child. */
export interface CompileRequest {
  readonly projectDir: string
  /** Where `@dataform/core` is taken from: the project, or this package. */
  readonly coreFrom: string
  /** Relative to the project, forward slashes. */
  readonly files: readonly string[]
  /** Core's ProjectConfig. */
  readonly projectConfig: Readonly<Record<string, unknown>>
}

/** What the child answers. Everything in it is plain data. */
export interface CompileAnswer {
  /** Core's compiled graph, decoded. */
  readonly graph: CoreGraph
  readonly kept: readonly KeptConfig[]
  readonly tests: readonly KeptTest[]
  /** What went wrong outside of core, or in a way that core would not have got over. */
  readonly errors: readonly CoreError[]
  /** The scripts that core made of those SQLX files that have an error, by file: what the errors' stacks point into. */
  readonly scripts: Readonly<Record<string, string>>
  /** Files that the project's code loaded, besides those it was given. */
  readonly loaded: readonly string[]
  /** Whether the project's code asked for the time or for chance, so that its result must not be cached. */
  readonly impure: boolean
}

/** The config keys of an action that core does not know. */
export interface KeptConfig {
  /** The action's canonical target (before suffixes), `database.schema.name`; of an action in actions.yaml its name. */
  readonly canonical: string
  readonly config: Readonly<Record<string, unknown>>
  /** Where the config stands, if not in the action's own file. */
  readonly file?: string
}

export interface KeptTest {
  readonly name: string
  readonly file: string
  readonly dataset: unknown
  readonly inputs: readonly { readonly ref: unknown; readonly sql: string }[]
  readonly expected: string
}

export interface CoreTarget {
  readonly database?: string
  readonly schema?: string
  readonly name: string
}

export interface CoreAction {
  readonly target: CoreTarget
  readonly canonicalTarget?: CoreTarget
  readonly dependencyTargets?: readonly CoreTarget[]
  readonly disabled?: boolean
  readonly tags?: readonly string[]
  readonly fileName: string
  readonly actionDescriptor?: {
    readonly description?: string
    readonly columns?: readonly {
      readonly description?: string
      readonly path: readonly string[]
      readonly tags?: readonly string[]
    }[]
  }
}

export interface CoreTable extends CoreAction {
  readonly type: string
  readonly enumType: string
  readonly query: string
  readonly protected?: boolean
  readonly materialized?: boolean
  readonly incrementalQuery?: string
  readonly uniqueKey?: readonly string[]
  readonly onSchemaChange?: string
  readonly preOps?: readonly string[]
  readonly postOps?: readonly string[]
  readonly incrementalPreOps?: readonly string[]
  readonly incrementalPostOps?: readonly string[]
  readonly where?: string
}

export interface CoreOperation extends CoreAction {
  readonly queries?: readonly string[]
  readonly hasOutput?: boolean
}

export interface CoreAssertion extends CoreAction {
  readonly query: string
  readonly parentAction?: CoreTarget
}

export interface CoreError {
  readonly fileName?: string
  readonly actionName?: string
  readonly message: string
  readonly stack?: string
  /** The line of the file itself, where it is known. */
  readonly line?: number | undefined
  readonly remedy?: string | undefined
}

/** The parts of core's compiled graph that are used here. */
export interface CoreGraph {
  readonly tables?: readonly CoreTable[]
  readonly operations?: readonly CoreOperation[]
  readonly assertions?: readonly CoreAssertion[]
  readonly declarations?: readonly CoreAction[] | undefined
  readonly graphErrors?: { readonly compilationErrors?: readonly CoreError[] }
  readonly dataformCoreVersion?: string
  readonly [key: string]: unknown
}
