import { column as foldColumn } from '../dialects/snowflake.ts'
import { UserError, UserErrors } from '../error.ts'
import type {
  Action,
  AssertionAction,
  AssertionRule,
  Column,
  CopyAction,
  DeclarationAction,
  EngineName,
  IncrementalAction,
  OnSchemaChange,
  OperationsAction,
  Scd2Action,
  SnowflakeOptions,
  TableAction,
  Target,
  UnitTest,
} from '../graph/types.ts'
import { type Kept, keptSchema } from './kept-schema.ts'
import type { Lines } from './lines.ts'
import type { CompileAnswer, CoreAssertion, CoreOperation, CoreTable, CoreTarget, KeptTest } from './protocol.ts'
import { canonical } from './session.ts'

type CoreActionLike = Pick<
  CoreTable,
  'target' | 'canonicalTarget' | 'fileName' | 'dependencyTargets' | 'disabled' | 'tags' | 'actionDescriptor'
>

/** Everything that the conversion of one action needs. */
interface Context {
  readonly lines: Lines
  readonly keptOf: (action: CoreActionLike) => Kept
  readonly resolve: (ref: unknown, file: string) => Target
}

/** Turns core's graph into ours. Errors are config keys of ours with a wrong value. */
export function toActions(answer: CompileAnswer, lines: Lines, resolve: Context['resolve']): Collected<Action> {
  const byTarget = new Map(answer.kept.map(kept => [kept.canonical, kept]))
  const keptOf = (action: CoreActionLike): Kept => {
    const own = action.canonicalTarget ?? action.target
    const { config = {}, file = action.fileName } = byTarget.get(canonical(own)) ?? byTarget.get(own.name) ?? {}
    return keptSchema(config, { file, action: action.target.name, lines })
  }
  const context: Context = { lines, keptOf, resolve }
  const { graph } = answer
  const parents = new Map((graph.tables ?? []).map(table => [keyOf(table.target), table]))
  const actions = merged([
    collected(graph.tables, table => toTable(table, context)),
    collected(graph.operations, operation => toOperations(operation, context)),
    collected(
      graph.declarations,
      (declaration): DeclarationAction => ({ ...base(declaration, context), type: 'declaration' }),
    ),
  ])
  const byKey = new Map(actions.values.map(action => [keyOf(action.target), action]))
  const assertions = collected(graph.assertions, assertion => toAssertion(assertion, context, parents, byKey))
  const { values, errors } = merged<Action>([actions, assertions])
  return { values: [...values].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0)), errors }
}

/** Unit tests with their inputs resolved to relations. */
export function toTests(tests: readonly KeptTest[], lines: Lines, resolve: Context['resolve']): Collected<UnitTest> {
  return collected(tests, test => {
    const line = lines.lineOf(test.file, [test.name, 'config']) ?? 1
    if (test.dataset === undefined) {
      throw new UserError(`the test ${test.name} names no dataset`, {
        file: test.file,
        line,
        remedy: 'say with dataset which action it tests',
      })
    }
    return {
      name: test.name,
      file: test.file,
      line,
      dataset: resolve(test.dataset, test.file),
      inputs: test.inputs.map(input => ({
        target:
          input.ref === 'self' || (Array.isArray(input.ref) && input.ref[0] === 'self')
            ? ('self' as const)
            : resolve(input.ref, test.file),
        query: lines.textOf(input.sql, test.file),
      })),
      expected: lines.textOf(test.expected, test.file),
    }
  })
}

/** What could be made, and why the rest could not. */
export interface Collected<T> {
  readonly values: readonly T[]
  readonly errors: readonly UserError[]
}

function collected<In, Out>(inputs: readonly In[] | undefined, make: (input: In) => Out): Collected<Out> {
  const errors: UserError[] = []
  const values = (inputs ?? []).flatMap(input => {
    try {
      return [make(input)]
    } catch (error) {
      if (error instanceof UserErrors) errors.push(...error.errors)
      else if (error instanceof UserError) errors.push(error)
      else throw error
      return []
    }
  })
  return { values, errors }
}

