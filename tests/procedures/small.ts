import type { Event, StagedFile } from './events.ts'
import { makeWorld, type World } from './world.ts'

/** A copy, a merge with assertions of its new rows, and an operation; all of it in one procedure, SP_ALL's only one. */
export const SMALL: Readonly<Record<string, string>> = {
  'dataform.json': JSON.stringify({
    warehouse: 'snowflake',
    defaultDatabase: 'DEMO',
    defaultSchema: 'DW',
    assertionSchema: 'CHECKS',
  }),
  'definitions/procedures.yaml': `procedures:
  - name: SP_LOAD
    tags: [load]
master:
  name: SP_ALL
  lease: 2 HOURS
task:
  name: TASK_ALL
  schedule: 60 MINUTES
  warehouse: WH
  suspendAfterFailures: 2
  errorIntegration: ALERTS
`,
  'definitions/staged.sqlx': `config {
  type: "copy", name: "STG", tags: ["load"], from: "@DEMO.DW.LAKE/items/", manifest: "manifest.json",
  fileFormat: { type: "PARQUET" }, columns: { id: { type: "NUMBER(10,0)" }, amount: { type: "NUMBER(10,0)" } }
}
`,
  'definitions/items.sqlx': `config {
  type: "incremental", name: "ITEMS", tags: ["load"], uniqueKey: ["id"],
  assertions: { nonNull: ["amount"], scope: "new" }
}
select id, amount from \${ref("STG")}
`,
  'definitions/total.sqlx': `config { type: "operations", name: "TOTAL", hasOutput: true, tags: ["load"] }
create table if not exists \${self()} (total number(38,0))
---
delete from \${self()}
---
insert into \${self()} (total) select sum(amount) from \${ref("ITEMS")}
`,
}

/** Opens the small project. */
export function openSmall(): Promise<World> {
  return makeWorld(SMALL)
}

/** A file with one row for each amount; its id is the amount, or 0. */
export const file = (name: string, ...amounts: readonly (number | null)[]): StagedFile => ({
  path: `items/${name}.parquet`,
  sql: `select coalesce(amount, 0)::integer as id, amount::integer as amount from (values ${amounts.map(amount => `(${amount})`).join(', ')}) v (amount)`,
  says: ['rows', 'bytes'],
})

/** What happens where these files come. */
export const files = (...staged: readonly StagedFile[]): Event => ({ title: 'files', files: staged, hasManifest: true })
