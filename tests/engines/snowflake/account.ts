import type { Engine } from '../../../src/engines/engine.ts'
import { openSnowflake, type SnowflakeOptions } from '../../../src/engines/snowflake/open.ts'
import { startWireServer, type WireServer, type WireUser } from './wire-server.ts'

export const PASSWORD = 'correct-horse-battery-staple'
export const USER: WireUser = { name: 'DATAFORM', password: PASSWORD }
export const RUN_ID = '00000000-0000-4000-8000-000000000001'

/** An account of the tests' own, and an engine that is logged in to it. */
export interface Account {
  readonly server: WireServer
  readonly engine: Engine
  readonly close: () => Promise<void>
}

/** Credentials as a project's file has them. */
export function credentials(
  server: WireServer,
  over: Readonly<Record<string, unknown>> = {},
): SnowflakeOptions['credentials'] {
  const options = {
    accountId: 'myorg-prod',
    accessUrl: server.url,
    username: USER.name,
    password: PASSWORD,
    role: 'LOADER',
    databaseName: 'TELCO_DB',
    warehouse: 'LOAD_WH',
    ...over,
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return { type: 'snowflake', options: Object.fromEntries(given), file: '.df-credentials.json', folder: '/project' }
}

export function open(server: WireServer, over: Readonly<Record<string, unknown>> = {}): Promise<Engine> {
  return openSnowflake({ credentials: credentials(server, over), project: 'telco', cancelGraceMs: 500, runId: RUN_ID })
}

export async function openAccount(over: Readonly<Record<string, unknown>> = {}): Promise<Account> {
  const server = await startWireServer(USER)
  const engine = await open(server, over)
  return {
    server,
    engine,
    close: async () => {
      await engine.close()
      await server.close()
    },
  }
}
