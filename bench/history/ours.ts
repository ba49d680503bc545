import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { findRoot } from '../helpers/root.ts'
import type { Scenario } from './scenarios.ts'
import { type Outcome, readVersions, type Tool, writeProject } from './tool.ts'

const name = 'this project'

/** The scd2 as a user writes it, over a staging table of the newest files, with assertions on what a history must be. */
const project = {
  'dataform.json': JSON.stringify({
    warehouse: 'snowflake',
    defaultDatabase: 'HISTORY',
    defaultSchema: 'DW',
    assertionSchema: 'ASSERTIONS',
  }),
  'definitions/stg_customers.sqlx': `config {
  type: "copy",
  schema: "STAGING",
  from: "@HISTORY.STAGING.LAKE/customers/",
  manifest: "manifest.json",
  fileFormat: { type: "PARQUET" },
  columns: { k: { type: "VARCHAR" }, v: { type: "VARCHAR" }, business_date: { type: "DATE" } }
}
`,
  'definitions/customers.sqlx': `config {
  type: "scd2",
  key: "k",
  businessDate: "business_date",
  tracked: ["v"],
  assertions: { nonNull: ["k", "effective_start_date"], rowConditions: ["effective_start_date < effective_end_date or effective_end_date is null"] }
}
select k, v, business_date from \${ref("stg_customers")}
`,
  'definitions/one_current.sqlx': `config { type: "assertion", description: "a key has at most one current version" }
select k from \${ref("customers")} where is_current group by k having count(*) > 1
`,
}

/** An action in the run's `target/run.json`. */
interface Action {
  readonly target: { readonly name: string }
  readonly type: string
  readonly status: string
  readonly error: string | null
}

/** Stages a delivery as one more file of the lake, and runs the project: one process, whatever its exit code. */
async function load(folder: string, files: readonly string[]): Promise<readonly Action[]> {
  const newest = files.at(-1) ?? ''
  copyFileSync(newest, join(folder, 'lake', 'customers', basename(newest)))
  const listed = files.map(file => ({ path: `customers/${basename(file)}` }))
  writeFileSync(join(folder, 'lake', 'manifest.json'), JSON.stringify({ files: listed }))
  const root = findRoot()
  const args = [join(root, 'bin', 'dataform.mjs'), 'run', folder]
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', chunk => {
    errors += String(chunk)
  })
  const status = await new Promise<number | null>(resolve => child.on('close', resolve))
  if (status !== 0 && status !== 1) throw new Error(`dataform run ended with ${status}:\n${errors}`)
  return (JSON.parse(readFileSync(join(folder, 'target', 'run.json'), 'utf8')) as { actions: Action[] }).actions
}

async function run({ deliveries }: Scenario, files: readonly string[], folder: string): Promise<readonly Outcome[]> {
  writeProject(folder, project)
  mkdirSync(join(folder, 'lake', 'customers'), { recursive: true })
  const credentials = {
    type: 'duckdb',
    path: join(folder, 'warehouse'),
    stages: { 'HISTORY.STAGING.LAKE': join(folder, 'lake') },
  }
  writeFileSync(join(folder, '.df-credentials.json'), JSON.stringify(credentials), { mode: 0o600 })
  const refused = new Map<number, string>()
  let green = true
  // A file that was refused is taken off the manifest, as its message asks for; otherwise it is offered again.
  let offered: readonly string[] = []
  for (const index of deliveries.keys()) {
    const kept = offered
    offered = [...kept, files[index] ?? '']
    const actions = await load(folder, offered)
    const dimension = actions.find(action => action.target.name === 'CUSTOMERS')
    if (dimension?.status !== 'SUCCESSFUL') {
      refused.set(index, dimension?.error ?? 'not run')
      offered = kept
    } else if (actions.some(({ type, status }) => type === 'assertion' && status !== 'SUCCESSFUL')) green = false
  }
  const query =
    'select k, v, effective_start_date, effective_end_date from HISTORY.DW.CUSTOMERS where known_to is null and k is not null'
  const versions = await readVersions(join(folder, 'warehouse', 'HISTORY.duckdb'), 'HISTORY', query)
  return [{ tool: name, versions, refused, green }]
}

export const ours: Tool = { columns: [name], run }
