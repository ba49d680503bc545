import { afterEach, beforeEach, expect } from 'vitest'
import { USER } from '../engines/snowflake/account.ts'
import { startWireServer, type WireServer } from '../engines/snowflake/wire-server.ts'
import { pretendWarehouse, type WireWarehouse } from '../engines/snowflake/wire-warehouse.ts'
import { type Ended, project } from '../run/project.ts'
import { command, credentialsFile, edit, SHOP } from './world.ts'

/** An account for each test, empty at first, and a project that is deployed to it. */
export interface Shop {
  readonly server: WireServer
  readonly warehouse: WireWarehouse
  readonly folder: string
  /** A deployment that must end well: what it printed and, in short, what it executed. */
  readonly deploy: (
    ...flags: readonly string[]
  ) => Promise<Ended & { readonly text: string; readonly executed: readonly string[] }>
  /** Rewrites a definition of the project. */
  readonly change: (name: 'staged' | 'customers' | 'orders' | 'journal' | 'totals', from: string, to: string) => void
  readonly changeView: () => void
}

/** What tests of deployments share. Its properties are those of the test that runs. */
export function useShop(): Shop {
  let server: WireServer
  let warehouse: WireWarehouse
  let folder: string
  beforeEach(async () => {
    server = await startWireServer(USER)
    warehouse = pretendWarehouse(server)
    folder = project({ '.df-credentials.json': credentialsFile(server), ...SHOP })
  })
  afterEach(() => server.close())
  const change: Shop['change'] = (name, from, to) =>
    edit(folder, `definitions/${name}.sqlx`, before => {
      expect(before).toContain(from)
      return before.replaceAll(from, to)
    })
  return {
    get server() {
      return server
    },
    get warehouse() {
      return warehouse
    },
    get folder() {
      return folder
    },
    deploy: async (...flags) => {
      const ended = await command(folder, ['deploy', ...flags])
      expect(ended.stderr).toBe('')
      expect(ended.status).toBe(0)
      return { ...ended, executed: shortly(warehouse.changes()) }
    },
    change,
    changeView: () => change('totals', 'count(*)', 'sum(1)'),
  }
}

/** The first lines of statements. Deployments are remembered after each thing; most tests are about the rest. */
export const shortly = (statements: readonly string[]): readonly string[] =>
  statements
    .map(sql => sql.replace(/^(--[^\n]*\n)+/, '').split('\n')[0] ?? '')
    .filter(line => !line.startsWith('merge into DEMO.DATAFORM.DEFINITIONS'))
    .map(line => line.replace(/( copy grants)? as$| \($/, ''))

export const TASK = 'DEMO.DATAFORM.TASK_ALL'
export const SUSPEND = `alter task if exists ${TASK} suspend`
export const RESUME = `alter task ${TASK} resume`
const isMarker = (sql: string): boolean =>
  /^delete from DEMO\.DATAFORM\.DEFINITIONS where relation in \('SUSPENDED /.test(sql)
export const withoutMarkers = (executed: readonly string[]): readonly string[] => executed.filter(sql => !isMarker(sql))
