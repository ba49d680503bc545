import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { plan } from '../../../src/plan/plan.ts'
import { copy as copyAction, OPTIONS, t } from '../../plan/fixtures.ts'
import { never, statement, step, userError } from '../world.ts'
import { type Account, openAccount } from './account.ts'
import { copied, deleted, failure, inserted, table, updated } from './wire-answers.ts'

let account: Account
beforeEach(async () => {
  account = await openAccount()
})
afterEach(() => account.close())

const TARGET = t('T', 'STAGING')
const KEY = "'TELCO_DB.STAGING.T'"
const HISTORY = 'TELCO_DB.DATAFORM.LOAD_HISTORY'
const FORMAT = 'file_format = (type = CSV)'
const READ_HISTORY = `select file, consumed from ${HISTORY} where relation = ${KEY}`
const MANIFEST = `select typeof(m.$1:files), f.index, f.value:path::varchar, f.value:rows::number, f.value:bytes::number
from @TELCO_DB.STAGING.LAKE/manifest.json (file_format => 'TELCO_DB.DATAFORM.MANIFEST') m, lateral flatten(input => m.$1:files, outer => true) f
where metadata$filename = 'manifest.json' or endswith(metadata$filename, '/manifest.json')`
const INSERT_HISTORY = `insert into ${HISTORY} (relation, file, size_bytes, modified, row_count, loaded_at, consumed) select * from values`

const said = () => account.server.statements()
const say: Account['server']['on'] = (match, ...answers) => account.server.on(match, ...answers)
const load = (rest: string, manifest?: string) =>
  account.engine.run(
    step([{ ...statement(`copy into TELCO_DB.STAGING.T\nfrom ${rest}`, 'copy'), manifest }], {
      target: TARGET,
      writes: [TARGET],
    }),
    never,
  )
/** What the history says of files: whether each was consumed. */
const history = (files: Readonly<Record<string, boolean>>) =>
  say(READ_HISTORY, {
    columns: [
      { name: 'FILE', type: 'text' },
      { name: 'CONSUMED', type: 'boolean' },
    ],
    rows: Object.entries(files).map(([file, isConsumed]) => [file, isConsumed ? '1' : '0']),
  })
/** What the manifest lists: paths and their rows. */
const manifest = (files: Readonly<Record<string, number | null>>) =>
  say(
    MANIFEST,
    table(
      ['TYPE', 'INDEX', 'PATH', 'ROWS', 'BYTES'],
      ...Object.entries(files).map(([path, rows], index) => [
        'ARRAY',
        String(index),
        path,
        rows === null ? null : String(rows),
        '10',
      ]),
    ),
  )
const writes = () => {
  say(/^delete/, deleted(0))
  say(/^insert/, inserted(1))
}

