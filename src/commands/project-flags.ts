import { resolve } from 'node:path'
import type { Effects } from '../effects.ts'
import { UserError } from '../error.ts'
import type { Selection } from '../graph/select.ts'
import type { ProjectOverrides } from '../project/settings.ts'
import { type Flag, list, type Options } from './program.ts'

/** Flags that lay words over the settings file. */
export const PROJECT_FLAGS: readonly Flag[] = [
  { flags: '--default-database <name>', summary: 'the database of actions that name none' },
  { flags: '--default-schema <name>', summary: 'the schema of actions that name none' },
  { flags: '--default-location <name>', summary: 'accepted for compatibility' },
  { flags: '--assertion-schema <name>', summary: 'the schema of assertions' },
  { flags: '--vars <k=v,…>', summary: 'compilation variables', parse: list },
  { flags: '--database-suffix <word>', summary: 'added to every database' },
  { flags: '--schema-suffix <word>', summary: 'added to every schema' },
  { flags: '--table-prefix <word>', summary: 'put before every name' },
  { flags: '--disable-assertions', summary: 'compiles assertions as disabled' },
]

export const SELECTION_FLAGS: readonly Flag[] = [
  {
    flags: '--actions <globs>',
    summary: 'only these actions: NAME, SCHEMA.NAME, with * as in file names',
    parse: list,
  },
  { flags: '--tags <tags>', summary: 'only actions with one of these tags', parse: list },
  { flags: '--include-deps', summary: 'also what the chosen actions depend on' },
  { flags: '--include-dependents', summary: 'also what depends on the chosen actions' },
]

export const COMMON_FLAGS: readonly Flag[] = [
  { flags: '--timeout <duration>', summary: 'how long it may take, e.g. 90s, 10m' },
  { flags: '--json', summary: 'prints one JSON document and nothing else' },
  { flags: '--verbose', summary: "shows the engine's and Snowflake's SQL, and the causes of errors" },
]

const word = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The words that were laid over the settings. */
export function overrides(options: Options): ProjectOverrides {
  const pairs = ((options.vars as string[] | undefined) ?? []).map(pair => {
    const at = pair.indexOf('=')
    if (at < 1) throw new UserError(`--vars takes name=value pairs, not ${pair}`, { exitCode: 2 })
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
  return {
    defaultDatabase: word(options.defaultDatabase),
    defaultSchema: word(options.defaultSchema),
    defaultLocation: word(options.defaultLocation),
    assertionSchema: word(options.assertionSchema),
    vars: pairs.length === 0 ? undefined : (Object.fromEntries(pairs) as Record<string, string>),
    databaseSuffix: word(options.databaseSuffix),
    schemaSuffix: word(options.schemaSuffix),
    tablePrefix: word(options.tablePrefix),
    disableAssertions: options.disableAssertions === true ? true : undefined,
  }
}

/** Which actions the flags choose. */
export function selection(options: Options): Selection {
  const [actions, tags] = [options.actions as string[] | undefined, options.tags as string[] | undefined]
  const spreads = options.includeDeps === true || options.includeDependents === true
  if (spreads && actions === undefined && tags === undefined) {
    throw new UserError('--include-deps and --include-dependents need --actions or --tags', { exitCode: 2 })
  }
  return {
    actions,
    tags,
    includeDependencies: options.includeDeps === true,
    includeDependents: options.includeDependents === true,
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `90s`, `10m`, `500ms` in milliseconds; a bare number is milliseconds. */
export function duration(value: unknown): number | undefined {
  if (value === undefined) return undefined
  const [, digits, unit = 'ms'] = /^(\d+)(ms|s|m|h)?$/.exec(String(value)) ?? []
  if (digits === undefined) throw new UserError(`--timeout takes a duration such as 90s, not ${value}`, { exitCode: 2 })
  return Number(digits) * (UNITS[unit] ?? 1)
}

/** The project's folder: the positional, or the current one. */
export function projectDir(args: readonly string[], effects: Effects): string {
  return resolve(effects.cwd, args[0] ?? '.')
}
