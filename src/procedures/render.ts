import { literal, relation } from '../dialects/snowflake.ts'
import { segments } from '../dialects/tokens.ts'
import { type RunnableAction, type Target, targetName } from '../graph/types.ts'
import { loadHistory } from '../plan/engine-tables.ts'
import { type CopyHead, copyHead } from '../plan/materializations/copy.ts'
import { keyOf } from '../plan/system.ts'
import type { Statement } from '../plan/types.ts'
import { sqlTemplates } from '../project/templates.ts'
import { readInterval } from '../schedule/index.ts'
import { auditTable, manifestTable } from './audit.ts'
import type { ProceduresConfig } from './config.ts'
import type { ActionLoad } from './loads.ts'
import type { Members } from './members.ts'
import { PARTIALS, TEMPLATES } from './templates.ts'

/** A procedure's CREATE statement, and what the deployment must make for it. */
export interface ProcedureText {
  readonly name: Target
  readonly sql: string
}

export interface RenderOptions {
  readonly config: ProceduresConfig
  readonly database: string
  /** All procedures with their members, in order. */
  readonly members: readonly Members[]
  /** By the key of each copy: the procedures that load something out of its rows. */
  readonly usedIn: ReadonlyMap<string, readonly number[]>
}

/** Renders all procedures of a project: the loads in their order, then the master. */
export function renderProcedures(options: RenderOptions): readonly ProcedureText[] {
  return [...options.members.map((_, index) => renderLoad(index, options)), renderMaster(options)]
}

/** Only what may be said of a procedure without an argument of its own. */
export function mayWait({ loads }: Members): boolean {
  return loads.length > 0 && loads.every(({ action }) => action.type === 'copy')
}

/** Whether a run has nothing left to do where this procedure waits: no other one reads a stage. */
export function endsRun(members: readonly Members[], index: number): boolean {
  const readsStage = ({ loads }: Members): boolean => loads.some(({ action }) => action.type === 'copy')
  return members.every((each, other) => (other === index ? mayWait(each) : !readsStage(each)))
}

const compiled = sqlTemplates(TEMPLATES, { partials: PARTIALS })

function renderLoad(index: number, options: RenderOptions): ProcedureText {
  const { config, database, members } = options
  const own = members[index] as Members
  const name: Target = { database, schema: config.schema, name: own.procedure.name }
  const copies = own.loads.flatMap(({ action }) => (action.type === 'copy' ? [copyHead(action)] : []))
  const sql = compiled.load({
    ...head(
      name,
      own.procedure.comment ?? `Loads ${own.loads.map(({ action }) => targetName(action.target)).join(', ')}.`,
    ),
    ...tables(database),
    parameters: 'RUN_ID VARCHAR DEFAULT NULL',
    label: literal(own.procedure.name),
    manifests: manifestsOf(copies, database),
    copies: copies.map(copy => copyModel(copy, database)),
    copyKeys: copies.map(({ target }) => literal(keyOf(target))).join(', '),
    waits: mayWait(own),
    hasFirst: own.loads.some(({ first }) => first !== undefined),
    groups: own.loads.map(load => groupModel(load, database)),
    assertions: assertionModels(own.assertions),
    consumed: consumedIn(index, options),
  })
  return { name, sql: delimited(sql) }
}

function renderMaster({ config, database, members }: RenderOptions): ProcedureText {
  const { master } = config
  const name: Target = { database, schema: config.schema, name: master.name }
  const sql = compiled.master({
    ...head(
      name,
      master.comment ?? `Runs ${members.map(({ procedure }) => procedure.name).join(', ')}, one after the other.`,
    ),
    ...tables(database),
    parameters: '',
    label: literal(master.name),
    leaseSeconds: readInterval(master.lease) ?? 0,
    waits: members.some((_, index) => endsRun(members, index)),
    procedures: members.map((each, index) => ({
      name: relation({ database, schema: config.schema, name: each.procedure.name }),
      label: literal(each.procedure.name),
      waits: endsRun(members, index),
    })),
  })
  return { name, sql: delimited(sql) }
}

function head(name: Target, comment: string): Record<string, string> {
  return {
    title: `${name.name}: ${comment.replaceAll(/\s+/g, ' ')}`,
    name: relation(name),
    comment: literal(comment),
    open: OPEN,
    close: CLOSE,
  }
}

// What stands for the body's delimiters until it is known which ones its text allows.
const OPEN = '\u0001'
const CLOSE = '\u0002'

/** Puts the body between `$$`, or, where it holds these itself, in quotes. */
function delimited(sql: string): string {
  const [before = '', body = '', after = ''] = sql.split(/[\u0001\u0002]/)
  return body.includes('$$') ? `${before}${literal(body)}${after}` : `${before}$$${body}$$${after}`
}

function tables(database: string): Record<string, string> {
  return {
    runs: relation(auditTable(database, 'PROCEDURE_RUNS')),
    steps: relation(auditTable(database, 'PROCEDURE_STEPS')),
    checks: relation(auditTable(database, 'ASSERTION_RESULTS')),
    leases: relation(auditTable(database, 'LEASES')),
    offered: relation(auditTable(database, 'OFFERED_FILES')),
    history: relation(loadHistory(database)),
  }
}