function merged<T>(parts: readonly Collected<T>[]): Collected<T> {
  return { values: parts.flatMap(part => part.values), errors: parts.flatMap(part => part.errors) }
}

/** A target as it is stored: upper-cased. */
export function fold(target: CoreTarget): Target {
  return {
    database: (target.database ?? '').toUpperCase(),
    schema: (target.schema ?? '').toUpperCase(),
    name: target.name.toUpperCase(),
  }
}

function distinct(targets: readonly Target[]): readonly Target[] {
  return [...new Map(targets.map(target => [keyOf(target), target])).values()]
}

function keyOf(target: CoreTarget): string {
  const { database, schema, name } = fold(target)
  return `${database}.${schema}.${name}`
}

function base(action: CoreActionLike, { lines, keptOf }: Context) {
  const kept = keptOf(action)
  const described = action.actionDescriptor?.columns ?? []
  const columns: Column[] = described.map(({ path, description, tags }) => ({
    name: path.join('.'),
    description: description || undefined,
    tags: tags ?? [],
    type: kept.columnTypes.get(path[0] ?? ''),
  }))
  const undescribed = [...kept.columnTypes].filter(([name]) => !columns.some(column => column.name === name))
  return {
    target: fold(action.target),
    file: action.fileName,
    line:
      lines.lineOf(
        action.fileName,
        action.fileName.endsWith('.sqlx') ? ['config'] : [(action.canonicalTarget ?? action.target).name],
      ) ?? 1,
    tags: action.tags ?? [],
    dependencies: distinct((action.dependencyTargets ?? []).map(fold)),
    disabled: action.disabled === true,
    description: action.actionDescriptor?.description || undefined,
    columns: [...columns, ...undescribed.map(([name, type]): Column => ({ name, type, tags: [] }))],
    engines: kept.engines as readonly EngineName[] | undefined,
    freshness: kept.freshness,
  }
}

function toTable(table: CoreTable, context: Context): Action {
  const { lines, keptOf, resolve } = context
  const kept = keptOf(table)
  const texts = (sqls: readonly string[] | undefined) => (sqls ?? []).map(sql => lines.textOf(sql, table.fileName))
  const shared = {
    ...base(table, context),
    preOperations: texts(table.preOps),
    postOperations: texts(table.postOps),
    query: lines.textOf(table.query, table.fileName),
    snowflake: {
      ...kept.snowflake,
      ...(table.materialized === true || kept.materialized === true ? { materialized: true } : {}),
    } as SnowflakeOptions,
  }
  if (kept.type === 'copy') return toCopy(shared, kept)
  if (kept.type === 'scd2') return toScd2(shared, kept, resolve)
  if (table.type !== 'incremental')
    return { ...shared, type: table.type === 'view' ? 'view' : 'table' } satisfies TableAction
  const where = table.where === undefined || table.where === '' ? '' : table.where
  const incremental = table.incrementalQuery || table.query
  const ledger = kept.ledger && { ...kept.ledger, of: resolve(kept.ledger.of, table.fileName) }
  return {
    ...shared,
    type: 'incremental',
    dependencies: distinct([...shared.dependencies, ...(ledger === undefined ? [] : [ledger.of])]),
    ledger,
    incrementalQuery: lines.textOf(
      where === '' ? incremental : `select * from (\n${incremental}\n)\nwhere ${where}`,
      table.fileName,
    ),
    incrementalPreOperations: texts(table.incrementalPreOps),
    incrementalPostOperations: texts(table.incrementalPostOps),
    uniqueKey: table.uniqueKey ?? [],
    onSchemaChange: (table.onSchemaChange ?? 'IGNORE') as OnSchemaChange,
    incrementalPredicates: kept.incrementalPredicates ?? [],
    protected: table.protected === true,
  } satisfies IncrementalAction
}

type Shared = Omit<TableAction, 'type'>

