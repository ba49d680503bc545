import { describe, expect, test } from 'vitest'
import { errorsOf } from './project.ts'

const view = (query: string): string => `config { type: "view" }\n\n${query}\n`
const from = (...refs: readonly string[]): string =>
  view(`select 1 from\n${refs.map(ref => `\${ref(${ref})}`).join(',\n')}`)
const scd2 = (...keys: readonly string[]): string => `config {\n  type: "scd2",\n${keys.join(',\n')}\n}\nselect 1\n`
const REMOVE = '\n  = help: remove one of the refs'
const RENAME = '\n  = help: rename one of the two'

describe('cycles', () => {
  test('F93: a cycle is named in full with the file and line of one of its refs', async () => {
    const errors = await errorsOf({
      'definitions/One.sqlx': from('"Two"'),
      'definitions/Two.sqlx': from('"apart"', '"Three"'),
      'definitions/Three.sqlx': from('"One"'),
      'definitions/apart.sqlx': view('select 1'),
      'definitions/enters.sqlx': from('"One"'),
      'definitions/itself.sqlx': from('"itself"'),
      'definitions/x.js': `publish('x1').query(ctx => \`select * from \${ctx.ref('x2')}\`)\n
publish('x2').query(ctx => \`select * from \${ctx.ref('x1')}\`)\n`,
    })
    expect(errors).toEqual([
      `definitions/One.sqlx:4: these actions depend on each other: S.ONE → S.TWO → S.THREE → S.ONE${REMOVE}`,
      `definitions/itself.sqlx:4: these actions depend on each other: S.ITSELF → S.ITSELF${REMOVE}`,
      `definitions/x.js:1: these actions depend on each other: S.X1 → S.X2 → S.X1${REMOVE}`,
    ])
  })

  test('F93: a cycle is told beside a config of ours that is wrong', async () => {
    const errors = await errorsOf({
      'definitions/a.sqlx': from('"b"'),
      'definitions/b.sqlx': from('"a"'),
      'definitions/c.sqlx': scd2('  key: "k"', '  tracked: ["a"]'),
    })
    expect(errors.map(error => error.split(':')[0])).toEqual(['definitions/a.sqlx', 'definitions/c.sqlx'])
  })
})

describe('refs that could mean several actions', () => {
  test('F93: an ambiguous ref lists its candidates', async () => {
    const errors = await errorsOf({
      'definitions/am1.sqlx': 'config { type: "view", name: "am", schema: "S1" }\nselect 1\n',
      'definitions/am2.sqlx': 'config { type: "view", name: "am", schema: "S2" }\nselect 1\n',
      'definitions/of.sqlx': from('"am"', '"S1", "am"'),
      'definitions/test.sqlx': 'config {\n  type: "test",\n  dataset: "am"\n}\nselect 1\n',
      'definitions/unknown.sqlx': scd2('  key: "k"', '  businessDate: "d"', '  tracked: ["a"]', '  unknownKeys: "am"'),
    })
    expect(errors).toEqual([
      'definitions/of.sqlx:4: ref am is ambiguous: S1.am, S2.am\n  = help: name its schema too: ref("schema", "name")',
      'definitions/test.sqlx:3: am is ambiguous: S1.am, S2.am\n  = help: name its schema too',
      'definitions/unknown.sqlx:6: am is ambiguous: S1.am, S2.am\n  = help: name its schema too',
    ])
  })
})