function manifestsOf(copies: readonly CopyHead[], database: string): readonly Record<string, string>[] {
  const found = new Map(copies.map(copy => [`${copy.stage}/${copy.manifest}`, copy]))
  return [...found].map(([location, { stage, manifest }]) => ({
    file: `@${location}`,
    label: literal(`@${location}`),
    table: relation(manifestTable(database, stage, manifest)),
    location: `@${location}`,
    complaint: literal(`@${location} must be {"files": [{"path": …}]}: stage its days again`),
  }))
}

function copyModel({ target, stage, manifest, path, pattern }: CopyHead, database: string): Record<string, string> {
  return {
    key: literal(keyOf(target)),
    manifest: relation(manifestTable(database, stage, manifest)),
    prefix: literal(path),
    narrowed: pattern === undefined ? '' : ` AND REGEXP_LIKE(o.file, ${literal(pattern)})`,
  }
}

function groupModel({ action, first, load }: ActionLoad, database: string): Record<string, unknown> {
  return {
    file: placeOf(action),
    label: literal(targetName(action.target)),
    table: relation(action.target),
    first: first?.map(statement => statementModel(statement, action, database, 4)),
    load: load.map(statement => statementModel(statement, action, database, first === undefined ? 2 : 4)),
  }
}

function statementModel(
  statement: Statement,
  action: RunnableAction,
  database: string,
  spaces: number,
): Record<string, unknown> {
  const { kind, text } = statement
  const isMessage = kind === 'guard' || kind === 'notice'
  return {
    sql: indented(text.sql, isMessage ? spaces + 2 : spaces),
    indent: ' '.repeat(spaces),
    isCopy: kind === 'copy',
    isMessage,
    isGuard: kind === 'guard',
    isWrite: kind === 'write',
    journal: literal(`,{"action":${JSON.stringify(targetName(action.target))},"rows":`),
    ...(action.type === 'copy' && kind === 'copy' && copyStatement(copyHead(action), database)),
  }
}

function copyStatement({ target, stage, path, options }: CopyHead, database: string): Record<string, string | number> {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return {
    ...tables(database),
    table: relation(target),
    key: literal(keyOf(target)),
    start: folder.length + 1,
    statement: literal(`COPY INTO ${relation(target)} FROM @${stage}/${folder} ${options}`),
    complaint: literal(`${targetName(target)}: the manifest counts `),
  }
}

/** How many assertions are counted by one statement. */
const COUNTED_TOGETHER = 100

function assertionModels(assertions: readonly ActionLoad[]): readonly (readonly Record<string, string>[])[] {
  const all = assertions.flatMap(({ action, scope }) =>
    action.type !== 'assertion'
      ? []
      : [
          {
            file: `${action.file}${scope === 'new' ? ', of new rows' : ''}`,
            // It gets into JSON as it is.
            name: literal(JSON.stringify(targetName(action.target)).slice(1, -1)),
            severity: literal(action.severity),
            view: relation(action.target),
          },
        ],
  )
  return Array.from({ length: Math.ceil(all.length / COUNTED_TOGETHER) }, (_, index) =>
    all.slice(index * COUNTED_TOGETHER, (index + 1) * COUNTED_TOGETHER),
  )
}

/** The copies whose rows have been used where this procedure ends well, and which others must have ended well since. */
function consumedIn(index: number, { usedIn, members }: RenderOptions): readonly Record<string, unknown>[] {
  const homes = new Map(
    members.flatMap(({ loads }, home) => loads.map(({ action }) => [keyOf(action.target), home] as const)),
  )
  const groups = new Map<string, { keys: string[]; others: readonly number[] }>()
  for (const [key, used] of usedIn) {
    if (Math.max(...used) !== index) continue
    // That its own procedure ended well is told by the history itself.
    const others = used.filter(other => other !== index && other !== homes.get(key))
    const group = groups.get(others.join()) ?? { keys: [], others }
    group.keys.push(literal(key))
    groups.set(others.join(), group)
  }
  return [...groups.values()].map(({ keys, others }) => ({
    keys: keys.join(', '),
    others: others.map(other => literal(members[other]?.procedure.name ?? '')).join(', '),
    count: others.length,
  }))
}

function placeOf({ file, target }: RunnableAction): string {
  return `${file}: ${targetName(target)}`
}

/**
 * Moves each line to the right that does not begin inside a string, and leaves no blanks at the ends of lines, as a condition
 * without a text would; the end of a comment keeps what follows off its line.
 */
export function indented(sql: string, spaces: number): string {
  const space = ' '.repeat(spaces)
  const parts = segments(sql.trim())
  const move = (text: string): string => text.replace(/[ \t]+(?=\n)/g, '').replace(/\n(?!\n)/g, `\n${space}`)
  const moved = parts.map(({ kind, text }) => (kind === 'string' || kind === 'quoted' ? text : move(text))).join('')
  const endsInComment = parts.at(-1)?.kind === 'comment'
  return `${space}${moved}${endsInComment ? `\n${space}` : ''}`
}