describe('a copy by a manifest', () => {
  test('F62 loads the files that the history lacks, in place of the rows there were, and records them', async () => {
    history({ 'c/1.csv': true })
    manifest({ 'c/1.csv': 5, 'c/2.csv': 2, "c/it's.csv": 1, 'other/3.csv': 9 })
    writes()
    say(/^copy/, copied({ 'c/2.csv': 2, "c/it's.csv": 1 }))
    const { rows, executed } = await load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json')
    const copyInto = `copy into TELCO_DB.STAGING.T
from @TELCO_DB.STAGING.LAKE/c/
${FORMAT}
files = ('2.csv', 'it''s.csv')
force = true`
    expect(said()).toEqual([
      'begin',
      READ_HISTORY,
      MANIFEST,
      'delete from TELCO_DB.STAGING.T',
      copyInto,
      `delete from ${HISTORY} where relation = ${KEY} and not consumed`,
      `${INSERT_HISTORY} (${KEY}, 'c/2.csv', 10, '', 2, sysdate(), false), (${KEY}, 'c/it''s.csv', 10, '', 1, sysdate(), false)`,
      'commit',
    ])
    expect(rows).toBe(3)
    expect(executed).toEqual(['delete from TELCO_DB.STAGING.T', copyInto])
  })

  test('loads files again whose rows nobody has used, together with new ones', async () => {
    history({ 'c/1.csv': false, 'c/0.csv': true })
    manifest({ 'c/0.csv': 1, 'c/1.csv': 1, 'c/2.csv': 1 })
    writes()
    say(/^copy/, copied({ 'c/1.csv': 1, 'c/2.csv': 1 }))
    await load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json')
    expect(said().find(sql => sql.startsWith('copy'))).toContain("files = ('1.csv', '2.csv')")
  })

  test('does nothing where every file was consumed', async () => {
    history({ 'c/1.csv': true })
    manifest({ 'c/1.csv': 1 })
    expect((await load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json')).rows).toBe(0)
    expect(said()).toEqual(['begin', READ_HISTORY, MANIFEST, 'commit'])
  })

  test('does nothing where all its rows wait in the table already, and loads them where the table was made anew', async () => {
    history({ 'c/1.csv': false })
    manifest({ 'c/1.csv': 1 })
    writes()
    say(/^copy/, copied({ 'c/1.csv': 1 }))
    say('select 1 from TELCO_DB.STAGING.T limit 1', table(['1'], ['1']), table(['1']))
    const from = `@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`
    expect((await load(from, 'manifest.json')).rows).toBe(0)
    expect((await load(from, 'manifest.json')).rows).toBe(1)
  })

  test('F60 is a no-op where there is no manifest yet, and where it lists no file', async () => {
    history({})
    say(MANIFEST, table(['TYPE', 'INDEX', 'PATH', 'ROWS', 'BYTES']))
    expect((await load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json')).rows).toBe(0)
    expect(said()).toEqual(['begin', READ_HISTORY, MANIFEST, 'commit'])
  })

  test('F60 is a no-op where the manifest lists no file', async () => {
    history({})
    say(MANIFEST, table(['TYPE', 'INDEX', 'PATH', 'ROWS', 'BYTES'], ['ARRAY', null, null, null, null]))
    expect((await load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json')).rows).toBe(0)
  })

  test.each([
    ['has no list', [null, null, null, null, null]],
    ['has an entry without a path', ['ARRAY', '0', null, '1', '1']],
  ])('F61 fails where the manifest %s, before anything is deleted', async (_name, row) => {
    history({})
    say(MANIFEST, table(['TYPE', 'INDEX', 'PATH', 'ROWS', 'BYTES'], row))
    const error = await userError(load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json'))
    expect(error.message).toBe('this manifest is no list of files')
    expect(error.place.file).toBe('@TELCO_DB.STAGING.LAKE/manifest.json')
    expect(said()).toEqual(['begin', READ_HISTORY, MANIFEST, 'rollback'])
  })

  test('F61 rolls back where other rows were loaded than the manifest counts', async () => {
    history({})
    manifest({ 'c/1.csv': 5 })
    writes()
    say(/^copy/, copied({ 'c/1.csv': 4 }))
    const error = await userError(load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json'))
    expect(error.message).toContain('expected 5 rows, found 4')
    expect(said().at(-1)).toBe('rollback')
    expect(said().some(sql => sql.startsWith('insert'))).toBe(false)
  })

  test('a COPY that fails is told at the line of its action and rolled back', async () => {
    history({})
    manifest({ 'c/1.csv': 1 })
    writes()
    say(/^copy/, failure("Remote file 's3://lake/prod/c/1.csv' was not found.", '091016', '22000'))
    const error = await userError(load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json'))
    expect(error.place).toMatchObject({ file: 'definitions/model.sqlx', line: 10 })
    expect(said().at(-1)).toBe('rollback')
  })

  test('is the one that was read first for all copies of a run', async () => {
    history({ 'c/1.csv': true })
    manifest({ 'c/1.csv': 1 })
    await load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json')
    await load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json')
    expect(said().filter(sql => sql === MANIFEST)).toHaveLength(1)
  })

  test('that could not be read is read again', async () => {
    history({ 'c/1.csv': true })
    say(
      MANIFEST,
      failure('Error parsing JSON', '100069', '22P02'),
      table(['TYPE', 'INDEX', 'PATH', 'ROWS', 'BYTES'], ['ARRAY', '0', 'c/1.csv', '1', '1']),
    )
    await userError(load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json'))
    expect((await load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json')).rows).toBe(0)
  })

  test('of 2,500 files takes three statements, and records a thousand at a time', async () => {
    const names = Array.from({ length: 2500 }, (_, index) => `c/${String(index).padStart(4, '0')}.csv`)
    history({})
    manifest(Object.fromEntries(names.map(name => [name, 1])))
    writes()
    const part = (from: number) => copied(Object.fromEntries(names.slice(from, from + 1000).map(name => [name, 1])))
    say(/^copy/, part(0), part(1000), part(2000))
    expect((await load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`, 'manifest.json')).rows).toBe(2500)
    const count = (sql: string): number => sql.match(/\.csv'/g)?.length ?? 0
    const copies = said().filter(sql => sql.startsWith('copy'))
    expect(copies.map(count)).toEqual([1000, 1000, 500])
    expect(copies[1]).toContain("files = ('1000.csv', '1001.csv',")
    expect(
      said()
        .filter(sql => sql.startsWith('insert'))
        .map(count),
    ).toEqual([1000, 1000, 500])
    expect(said().filter(sql => sql === 'delete from TELCO_DB.STAGING.T')).toHaveLength(1)
  })
})

describe('a copy that lists its stage', () => {
  const list = (...names: readonly string[]) =>
    say(
      /^list/,
      table(['name', 'size', 'md5', 'last_modified'], ...names.map(name => [name, '7', 'x', 'Mon, 1 Jan 2024'])),
    )
  const stageAt = (url: string | null) =>
    say(
      'describe stage TELCO_DB.STAGING.LAKE',
      table(
        ['parent_property', 'property', 'property_type', 'property_value', 'property_default'],
        ['STAGE_LOCATION', 'URL', 'String', url, ''],
      ),
    )

  test.each([
    ['an external stage', '["s3://bucket/prod/"]', 's3://bucket/prod/'],
    ['an external stage whose address has no slash at its end', '["s3://bucket/prod"]', 's3://bucket/prod/'],
    ['an internal stage', '', 'lake/'],
  ])('knows the paths below %s', async (_name, url, base) => {
    history({})
    stageAt(url)
    list(`${base}c/2024/1.csv`)
    writes()
    say(/^copy/, copied({ 'c/2024/1.csv': 3 }, base))
    expect((await load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}`)).rows).toBe(3)
    expect(said()).toContain('list @TELCO_DB.STAGING.LAKE/c/')
    expect(said().find(sql => sql.startsWith('copy'))).toContain("files = ('2024/1.csv')")
    expect(said().find(sql => sql.startsWith('insert'))).toContain(
      `(${KEY}, 'c/2024/1.csv', 7, 'Mon, 1 Jan 2024', 3, sysdate(), false)`,
    )
  })

  test('takes what PATTERN matches, which is not sent beside FILES', async () => {
    history({})
    stageAt(null)
    list('lake/c/1.csv', 'lake/c/2.txt', 'lake/c/3.csv')
    writes()
    say(/^copy/, copied({ 'c/1.csv': 1, 'c/3.csv': 1 }, 'lake/'))
    await load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}\npattern = '.*\\\\.csv'`)
    const sent = said().find(sql => sql.startsWith('copy')) ?? ''
    expect(sent).toContain("files = ('1.csv', '3.csv')")
    expect(sent).not.toMatch(/pattern/)
  })

  test('a PATTERN that is none is told', async () => {
    history({})
    const error = await userError(load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}\npattern = '('`))
    expect(error.message).toBe('this PATTERN is no regular expression: (')
  })

  test('FILES that are not in the stage are told by their names', async () => {
    history({})
    stageAt(null)
    list('lake/c/1.csv')
    const error = await userError(load(`@TELCO_DB.STAGING.LAKE/c/\n${FORMAT}\nfiles = ('1.csv', 'no.csv')`))
    expect(error.message).toBe('FILES names what is not in the stage: c/no.csv')
  })

  test('FORCE loads what was consumed as well, and replaces what the history says of it', async () => {
    history({ 'c/1.csv': true })
    stageAt(null)
    list('lake/c/1.csv')
    writes()
    say(/^copy/, copied({ 'c/1.csv': 1 }, 'lake/'))
    expect((await load(`@TELCO_DB.STAGING.LAKE/c/\nforce = true\n${FORMAT}`)).rows).toBe(1)
    expect(said()).toContain(`delete from ${HISTORY} where relation = ${KEY} and file in ('c/1.csv')`)
    expect(
      said()
        .find(sql => sql.startsWith('copy'))
        ?.match(/force/g),
    ).toHaveLength(1)
  })

  test('a path that is the beginning of names is no folder of theirs', async () => {
    history({})
    stageAt(null)
    list('lake/c/day-1.csv', 'lake/c/day-2.csv')
    writes()
    say(/^copy/, copied({ 'c/day-1.csv': 1, 'c/day-2.csv': 1 }, 'lake/'))
    await load(`@TELCO_DB.STAGING.LAKE/c/day\n${FORMAT}`)
    expect(said().find(sql => sql.startsWith('copy'))).toContain(
      "from @TELCO_DB.STAGING.LAKE/c/\nfile_format = (type = CSV)\nfiles = ('day-1.csv', 'day-2.csv')",
    )
  })
})

test('the COPY INTO of a plan is understood as it is written', async () => {
  const made = plan([copyAction()], { relations: new Map(), schemas: new Set() }, { ...OPTIONS, engine: 'snowflake' })
  const [only] = made.steps
  if (only === undefined) throw new Error('no step')
  say(/^(create|comment|drop)/, inserted(0))
  say(/^select file, consumed/, table(['FILE', 'CONSUMED']))
  say(/^(describe|list)/, table(['name', 'property', 'property_value']))
  say(/^select typeof/, table(['TYPE', 'INDEX', 'PATH', 'ROWS', 'BYTES']))
  say(/^merge/, updated(0))
  expect((await account.engine.run(only, never)).rows).toBe(0)
})

test('a statement of kind copy that is none is told', async () => {
  const text = { sql: 'copy into T from (select 1)', file: 'definitions/x.sqlx', line: 4 }
  const error = await userError(account.engine.run(step([{ kind: 'copy', text }]), never))
  expect(error).toMatchObject({
    message: 'this is no COPY INTO a table from a stage',
    place: { file: 'definitions/x.sqlx', line: 4 },
  })
})

test('a COPY INTO of another kind is sent as it is written', async () => {
  say('copy into T from @S', copied({ a: 2, b: 3 }))
  expect((await account.engine.run(step([statement('copy into T from @S', 'write')]), never)).rows).toBe(5)
})

test('a confirmation marks the files of its copies', async () => {
  say(/^update/, updated(2))
  await account.engine.confirm([TARGET, t('U', 'STAGING')])
  expect(said()).toEqual([
    `update ${HISTORY} set consumed = true where relation = ${KEY} and not consumed`,
    `update ${HISTORY} set consumed = true where relation = 'TELCO_DB.STAGING.U' and not consumed`,
  ])
})
