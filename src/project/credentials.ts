import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as v from 'valibot'
import { UserError } from '../error.ts'
import { projectPaths } from './paths.ts'
import { parseYaml } from './yaml.ts'

/** An embedded DuckDB: a folder with one file a database, and the folders that stages stand for. */
export interface DuckDbCredentials {
  readonly type: 'duckdb'
  /** Absolute. */
  readonly path: string
  /** `DATABASE.SCHEMA.STAGE` to an absolute folder. */
  readonly stages: Readonly<Record<string, string>>
  /** True where there was no credentials file. */
  readonly implicit: boolean
}

/** Snowflake's; read by the engine that connects there. */
export interface SnowflakeCredentials {
  readonly type: 'snowflake'
  readonly options: Readonly<Record<string, unknown>>
  /** The file's name, for errors. */
  readonly file: string
  /** Absolute: where relative paths start. */
  readonly folder: string
}

export type Credentials = DuckDbCredentials | SnowflakeCredentials

/** Where a project's credentials are unless told. */
export const DEFAULT_FILE = '.df-credentials.json'
const duckdb = v.strictObject({
  type: v.literal('duckdb'),
  path: v.string(),
  stages: v.optional(v.record(v.string(), v.string()), {}),
})

/**
 * Reads `.df-credentials.json`, or the file that the command line names. Without either the warehouse is a DuckDB under the
 * project's `.local/`.
 *
 * @throws UserError where the named file is missing or does not say what a connection needs
 */
export function readCredentials(projectDir: string, file?: string): Credentials {
  const path = resolve(projectDir, file ?? DEFAULT_FILE)
  if (!existsSync(path)) {
    if (file === undefined)
      return { type: 'duckdb', path: projectPaths(projectDir).warehouse, stages: {}, implicit: true }
    throw new UserError('this credentials file does not exist', {
      file,
      remedy: 'correct the path after --credentials',
    })
  }
  const name = file ?? DEFAULT_FILE
  const value = parseSecrets(readFileSync(path, 'utf8'), name)
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
  if (
    type === 'snowflake' ||
    (type === undefined &&
      typeof value === 'object' &&
      value !== null &&
      ('accountId' in value || 'connection' in value))
  ) {
    return { type: 'snowflake', options: value as Record<string, unknown>, file: name, folder: resolve(projectDir) }
  }
  const result = v.safeParse(duckdb, value)
  if (!result.success) {
    throw new UserError(`these credentials cannot be used: ${result.issues[0].message}`, {
      file: name,
      remedy: 'write {"type": "duckdb", "path": "DIR", "stages": {"DB.SCHEMA.STAGE": "DIR"}}, or Snowflake\'s keys',
    })
  }
  const stages = Object.entries(result.output.stages).map(([stage, dir]) => [
    stage.toUpperCase(),
    join(resolve(projectDir, dir)),
  ])
  return {
    type: 'duckdb',
    path: resolve(projectDir, result.output.path),
    stages: Object.fromEntries(stages),
    implicit: false,
  }
}

/** What the parser's own errors carry quotes the text around the place, which may be a password. */
function parseSecrets(text: string, file: string): unknown {
  try {
    return parseYaml(text, file)
  } catch (error) {
    if (!(error instanceof UserError))
      throw new UserError('this credentials file cannot be read', { file, remedy: 'write JSON' })
    throw new UserError(error.message, { ...error.place, remedy: error.remedy })
  }
}