describe('names that are used twice', () => {
  test('F93: a name used twice is told at its second place with the first, without refs to it and inline assertions', async () => {
    const errors = await errorsOf({
      'definitions/one.sqlx':
        'config {\n  type: "view",\n  name: "twice",\n  assertions: { nonNull: ["a"] }\n}\nselect 1\n',
      'definitions/two.sqlx':
        '-- a comment\nconfig {\n  type: "view",\n  name: "twice",\n  assertions: { nonNull: ["a"] }\n}\nselect 2\n',
      'definitions/of.sqlx': from('"twice"'),
      'definitions/script.js': `publish('both', 'select 1')\n\npublish('both', 'select 2')\n`,
      'definitions/case1.sqlx': 'config { type: "view", name: "lower" }\nselect 1\n',
      'definitions/case2.sqlx': 'config { type: "view", name: "LOWER" }\nselect 1\n',
    })
    expect(errors).toEqual([
      `definitions/case2.sqlx:1: S.LOWER is defined twice, first in definitions/case1.sqlx:1${RENAME}`,
      `definitions/script.js:3: S.both is defined twice, first in definitions/script.js:1${RENAME}`,
      `definitions/two.sqlx:2: S.twice is defined twice, first in definitions/one.sqlx:1${RENAME}`,
    ])
  })
})

describe('what follows from a broken file', () => {
  test('F93: what follows from a broken file is not told: refs to it, uses of it, tests of it', async () => {
    const errors = await errorsOf({
      'definitions/broken.sqlx': 'config {\n  typ: "table" }\nselect 1\n',
      'definitions/renamed.sqlx': 'config {\n  name: "other_name",\n  type: }\nselect 1\n',
      'definitions/broken.js': `publish('scripted')\nconst = 3\n`,
      'definitions/actions.yaml': 'actions:\n  - table:\n      filename: listed.sql\n      nonsense: 1\n',
      'definitions/listed.sql': 'select 1\n',
      'includes/h.js': 'throw new Error("why")\n',
      'definitions/sqlx.sqlx': from('"broken"', '"other_name"', '"scripted"', '"listed"'),
      'definitions/include.sqlx': view(`select \${h.x}`),
      'definitions/include.js': `publish(h.x)\npublish('after_include')\n`,
      'definitions/of_include.sqlx': from('"after_include"'),
      'definitions/test.sqlx': 'config { type: "test", dataset: "broken" }\nselect 1\n',
      'definitions/unknown.sqlx': scd2(
        '  key: "k"',
        '  businessDate: "d"',
        '  tracked: ["a"]',
        '  unknownKeys: "broken"',
      ),
    })
    expect(errors).toEqual([
      'definitions/actions.yaml:4: unknown key "nonsense"\n  = help: see the config reference for the keys that this type of action takes',
      "definitions/broken.js:2: Unexpected token '='",
      'definitions/broken.sqlx:2: unknown key "typ"\n  = help: did you mean type?',
      "definitions/renamed.sqlx:3: Unexpected token '}'",
      'includes/h.js:1: why',
    ])
  })

  test('F93: a ref that no broken file could answer is told beside it', async () => {
    const errors = await errorsOf({
      'definitions/broken.js': `const x = ctx => ctx.ref('gone')\nconst = 3\n`,
      'definitions/other.sqlx': from('"gone"'),
    })
    expect(errors).toEqual([
      "definitions/broken.js:2: Unexpected token '='",
      'definitions/other.sqlx:4: ref gone names no action of this project\n  = help: declare it, or correct the name',
    ])
  })
})

