import { UserError } from '../error.ts'
import type { EngineName } from '../graph/types.ts'
import type { Credentials } from '../project/credentials.ts'
import type { Engine } from './engine.ts'

export { isTransient } from './errors.ts'

/** What opening an engine takes besides its credentials. */
export interface OpenOptions {
  readonly databases: readonly string[]
  /** Where translations are remembered. */
  readonly cacheFile: string
  /** False writes nothing: a dry run, or a read. */
  readonly create: boolean
  /** The project's name, for engines that tag what they execute. */
  readonly project: string
}

type Open = (credentials: Credentials, options: OpenOptions) => Promise<Engine>

/** Engines by the type of their credentials. A new engine is a line here, a dialect and a folder. */
const ENGINES: Readonly<Record<EngineName, Open>> = {
  duckdb: async (credentials, options) => {
    if (credentials.type !== 'duckdb') throw new UserError('these credentials are not for DuckDB')
    const { openDuckDb } = await import('./duckdb/open.ts')
    return openDuckDb({ ...options, path: credentials.path, stages: credentials.stages })
  },
  snowflake: async (credentials, { project }) => {
    if (credentials.type !== 'snowflake') throw new UserError('these credentials are not for Snowflake')
    const { openSnowflake } = await import('./snowflake/open.ts')
    return openSnowflake({ credentials, project })
  },
}

/** Opens the engine that credentials are for. */
export function openEngine(credentials: Credentials, options: OpenOptions): Promise<Engine> {
  return ENGINES[credentials.type](credentials, options)
}
