import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { main } from '../../src/commands/program.ts'
import { VERBS } from '../../src/commands/registry.ts'
import { type Effects, realEffects } from '../../src/effects.ts'
import { USER } from '../engines/snowflake/account.ts'
import type { WireServer } from '../engines/snowflake/wire-server.ts'
import type { Ended } from '../run/project.ts'

/** A command in this process: what it printed and how it ended. `interrupt` is where its Ctrl-C comes from. */
export async function command(
  cwd: string,
  argv: readonly string[],
  over: Partial<Effects> = {},
): Promise<Ended & { readonly text: string }> {
  let [stdout, stderr] = ['', '']
  const effects: Effects = {
    ...realEffects,
    cwd,
    env: {},
    isTerminal: false,
    useColour: false,
    stdout: text => {
      stdout += text
    },
    stderr: text => {
      stderr += text
    },
    ...over,
  }
  const status = await main('dataform', '', VERBS, argv, effects)
  return { status, stdout, stderr, text: stdout + stderr }
}

/** Writes into a project, or with a function rewrites what it has. */
export function edit(folder: string, file: string, text: string | ((before: string) => string)): void {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, typeof text === 'string' ? text : text(readFileSync(path, 'utf8')))
}

/** Credentials of the server's one user as a project has them. */
export function credentialsFile(server: WireServer, over: Readonly<Record<string, unknown>> = {}): string {
  const { name: username, password } = USER
  return JSON.stringify({
    type: 'snowflake',
    accountId: 'myorg-prod',
    accessUrl: server.url,
    username,
    password,
    ...over,
  })
}

/** A project with one of each kind that a deployment makes. */
export const SHOP: Readonly<Record<string, string>> = {
  'definitions/procedures.yaml': `procedures:
  - { name: SP_STAGE, tags: [stage] }
  - { name: SP_LOAD, tags: [load] }
master: { name: SP_ALL }
task: { name: TASK_ALL, schedule: 60 MINUTES, warehouse: LOAD_WH }
`,
  'definitions/staged.sqlx': `config {
  type: "copy", name: "STAGED", tags: ["stage"],
  from: "@DEMO.DW.LAKE/orders/", manifest: "manifest.json", fileFormat: { type: "PARQUET" },
  columns: { ID: { type: "NUMBER(10,0)" }, DAY: { type: "DATE" }, STATUS: { type: "VARCHAR" } }
}
`,
  'definitions/orders.sqlx': `config { type: "table", name: "ORDERS", tags: ["load"], snowflake: { primaryKey: ["ID"] } }
select ID, STATUS from \${ref("STAGED")}
`,
  'definitions/customers.sqlx': `config {
  type: "scd2", name: "CUSTOMERS", tags: ["load"], key: "ID", businessDate: "DAY", tracked: ["STATUS"],
  surrogateKey: "SK"
}
select ID, DAY, STATUS from \${ref("STAGED")}
`,
  'definitions/journal.sqlx': `config { type: "incremental", name: "JOURNAL", tags: ["load"], uniqueKey: ["ID"] }
select ID, STATUS from \${ref("ORDERS")}
`,
  'definitions/totals.sqlx': `config { type: "view", schema: "MART", name: "TOTALS" }
select STATUS, count(*) as N from \${ref("ORDERS")} group by STATUS
`,
  'definitions/positive.sqlx': `config { type: "assertion", name: "POSITIVE" }
select ID from \${ref("ORDERS")} where ID < 0
`,
}