describe('keys of our own', () => {
  const typed = '{ a: { type: "DATE" } }'
  test('of an scd2 and a copy: each that is missing or wrong is told', async () => {
    const errors = await errorsOf({
      'definitions/empty.sqlx': scd2(),
      'definitions/overlap.sqlx': scd2(
        '  key: "k"',
        '  businessDate: "d"',
        '  tracked: ["a", "b"]',
        '  untracked: ["c", "B"]',
      ),
      'definitions/key_tracked.sqlx': scd2('  key: "k"', '  businessDate: "d"', '  tracked: ["K"]'),
      'definitions/values.sqlx': scd2(
        '  key: ["k"]',
        '  businessDate: "d"',
        '  tracked: "a"',
        '  openStart: "yes"',
        '  unknownMember: { a: 1 }',
      ),
      'definitions/typo.sqlx': scd2('  key: "k"', '  businessDate: "d"', '  traked: ["a"]'),
      'definitions/keys.sqlx': scd2('  key: "k"', '  businessDate: "d"', '  tracked: ["a"]', '  unknownKeys: "emty"'),
      'definitions/no_keys.sqlx': 'config {\n  type: "copy"\n}\n',
      'definitions/no_stage.sqlx': `config {\n  type: "copy",\n  from: "lake/orders",\n  fileFormat: { type: "XML" },\n  columns: ${typed}\n}\n`,
      'definitions/nested.sqlx': `config {\n  type: "copy",\n  from: "@A.B.C/x/",\n  fileFormat: { type: "CSV", options: { SKIP_HEADER: 1 } },\n  columns: ${typed}\n}\n`,
      'definitions/untyped.sqlx': `config {\n  type: "copy",\n  from: "@A.B.C/x/",\n  fileFormat: { type: "CSV" },\n  columns: {\n    a: "words",\n    b: { description: "words" },\n    c: { type: "DATE" }\n  }\n}\n`,
    })
    const once = 'a column of an scd2 is its key, tracked or untracked: one of them, once'
    expect(errors).toEqual([
      'definitions/empty.sqlx:2 (empty): scd2: a scd2 needs businessDate',
      'definitions/empty.sqlx:2 (empty): scd2: a scd2 needs key',
      'definitions/empty.sqlx:2 (empty): scd2: a scd2 needs tracked',
      `definitions/key_tracked.sqlx:5 (key_tracked): K: ${once}`,
      'definitions/keys.sqlx:6: emty names no action of this project\n  = help: did you mean empty?',
      'definitions/nested.sqlx:4 (nested): fileFormat.options: must be a text, a number or true or false, as Snowflake spells the option',
      'definitions/no_keys.sqlx:2 (no_keys): copy: a copy needs columns',
      'definitions/no_keys.sqlx:2 (no_keys): copy: a copy needs fileFormat',
      'definitions/no_keys.sqlx:2 (no_keys): copy: a copy needs from',
      'definitions/no_stage.sqlx:3 (no_stage): from: must look like @DATABASE.SCHEMA.STAGE/path/',
      'definitions/no_stage.sqlx:4 (no_stage): fileFormat.type: must be "PARQUET", "CSV" or "JSON"',
      `definitions/overlap.sqlx:6 (overlap): B: ${once}`,
      'definitions/typo.sqlx:5: unknown key "traked"\n  = help: did you mean tracked, untracked?',
      'definitions/untyped.sqlx:6 (untyped): a: a column of a copy needs a type',
      'definitions/untyped.sqlx:7 (untyped): b: a column of a copy needs a type',
      'definitions/values.sqlx:3 (values): key: must be a string',
      'definitions/values.sqlx:5 (values): tracked: must be a list of strings',
      'definitions/values.sqlx:6 (values): openStart: must be true or false',
      'definitions/values.sqlx:7 (values): unknownMember.a: must be a string',
    ])
  })

  test('of unit tests', async () => {
    const errors = await errorsOf({
      'definitions/a.sqlx': view('select 1'),
      'definitions/no_dataset.sqlx': 'config { type: "test" }\nselect 1\n',
      'definitions/dataset.sqlx': 'config {\n  type: "test",\n  dataset: "aa"\n}\nselect 1\n',
      'definitions/input.sqlx': 'config { type: "test", dataset: "a" }\ninput "gone" {\n  select 1\n}\nselect 1\n',
      'definitions/with_ref.sqlx': `config { type: "test", dataset: "a" }\n\nselect 1 from\n  \${ref("a")}\n`,
    })
    expect(errors).toEqual([
      'definitions/dataset.sqlx:3: aa names no action of this project\n  = help: did you mean a?',
      'definitions/input.sqlx:2: gone names no action of this project\n  = help: declare it, or correct the name',
      'definitions/no_dataset.sqlx:1: the test no_dataset names no dataset\n  = help: say with dataset which action it tests',
      'definitions/with_ref.sqlx:4: a unit test gives rows of its own: ref, resolve and self mean nothing in it',
    ])
  })
})
