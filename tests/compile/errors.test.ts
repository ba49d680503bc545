import { describe, expect, test } from 'vitest'
import { errorsOf } from './project.ts'

/** Errors that stand side by side in one project; each file is told once, at its line, and hides no other one. */
const FAULTS: Readonly<Record<string, { readonly text: string; readonly told: readonly string[] }>> = {
  'definitions/known.sqlx': { text: 'config { type: "table" }\nselect 1 as id\n', told: [] },
  'definitions/other/known.sqlx': { text: 'config { type: "table", schema: "T" }\nselect 1 as id\n', told: [] },
  'definitions/config_syntax.sqlx': {
    text: 'config {\n  type: "table",\n  tags: [\n}\nselect 1\n',
    told: ["4: Unexpected token '}'"],
  },
  'definitions/config_open.sqlx': {
    text: 'config {\n  type: "table"\nselect 1\n',
    told: ["3: Unexpected identifier 'select'"],
  },
  'definitions/block_open.sqlx': {
    text: `config { type: "table" }\n\nselect 1\npre_operations {\n  delete from \${self()}\n`,
    told: ['4: this block has no end\n  = help: close it with }'],
  },
  'definitions/block_swallows.sqlx': {
    text: 'config { type: "table" }\npre_operations {\n  delete from x\n\nselect 1\npost_operations { select 2 }\n',
    told: ['2: this block has no end\n  = help: close it with }'],
  },
  'definitions/js_block.sqlx': {
    text: `config { type: "table" }\njs {\n  const a = 1\n  const = 2\n}\nselect \${a}\n`,
    told: ["4: Unexpected token '='"],
  },
  'definitions/template.sqlx': {
    text: `config { type: "table" }\n\nselect 1,\n  \${nothing.at_all} as b\n`,
    told: ['4: nothing is not defined'],
  },
  'definitions/syntax.js': { text: 'publish("from_script")\nconst = 3\n', told: ["2: Unexpected token '='"] },
  'definitions/thrown.js': { text: '\n\nthrow new Error("my own words")\n', told: ['3: my own words'] },
  'definitions/thrown_null.js': { text: '\nthrow null\n', told: ['1: null was thrown'] },
  'definitions/missing_include.js': {
    text: '\nconst x = require("includes/gone")\n',
    told: ["2: Cannot find module 'includes/gone'"],
  },
  'includes/broken_include.js': { text: 'const a = 1\nthrow new Error("inside")\n', told: ['2: inside'] },
  'definitions/of_broken_include.sqlx': { text: `select \${broken_include.x}\n`, told: [] },
  'includes/helper.js': {
    text: 'const f = () => {\n  throw new Error("refused")\n}\nmodule.exports = { f }\n',
    told: [],
  },
  'definitions/of_helper.sqlx': {
    text: `\nselect 1,\n  \${helper.f()}\n`,
    told: ['3: refused (in includes/helper.js:2)'],
  },
  'definitions/unknown_key.sqlx': {
    text: 'config {\n  description: "no tegs here",\n  type: "table",\n  tegs: ["a"]\n}\nselect 1\n',
    told: ['4: unknown key "tegs"\n  = help: did you mean tags?'],
  },
  'definitions/wrong_value.sqlx': {
    text: 'config {\n  type: "table",\n  tags: 3\n}\nselect 1\n',
    told: [
      '3: the key "tags" does not belong here, or its value has the wrong type\n  = help: see the config reference for the keys that this type of action takes',
    ],
  },
  'definitions/wrong_name.sqlx': {
    text: 'config {\n  type: "table",\n  name: 3\n}\nselect 1\n',
    told: ['3: "name" must be a string'],
  },
  'definitions/type_typo.sqlx': {
    text: 'config {\n  type: "declaraton",\n  name: "z"\n}\n',
    told: ['2: unknown type "declaraton"\n  = help: did you mean declaration?'],
  },
  'definitions/type_inherited.sqlx': {
    text: 'config {\n  type: "constructor"\n}\nselect 1\n',
    told: [
      '2: unknown type "constructor"\n  = help: the types are table, view, incremental, scd2, copy, assertion, operations, declaration, test',
    ],
  },
  'definitions/type_typo.js': {
    text: '\npublish("t", { type: "tabel" })\n',
    told: ['2: unknown type "tabel"\n  = help: did you mean table?'],
  },
  'definitions/big_query.sqlx': {
    text: 'config {\n  type: "dataPreparation"\n}\n',
    told: ['2: "dataPreparation" is a type of action for BigQuery alone'],
  },
  'definitions/unknown_ref.sqlx': {
    text: `config { type: "view" }\n\nselect * from \${ref("knwon")}, \${ref("knwon")}\n`,
    told: ['3: ref knwon names no action of this project\n  = help: did you mean known?'],
  },
  'definitions/unknown_schema.sqlx': {
    text: `config { type: "view" }\nselect * from \${ref("U", "known")}\n`,
    told: ['2: ref U.known names no action of this project\n  = help: did you mean known?'],
  },
  'definitions/unknown_dependency.sqlx': {
    text: 'config {\n  type: "view",\n  dependencies: ["nowhere_at_all"]\n}\nselect 1\n',
    told: ['3: ref nowhere_at_all names no action of this project\n  = help: declare it, or correct the name'],
  },
  'definitions/no_output.sqlx': { text: 'delete from x\n', told: [] },
  'definitions/of_no_output.sqlx': {
    text: `config { type: "view" }\nselect * from \${ref("no_output")}\n`,
    told: ['2: Actions cannot resolve operations which do not produce output.'],
  },
  'definitions/semicolon.sqlx': {
    text: 'config { type: "view" }\n\nselect 1\n  as a;\n\n',
    told: [
      '4 (S.SEMICOLON): a query must not end with a semicolon\n  = help: remove the semicolon; a query is wrapped into a larger statement',
    ],
  },
  'definitions/semicolon_later.sqlx': {
    text: `config { type: "incremental" }\nselect 1 as a\n\${when(incremental(), "where 1 = 1;")}\n`,
    told: [
      '3 (S.SEMICOLON_LATER): a query must not end with a semicolon\n  = help: remove the semicolon; a query is wrapped into a larger statement',
    ],
  },
  'definitions/two_statements.sqlx': {
    text: 'config { type: "table" }\nselect 1\n---\nselect 2\n',
    told: ["1: Actions may only contain more than one SQL statement if they are of type 'operations'."],
  },
  'definitions/schema_change.sqlx': {
    text: 'config {\n  type: "incremental",\n  onSchemaChange: "MAYBE"\n}\nselect 1\n',
    told: ['3: OnSchemaChange value "MAYBE" is not supported'],
  },
  'definitions/snowflake_key.sqlx': {
    text: 'config {\n  type: "table",\n  snowflake: { clusterby: ["a"] }\n}\nselect 1\n',
    told: ['3 (snowflake_key): snowflake.clusterby: is no key of this config'],
  },
  'definitions/engines.sqlx': {
    text: 'config {\n  type: "table",\n  engines: ["duckdb", "mysql"]\n}\nselect 1\n',
    told: ['3 (engines): engines.1: must be "duckdb" or "snowflake"'],
  },
  'definitions/severity.sqlx': {
    text: 'config {\n  type: "assertion",\n  severity: "bad",\n  of: "nowhere_at_all"\n}\nselect 1\n',
    told: ['3 (severity): severity: must be "error" or "warn"'],
  },
  'definitions/actions.yaml': {
    text: 'actions:\n  - table:\n      filename: listed.sql\n  - view:\n      filename: listed.sql\n      nonsense: 3\n',
    told: ['6: unknown key "nonsense"\n  = help: see the config reference for the keys that this type of action takes'],
  },
  'definitions/listed.sql': { text: 'select 1\n', told: [] },
  'definitions/more/actions.yaml': {
    text: 'actions:\n  - tabel:\n      filename: listed.sql\n',
    told: ['2: "tabel" is no type of action of an actions.yaml\n  = help: did you mean table?'],
  },
  'definitions/most/actions.yaml': {
    text: 'actions:\n  - table:\n      filename: gone.sql\n',
    told: ["3: Cannot find module 'definitions/most/gone.sql'"],
  },
  'definitions/syntax/actions.yaml': {
    text: 'actions:\n  - table: {\n      filename: a.sql\n',
    told: ['4: Flow map in block collection must be sufficiently indented and end with a }'],
  },
  'definitions/empty/actions.yaml': {
    text: '',
    told: ['1: an actions.yaml holds a list of actions\n  = help: begin it with actions:'],
  },
}

describe('every error of a project is told at once', () => {
  const expected = Object.entries(FAULTS).flatMap(([file, { told }]) => told.map(text => `${file}:${text}`))

  test('F93: malformed files: each error once, with its file and line', async () => {
    const files = Object.fromEntries(Object.entries(FAULTS).map(([file, { text }]) => [file, text]))
    expect(await errorsOf(files)).toEqual([...expected].sort())
  })
})
