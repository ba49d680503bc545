import { join } from 'node:path'
import { contents, SETTINGS } from '../run/project.ts'

/** A project with one of every kind that needs no stage. `lowest` makes FLOOR fail, `expected` the unit test. */
export const files = {
  'dataform.json': JSON.stringify({ ...SETTINGS, vars: { lowest: '0', expected: '3' } }),
  'definitions/orders.sqlx': `config {
  type: "table", name: "ORDERS", tags: ["daily", "core"], description: "What was sold",
  assertions: { uniqueKey: ["ID"] }
}
js { console.log("said by the project") }
select id, amount, amount / 4 as quarter from (values (1, 10), (2, 20), (3, 30)) as t (id, amount)`,
  'definitions/totals.sqlx': `config { type: "view", schema: "MART", name: "TOTALS", tags: ["daily"] }
select sum(amount) as total, div0(sum(amount), count(*)) as mean from \${ref("ORDERS")}`,
  'definitions/journal.sqlx': `config { type: "incremental", name: "JOURNAL" }
select id, amount from \${ref("ORDERS")}
\${when(incremental(), \`where id > (select max(id) from \${self()})\`)}`,
  'definitions/stamp.sqlx': `config { type: "operations", name: "STAMP", hasOutput: true }
create or replace table \${self()} (word varchar)
---
insert into \${self()} (word) values ('stamped')`,
  'definitions/watch.sqlx': `config { type: "assertion", name: "WATCH", severity: "warn" }
select id from \${ref("ORDERS")} where amount > 15`,
  'definitions/floor.sqlx': `config { type: "assertion", name: "FLOOR" }
select id from \${ref("ORDERS")} where amount < \${dataform.projectConfig.vars.lowest}`,
  'definitions/lonely.sqlx': `config { type: "table", name: "LONELY" }
select 1 as id`,
  'definitions/totals_test.sqlx': `config { type: "test", name: "totals add up", dataset: "TOTALS" }
input "ORDERS" { select 1 as id, 1 as amount union all select 2, 2 }
select \${dataform.projectConfig.vars.expected} as total, 1.5 as mean`,
}

/** What a project's own warehouse holds. */
export const stored = (folder: string) =>
  contents(join(folder, '.local', 'warehouse'), 'DEMO', ['DW', 'MART', 'CHECKS'])

export interface DryStep {
  readonly name: string
  readonly statements: readonly { readonly sql: string; readonly executed: string }[]
}
