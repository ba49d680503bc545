import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { UserError } from '../error.ts'
import type { ProjectSettings } from '../graph/types.ts'
import { didYouMean } from './nearest.ts'
import { parseYaml } from './yaml.ts'

/** What the command line may say instead of the settings file. */
export interface ProjectOverrides {
  readonly defaultDatabase?: string | undefined
  readonly defaultSchema?: string | undefined
  readonly defaultLocation?: string | undefined
  readonly assertionSchema?: string | undefined
  readonly vars?: Readonly<Record<string, string>> | undefined
  readonly databaseSuffix?: string | undefined
  readonly schemaSuffix?: string | undefined
  readonly tablePrefix?: string | undefined
  readonly disableAssertions?: boolean | undefined
}

/** A project's settings: what core is handed, as its ProjectConfig, and what the framework itself needs. */
export interface ReadSettings {
  readonly file: string
  readonly core: Readonly<Record<string, unknown>>
  readonly settings: ProjectSettings
}

const text = v.string('must be a string')
const suffix = v.pipe(text, v.regex(/^[A-Za-z0-9_]*$/, 'may hold letters, digits and _ only'))
const vars = v.record(text, v.string('vars can only be strings'))
const count = v.pipe(
  v.number('must be a number'),
  v.integer('must be a whole number'),
  v.minValue(0, 'must not be negative'),
)
const flag = v.boolean('must be true or false')

/** dataform.json: core 3's keys and those of 2.x that core refuses. */
const DATAFORM_JSON = {
  warehouse: v.picklist(['snowflake', 'duckdb', 'bigquery'], 'must be "snowflake"'),
  defaultDatabase: text,
  defaultSchema: text,
  defaultLocation: text,
  assertionSchema: text,
  vars,
  databaseSuffix: suffix,
  schemaSuffix: suffix,
  tablePrefix: suffix,
  disableAssertions: flag,
  builtinAssertionNamePrefix: text,
  concurrentQueryLimit: count,
  idempotentActionRetries: count,
  useRunCache: flag,
}

/** workflow_settings.yaml: the same by its 3.x names. */
const WORKFLOW_SETTINGS = {
  dataformCoreVersion: text,
  defaultProject: text,
  defaultDataset: text,
  defaultLocation: text,
  defaultAssertionDataset: text,
  vars,
  projectSuffix: suffix,
  datasetSuffix: suffix,
  namePrefix: suffix,
  disableAssertions: flag,
  builtinAssertionNamePrefix: text,
}

const RENAMED: Readonly<Record<string, string>> = {
  defaultProject: 'defaultDatabase',
  defaultDataset: 'defaultSchema',
  defaultAssertionDataset: 'assertionSchema',
  projectSuffix: 'databaseSuffix',
  datasetSuffix: 'schemaSuffix',
  namePrefix: 'tablePrefix',
}

const NOT_FOR_CORE = new Set([
  'concurrentQueryLimit',
  'idempotentActionRetries',
  'useRunCache',
  'dataformCoreVersion',
  'warehouse',
])

/**
 * Reads dataform.json or workflow_settings.yaml and lays the command line's words over it.
 *
 * @throws UserError where there is no such file or both, and for a key or value that is not known, with its line
 */
export function readSettings(projectDir: string, overrides: ProjectOverrides = {}): ReadSettings {
  const file = settingsFile(projectDir)
  const source = readFileSync(join(projectDir, file), 'utf8')
  const known = file === 'dataform.json' ? DATAFORM_JSON : WORKFLOW_SETTINGS
  const given = checked(parseYaml(source, file), known, file, source)
  const renamed = Object.fromEntries(Object.entries(given).map(([key, value]) => [RENAMED[key] ?? key, value]))
  const laid = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined))
  const merged: Record<string, unknown> = {
    ...renamed,
    ...laid,
    vars: { ...(renamed.vars as object), ...overrides.vars },
  }
  const core = Object.fromEntries(Object.entries(merged).filter(([key]) => !NOT_FOR_CORE.has(key)))
  // Core takes another word than its own for a warehouse it does not know; its SQL is replaced anyway.
  return { file, core: { ...core, warehouse: 'bigquery' }, settings: settingsOf(merged) }
}

function settingsFile(projectDir: string): string {
  const found = ['dataform.json', 'workflow_settings.yaml'].filter(file => existsSync(join(projectDir, file)))
  if (found.length === 2) {
    throw new UserError('dataform.json and workflow_settings.yaml are both here', {
      file: 'dataform.json',
      remedy: 'keep one of the two',
    })
  }
  if (found[0] !== undefined) return found[0]
  throw new UserError(`${projectDir} holds no dataform.json and no workflow_settings.yaml`, {
    remedy: 'name the folder of a Dataform project, or write a dataform.json there',
  })
}

function checked(value: unknown, known: v.ObjectEntries, file: string, source: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('the settings must be an object', { file, line: 1 })
  }
  const wrong = Object.keys(value).find(key => !Object.hasOwn(known, key))
  if (wrong !== undefined) {
    const remedy = didYouMean(wrong, Object.keys(known)) ?? `known keys: ${Object.keys(known).join(', ')}`
    throw new UserError(`unknown setting "${wrong}"`, { file, line: lineOfKey(source, wrong), remedy })
  }
  const result = v.safeParse(v.partial(v.object(known)), value)
  if (result.success) return result.output
  const issue = result.issues[0]
  const path = issue.path?.map(part => String(part.key)) ?? []
  throw new UserError(`${path.join('.')}: ${issue.message}`, { file, line: lineOfKey(source, path.at(-1) ?? '') })
}

/** The line on which a key stands in JSON or YAML. */
function lineOfKey(source: string, key: string): number | undefined {
  const pattern = new RegExp(`(^|[\\s{,])"?${key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"?\\s*:`)
  const index = source.split('\n').findIndex(line => pattern.test(line))
  return index < 0 ? undefined : index + 1
}

function settingsOf(merged: Readonly<Record<string, unknown>>): ProjectSettings {
  const word = (key: string): string => (typeof merged[key] === 'string' ? merged[key] : '')
  const limit = merged.concurrentQueryLimit
  return {
    defaultDatabase: word('defaultDatabase'),
    defaultSchema: word('defaultSchema'),
    assertionSchema: word('assertionSchema') || 'dataform_assertions',
    vars: merged.vars as Record<string, string>,
    databaseSuffix: word('databaseSuffix'),
    schemaSuffix: word('schemaSuffix'),
    tablePrefix: word('tablePrefix'),
    disableAssertions: merged.disableAssertions === true,
    concurrentQueryLimit: typeof limit === 'number' && limit > 0 ? limit : undefined,
    idempotentActionRetries: typeof merged.idempotentActionRetries === 'number' ? merged.idempotentActionRetries : 0,
  }
}
