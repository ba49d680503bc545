import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { runSqlmesh } from '../helpers/peers.ts'
import type { Scenario } from './scenarios.ts'
import { type Outcome, readVersions, type Tool, writeProject } from './tool.ts'

interface Kind {
  readonly tool: string
  /** What MODEL says of its kind; the columns it selects. */
  readonly kind: string
  readonly columns: string
}

/**
 * Hard deletes are invalidated, and the first version starts with its day, not in 1970. By column dates are the clock's,
 * SQLMesh's default: the alternative, `updated_at_name` with the snapshot's day, never closes the version of a customer
 * who is gone, and ends versions before they start where a day comes late.
 */
const kinds: readonly Kind[] = [
  {
    tool: 'SQLMesh by time',
    kind: 'SCD_TYPE_2_BY_TIME (unique_key k, updated_at_name updated_at, updated_at_as_valid_from true, invalidate_hard_deletes true)',
    columns: 'k TEXT, v TEXT, updated_at TIMESTAMP',
  },
  {
    tool: 'SQLMesh by column',
    kind: 'SCD_TYPE_2_BY_COLUMN (unique_key k, columns [v], execution_time_as_valid_from true, invalidate_hard_deletes true)',
    columns: 'k TEXT, v TEXT',
  },
]

// The schedule is hourly so that each delivery finds its model due; audits are SQLMesh's own.
const project = ({ kind, columns }: Kind): Readonly<Record<string, string>> => ({
  'config.yaml': `gateways:
  bench:
    connection: {type: duckdb, database: warehouse.duckdb}
default_gateway: bench
model_defaults: {dialect: duckdb}
`,
  'models/customers.sql': `MODEL (
  name dw.customers,
  kind ${kind},
  start '2025-01-01',
  cron '@hourly',
  columns (${columns}),
  audits (not_null(columns := (k, valid_from)), unique_combination_of_columns(columns := (k, valid_from)))
);
SELECT ${columns.replaceAll(/ [A-Z]+/g, '')} FROM read_parquet('delivery.parquet')
`,
})

/** Takes the deliveries with one kind of model: a plan for the first, then a run each, its clock at the arrival. */
async function runKind(
  kind: Kind,
  { deliveries }: Scenario,
  files: readonly string[],
  folder: string,
): Promise<Outcome> {
  writeProject(folder, project(kind))
  const refused = new Map<number, string>()
  let green = true
  for (const [index, { arrives }] of deliveries.entries()) {
    copyFileSync(files[index] ?? '', join(folder, 'delivery.parquet'))
    const args = index === 0 ? ['plan', '--auto-apply', '--no-prompts'] : ['run']
    const { status, output } = await runSqlmesh(args, folder, arrives)
    // A failed audit blocks what is downstream; the rows are in the table already.
    if (/audit error|audits? failed/i.test(output)) green = false
    else if (status !== 0) refused.set(index, output.split('\n').at(-1) ?? '')
  }
  const query = 'select k, v, valid_from, valid_to from warehouse.dw.customers'
  const versions = await readVersions(join(folder, 'warehouse.duckdb'), 'warehouse', query)
  return { tool: kind.tool, versions, refused, green }
}

export const sqlmesh: Tool = {
  columns: kinds.map(({ tool }) => tool),
  run: (scenario, files, folder) =>
    Promise.all(kinds.map((kind, index) => runKind(kind, scenario, files, join(folder, String(index))))),
}