function toCopy({ query: _, ...shared }: Shared, kept: Kept): CopyAction {
  const { type, ...options } = kept.fileFormat ?? { type: 'PARQUET' }
  return {
    ...shared,
    type: 'copy',
    from: kept.from ?? '',
    fileFormat: {
      type: type as CopyAction['fileFormat']['type'],
      options: options as Record<string, string | number | boolean>,
    },
    pattern: kept.pattern,
    manifest: kept.manifest,
  }
}

/** What a snapshot may lack of the day before without being held. */
const DEFAULT_VANISHED_SHARE = 0.1

function toScd2(shared: Shared, kept: Kept, resolve: Context['resolve']): Scd2Action {
  const unknownKeys = kept.unknownKeys === undefined ? undefined : resolve(kept.unknownKeys, shared.file)
  return {
    ...shared,
    type: 'scd2',
    dependencies: distinct([...shared.dependencies, ...(unknownKeys === undefined ? [] : [unknownKeys])]),
    protected: kept.protected === true,
    scd2: {
      key: kept.key ?? '',
      businessDate: kept.businessDate ?? '',
      tracked: kept.tracked ?? [],
      untracked: kept.untracked ?? [],
      openStart: kept.openStart === true,
      unknownMember: kept.unknownMember,
      surrogateKey: kept.surrogateKey ?? `${kept.key}_sk`,
      unknownKeys,
      revision: kept.revision,
      rowHash: kept.rowHash,
      source: kept.source,
      maxVanishedShare: kept.maxVanishedShare ?? DEFAULT_VANISHED_SHARE,
    },
  }
}

function toOperations(operation: CoreOperation, context: Context): OperationsAction {
  return {
    ...base(operation, context),
    type: 'operations',
    queries: (operation.queries ?? []).map(sql => context.lines.textOf(sql, operation.fileName)),
    hasOutput: operation.hasOutput === true,
  }
}

function toAssertion(
  assertion: CoreAssertion,
  context: Context,
  parents: ReadonlyMap<string, CoreTable>,
  actions: ReadonlyMap<string, Action>,
): AssertionAction {
  const { lines, keptOf, resolve } = context
  const parent = assertion.parentAction === undefined ? undefined : parents.get(keyOf(assertion.parentAction))
  const own = keptOf(assertion)
  const inherited = parent === undefined ? undefined : keptOf(parent)
  const shared = base(assertion, context)
  const of = own.of === undefined ? undefined : resolve(own.of, assertion.fileName)
  const grows = shared.dependencies.filter(target =>
    ['incremental', 'scd2'].includes(actions.get(keyOf(target))?.type ?? ''),
  )
  return {
    ...shared,
    type: 'assertion',
    engines: shared.engines ?? (inherited?.engines as readonly EngineName[] | undefined),
    query: lines.textOf(assertion.query, assertion.fileName),
    severity: own.severity ?? inherited?.assertions?.severity ?? 'error',
    scope: own.scope ?? inherited?.assertions?.scope ?? 'all',
    parent: parent === undefined ? (of ?? (grows.length === 1 ? grows[0] : undefined)) : fold(parent.target),
    rule: inherited === undefined ? undefined : ruleOf(assertion.target.name, inherited),
  }
}

/** What an inline assertion checks, by its name and the config that it came from. */
function ruleOf(name: string, kept: Kept): AssertionRule | undefined {
  const { uniqueKey, uniqueKeys, nonNull, rowConditions } = kept.assertions ?? {}
  const index = /_assertions_uniqueKey_(\d+)$/i.exec(name)?.[1]
  if (index !== undefined) {
    const keys = uniqueKeys ?? (uniqueKey === undefined ? [] : [[uniqueKey].flat()])
    return { kind: 'uniqueKey', columns: keys[Number(index)] ?? [] }
  }
  const present = [nonNull ?? []].flat().map(column => `${foldColumn(column)} IS NOT NULL`)
  return { kind: 'rowConditions', conditions: [...(rowConditions ?? []), ...present] }
}
