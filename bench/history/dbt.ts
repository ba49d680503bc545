import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PeerCall, runDbt } from '../helpers/peers.ts'
import type { Scenario } from './scenarios.ts'
import { type Outcome, readVersions, type Tool, writeProject } from './tool.ts'

/** A snapshot's name in the dbt project by the column that shows it. */
const snapshots = { 'dbt timestamp': 'by_timestamp', 'dbt check': 'by_check' } as const

// dbt's own generic tests on what a snapshot must be: keys that are there, one open version a key, unique version ids.
const tests = (name: string): string => `
  - name: ${name}
    columns:
      - name: k
        data_tests: [not_null, {unique: {config: {where: dbt_valid_to is null}}}]
      - name: dbt_scd_id
        data_tests: [not_null, unique]
      - name: dbt_valid_from
        data_tests: [not_null]`

/**
 * The settings that dbt's documentation recommends: snapshots in YAML over a staging view, `hard_deletes: invalidate`; the
 * timestamp strategy by the source's own time of change, the check strategy by the tracked column, its versions dated by
 * the snapshot's day. Deletes take the clock of the run: `snapshot_get_time` is the moment at which the delivery arrives,
 * which is what the machine's clock would have been. It comes from a file, since a variable would make dbt parse anew.
 */
const project = {
  'dbt_project.yml': `name: history
version: "1.0"
config-version: 2
profile: history
flags:
  send_anonymous_usage_stats: false
`,
  'profiles.yml': `history:
  target: bench
  outputs:
    bench: {type: duckdb, path: warehouse.duckdb, threads: 2}
`,
  'models/sources.yml': `sources:
  - name: feed
    tables:
      - name: delivery
        config: {meta: {external_location: "read_parquet('delivery.parquet')"}}
`,
  'models/stg_customers.sql': `{{ config(materialized="view") }}
select k, v, cast(business_date as timestamp) as business_date, updated_at from {{ source("feed", "delivery") }}
`,
  'macros/clock.sql': `{% macro snapshot_get_time() %}(select moment from read_csv('clock.csv', columns = {'moment': 'timestamp'})){% endmacro %}
`,
  'snapshots/by_timestamp.yml': `snapshots:${tests('by_timestamp')}
    relation: ref('stg_customers')
    config: {strategy: timestamp, unique_key: k, updated_at: updated_at, hard_deletes: invalidate}
`,
  'snapshots/by_check.yml': `snapshots:${tests('by_check')}
    relation: ref('stg_customers')
    config: {strategy: check, unique_key: k, check_cols: [v], updated_at: business_date, hard_deletes: invalidate}
`,
}

/** A node's result in dbt's run_results.json. */
interface NodeResult {
  readonly unique_id: string
  readonly status: string
  readonly message: string | null
}

/** Puts a delivery, and the moment at which it arrives, where the project reads them. */
function deliver(folder: string, file: string, arrives: string): void {
  copyFileSync(file, join(folder, 'delivery.parquet'))
  writeFileSync(join(folder, 'clock.csv'), `moment\n${arrives.slice(0, 19)}\n`)
}

/** Loads what was delivered: the staging view, both snapshots, then their tests, in one process. */
function build(folder: string): Promise<PeerCall> {
  return runDbt(['build', '--quiet'], folder)
}

function resultsOf(folder: string, { status, output }: PeerCall): readonly NodeResult[] {
  // 1 is a failed node; anything else means that dbt did not get as far.
  if (status > 1) throw new Error(`dbt ended with ${status}:\n${output}`)
  return (JSON.parse(readFileSync(join(folder, 'target', 'run_results.json'), 'utf8')) as { results: NodeResult[] })
    .results
}

/**
 * Milliseconds of a `dbt snapshot` process each (check strategy), for the deliveries after the first; that one makes the
 * tables and warms dbt's cache of the parsed project. `folder` is empty. Nothing else should run meanwhile.
 */
export async function timeDbtSnapshots(
  deliveries: Scenario['deliveries'],
  files: readonly string[],
  folder: string,
): Promise<readonly number[]> {
  writeProject(folder, project)
  const times: number[] = []
  for (const [index, { arrives }] of deliveries.entries()) {
    deliver(folder, files[index] ?? '', arrives)
    if (index === 0) resultsOf(folder, await build(folder))
    else {
      const started = performance.now()
      resultsOf(folder, await runDbt(['snapshot', '--quiet', '--select', snapshots['dbt check']], folder))
      times.push(performance.now() - started)
    }
  }
  return times
}

async function run({ deliveries }: Scenario, files: readonly string[], folder: string): Promise<readonly Outcome[]> {
  writeProject(folder, project)
  const seen: (readonly NodeResult[])[] = []
  for (const [index, { arrives }] of deliveries.entries()) {
    deliver(folder, files[index] ?? '', arrives)
    seen.push(resultsOf(folder, await build(folder)))
  }
  const outcomes = Object.entries(snapshots).map(async ([tool, name]) => {
    const refused = new Map<number, string>()
    for (const [index, results] of seen.entries()) {
      const loaded = results.find(({ unique_id }) => unique_id === `snapshot.history.${name}`)
      if (loaded?.status !== 'success') refused.set(index, loaded?.message ?? 'skipped')
    }
    const checked = seen.flat().filter(({ unique_id }) => unique_id.startsWith('test.') && unique_id.includes(name))
    const query = `select k, v, dbt_valid_from, dbt_valid_to from warehouse.main.${name}`
    const versions = await readVersions(join(folder, 'warehouse.duckdb'), 'warehouse', query)
    return { tool, versions, refused, green: checked.every(({ status }) => status === 'pass') }
  })
  return Promise.all(outcomes)
}

export const dbt: Tool = { columns: Object.keys(snapshots), run }
