import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openScratch } from '../helpers/scratch.ts'
import { t } from '../plan/fixtures.ts'
import { never, openWorld, PARQUET, read, STAGE, statement, step, TARGET, userError, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  rmSync(world.stage, { recursive: true, force: true })
  mkdirSync(world.stage)
  await world.setup(
    'delete from TELCO_DB.DATAFORM.LOAD_HISTORY',
    'create or replace table TELCO_DB.STAGING.T (ID number(10,0), NAME varchar)',
  )
})

/** A COPY INTO of the table T; `rest` comes after FROM. */
const copyOf = (rest: string, manifest?: string) => ({
  ...statement(`copy into TELCO_DB.STAGING.T\nfrom ${rest}`, 'copy'),
  manifest,
})
const load = async (rest = `@${STAGE} ${PARQUET}`, manifest?: string): Promise<number | undefined> =>
  (await world.run([copyOf(rest, manifest)], { target: TARGET, writes: [TARGET] })).rows
const csv = (options: string, rest = 'match_by_column_name = case_insensitive') =>
  load(`@${STAGE} file_format = (type = CSV ${options}) ${rest}`)
const json = (options = '', rest = 'match_by_column_name = case_insensitive') =>
  load(`@${STAGE} file_format = (type = JSON ${options}) ${rest}`)
const table = (columns = 'ID, NAME') => world.rows(`select ${columns} from TELCO_DB.STAGING.T order by 1`)
const history = () => world.rows('select FILE, CONSUMED from TELCO_DB.DATAFORM.LOAD_HISTORY order by FILE, CONSUMED')
/** Writes a manifest under a name of its own, since an engine reads each once. */
const manifest = (...files: readonly string[]) => manifestOf(JSON.stringify({ files: files.map(path => ({ path })) }))
let manifests = 0
const manifestOf = (content: string): string => {
  const name = `manifest-${++manifests}.json`
  world.put(name, content)
  return name
}

describe('PARQUET by column names', () => {
  test('columns are matched without regard to case and order', async () => {
    await world.putParquet('a.parquet', `select 'x' as name, 1 as "Id"`)
    expect(await load()).toBe(1)
    expect(await table()).toEqual([['1', 'x']])
  })

  test('a column that a file lacks is NULL; a column that the table lacks is left out', async () => {
    await world.putParquet('a.parquet', `select 1 as id, true as extra`)
    await world.putParquet('b.parquet', `select 2 as id, 'y' as name`)
    expect(await load()).toBe(2)
    expect(await table()).toEqual([
      ['1', null],
      ['2', 'y'],
    ])
  })

  test('a column of any type may be missing in all files', async () => {
    await world.setup(
      `create or replace table TELCO_DB.STAGING.T (ID number(10,0), D date, S timestamp_ntz, B boolean, N number(10,2), V variant, F float)`,
    )
    await world.putParquet('a.parquet', 'select 1 as id')
    await load()
    expect(await table('*')).toEqual([['1', null, null, null, null, null, null]])
  })

  test('an empty text stays an empty text, and NULL stays NULL', async () => {
    await world.putParquet('a.parquet', `select 1 as id, '' as name union all select 2, null`)
    await load()
    expect(await table()).toEqual([
      ['1', ''],
      ['2', null],
    ])
  })

  test('a value that the column cannot hold fails, with the place of the COPY', async () => {
    await world.putParquet('a.parquet', `select 'many' as id`)
    const error = await userError(load())
    expect(error.message).toContain('many')
    expect(error.place).toMatchObject({ file: 'definitions/model.sqlx', line: 10, action: 'STAGING.T' })
  })

  test('a file that is no Parquet fails and is named', async () => {
    world.put('broken.parquet', 'not parquet')
    expect((await userError(load())).message).toContain('broken.parquet')
  })

  test('characters that DuckDB would take for a pattern name one file alone', async () => {
    await world.putParquet('p[1].parquet', 'select 1 as id')
    await world.putParquet('p1.parquet', 'select 2 as id')
    await world.putParquet('s*.parquet', 'select 3 as id')
    await world.putParquet('star.parquet', 'select 4 as id')
    await world.putParquet(`ünï cøde?.parquet`, 'select 5 as id')
    const list = manifest('p[1].parquet', 's*.parquet', `ünï cøde?.parquet`)
    expect(await load(undefined, list)).toBe(3)
    expect(await table('ID')).toEqual([['1'], ['3'], ['5']])
  })

  test('a text goes into a VARIANT column as a text, whatever it looks like', async () => {
    await world.setup('create or replace table TELCO_DB.STAGING.T (ID number(10,0), NAME variant)')
    await world.putParquet(
      'a.parquet',
      `select 1 as id, '{"a":1}' as name union all select 2, 'it is' union all select 3, null`,
    )
    await load()
    expect(await table()).toEqual([
      ['1', JSON.stringify('{"a":1}')],
      ['2', '"it is"'],
      ['3', null],
    ])
  })

  test('a path like year=2025/ adds no column', async () => {
    await world.setup('create or replace table TELCO_DB.STAGING.T (ID number(10,0), NAME varchar, YEAR number(4,0))')
    await world.putParquet('year=2025/a.parquet', 'select 1 as id')
    await load()
    expect(await table('ID, YEAR')).toEqual([['1', null]])
  })
})

describe('CSV', () => {
  test('with a header, by names: quotes, a doubled quote, a delimiter and a line end within quotes', async () => {
    world.put('a.csv', 'Name,id,more\n"a ""b"", c",1,x\n"two\nlines",2,y\n')
    expect(await csv(`PARSE_HEADER = TRUE FIELD_OPTIONALLY_ENCLOSED_BY = '"'`)).toBe(2)
    expect(await table()).toEqual([
      ['1', 'a "b", c'],
      ['2', 'two\nlines'],
    ])
  })

  test('by position, after the lines that SKIP_HEADER names, with another delimiter', async () => {
    world.put('a.csv', 'made by hand\nid;name\n1;a,b\n')
    expect(await csv(`SKIP_HEADER = 2 FIELD_DELIMITER = ';'`, '')).toBe(1)
    expect(await table()).toEqual([['1', 'a,b']])
  })

  test('a tab delimits', async () => {
    world.put('a.csv', '1\ta\n')
    await csv(`FIELD_DELIMITER = '\\t'`, '')
    expect(await table()).toEqual([['1', 'a']])
  })

  test('without FIELD_OPTIONALLY_ENCLOSED_BY a quote is a character like any other', async () => {
    world.put('a.csv', '1,"x"\n2,it"s\n')
    await csv('', '')
    expect(await table()).toEqual([
      ['1', '"x"'],
      ['2', 'it"s'],
    ])
  })

  test('an empty field is NULL and an enclosed empty text is a text', async () => {
    world.put('a.csv', '1,\n2,""\n')
    await csv(`FIELD_OPTIONALLY_ENCLOSED_BY = '"'`, '')
    expect(await table()).toEqual([
      ['1', null],
      ['2', ''],
    ])
  })

  test('NULL_IF takes one text or several', async () => {
    world.put('a.csv', '1,n/a\n2,NULL\n3,\n4,null\n')
    await csv(`NULL_IF = ('n/a', 'NULL')`, '')
    expect(await table()).toEqual([
      ['1', null],
      ['2', null],
      ['3', null],
      ['4', 'null'],
    ])
    await csv(`NULL_IF = 'NULL'`, 'force = true')
    expect((await table())[0]).toEqual(['1', 'n/a'])
  })

  test('a line that looks like a comment is a row', async () => {
    await world.setup('create or replace table TELCO_DB.STAGING.T (ID varchar, NAME varchar)')
    world.put('a.csv', '# one,a\n2,b\n3,c\n')
    expect(await csv('', '')).toBe(3)
  })

  test('a file of a header alone has no rows; a file without a column has NULL; other line ends are the same', async () => {
    world.put('a.csv', 'id,name\n')
    world.put('b.csv', 'id\r\n7\r\n')
    expect(await csv('PARSE_HEADER = TRUE')).toBe(1)
    expect(await table()).toEqual([['7', null]])
  })

  test('a compressed file under another name', async () => {
    writeFileSync(join(world.stage, 'a.data'), gzipSync('1,a\n'))
    await csv('COMPRESSION = GZIP', '')
    expect(await table()).toEqual([['1', 'a']])
  })

  test('a row with a field too many or too few fails', async () => {
    world.put('a.csv', '1,a\n2\n')
    expect((await userError(csv('', ''))).message).toContain('a.csv')
    world.put('a.csv', '1,a\n2,b,c\n')
    expect((await userError(csv('', ''))).message).toContain('a.csv')
  })
})

describe('JSON', () => {
  test('one object a line, by names', async () => {
    world.put('a.json', '{"name":"x","ID":1,"more":[1]}\n{"id":2}\n')
    expect(await json()).toBe(2)
    expect(await table()).toEqual([
      ['1', 'x'],
      ['2', null],
    ])
  })

  test('STRIP_OUTER_ARRAY reads the objects of one array', async () => {
    world.put('a.json', '[{"id":1,"name":"x"},\n {"id":2,"name":null}]')
    expect(await json('STRIP_OUTER_ARRAY = TRUE')).toBe(2)
    expect(await table()).toEqual([
      ['1', 'x'],
      ['2', null],
    ])
  })

  test('a text that looks like a date, a time or a number is loaded as it is written', async () => {
    const texts = ['2025-01-02T03:04:05Z', '2025-01-02', '007', 'true', '']
    world.put('a.json', texts.map((name, id) => JSON.stringify({ id, name })).join('\n'))
    await json()
    expect(await table()).toEqual(texts.map((name, id) => [String(id), name]))
  })

  test('a key that only a late row has is loaded', async () => {
    // More rows than DuckDB samples to guess the columns of a file.
    const rows = Array.from({ length: 25_000 }, (_, id) => (id === 24_999 ? { id, name: 'last' } : { id }))
    world.put('a.json', rows.map(row => JSON.stringify(row)).join('\n'))
    expect(await json()).toBe(25_000)
    expect(await world.rows('select ID, NAME from TELCO_DB.STAGING.T where NAME is not null')).toEqual([
      ['24999', 'last'],
    ])
  })

  test('a VARIANT column holds the value with its type', async () => {
    await world.setup('create or replace table TELCO_DB.STAGING.T (ID number(10,0), NAME variant)')
    world.put('a.json', '{"id":1,"name":{"a":[1,"two"]}}\n{"id":2,"name":"text"}\n')
    await json()
    expect(await table('ID, NAME:a[1]::varchar, NAME')).toEqual([
      ['1', 'two', '{"a":[1,"two"]}'],
      ['2', null, '"text"'],
    ])
  })

  test('without MATCH_BY_COLUMN_NAME an object goes whole into the one column of the table', async () => {
    await world.setup('create or replace table TELCO_DB.STAGING.T (V variant)')
    world.put('a.json', '{"id":1}\n')
    await json('', '')
    expect(await table('V:id::number(10,0)')).toEqual([['1']])
  })

  test('a line that is no JSON fails, names the file and loads nothing', async () => {
    world.put('a.json', '{"id":1}\n{"id":\n')
    expect((await userError(json())).message).toContain('a.json')
    expect(await table()).toEqual([])
  })
})

describe('which files', () => {
  beforeEach(async () => {
    for (const [id, path] of ['a/1.parquet', 'a/2.parquet', 'b/1.parquet', 'a/x.parquet'].entries())
      await world.putParquet(path, `select ${id} as id, '${path}' as name`)
  })
  const names = async () => (await table('NAME')).map(([name]) => name)

  test('a path below the stage', async () => {
    await load(`@${STAGE}/a/ ${PARQUET}`)
    expect(await names()).toEqual(['a/1.parquet', 'a/2.parquet', 'a/x.parquet'])
  })

  test('PATTERN is matched with the whole path', async () => {
    await load(`@${STAGE} ${PARQUET} pattern = '.*/[0-9][.]parquet'`)
    expect(await names()).toEqual(['a/1.parquet', 'a/2.parquet', 'b/1.parquet'])
    expect(await load(`@${STAGE} ${PARQUET} pattern = 'x[.]parquet'`)).toBe(0)
  })

  test('a PATTERN that is no regular expression is an error that shows it', async () => {
    expect((await userError(load(`@${STAGE} ${PARQUET} pattern = '(a'`))).message).toContain('(a')
  })

  test('FILES names files below the path; one that is missing is an error that names it', async () => {
    await load(`@${STAGE}/a/ ${PARQUET} files = ('1.parquet', 'x.parquet')`)
    expect(await names()).toEqual(['a/1.parquet', 'a/x.parquet'])
    const error = await userError(load(`@${STAGE}/a/ ${PARQUET} files = ('2.parquet', '3.parquet')`))
    expect(error.message).toContain('a/3.parquet')
    expect(await names()).toEqual(['a/1.parquet', 'a/x.parquet'])
  })

  test('a manifest: only the files it names, even where others lie beside them', async () => {
    await load(undefined, manifest('a/1.parquet', 'b/1.parquet'))
    expect(await names()).toEqual(['a/1.parquet', 'b/1.parquet'])
  })

  test('a manifest and a path: the files below the path', async () => {
    await load(`@${STAGE}/b/ ${PARQUET}`, manifest('a/1.parquet', 'b/1.parquet'))
    expect(await names()).toEqual(['b/1.parquet'])
  })

  test('a manifest is read once by an engine: all copies of a run follow one publication', async () => {
    const list = manifest('a/1.parquet')
    await load(undefined, list)
    world.put(list, JSON.stringify({ files: [{ path: 'a/2.parquet' }] }))
    expect(await load(undefined, list)).toBe(0)
    expect(await names()).toEqual(['a/1.parquet'])
  })

  test('a file that is consumed may be gone', async () => {
    const list = manifest('a/1.parquet', 'a/2.parquet')
    await load(`@${STAGE}/a/1 ${PARQUET}`, list)
    await world.engine.confirm([TARGET])
    rmSync(join(world.stage, 'a/1.parquet'))
    expect(await load(undefined, list)).toBe(1)
    expect(await names()).toEqual(['a/2.parquet'])
  })

  test('a manifest that is not there yet is no file', async () => {
    expect(await load(undefined, 'tomorrow.json')).toBe(0)
  })

  test('a file that the manifest names and that is missing is an error that names it', async () => {
    const error = await userError(load(undefined, manifest('a/1.parquet', 'a/gone.parquet')))
    expect(error.place.file).toBe(join(world.stage, 'a/gone.parquet'))
    expect(error.message).toContain('manifest')
    expect(await names()).toEqual([])
  })

  /** The manifest's entry of a staged file, as it is now. */
  const entryOf = (path: string, over: Readonly<Record<string, unknown>> = {}) => {
    const content = readFileSync(join(world.stage, path))
    const sha256 = createHash('sha256').update(content).digest('hex')
    return { path, rows: 1, bytes: content.length, sha256, ...over }
  }
  const listOf = (...files: readonly unknown[]): string => manifestOf(JSON.stringify({ files }))

  test('files that agree with their manifest in bytes, content and rows are loaded', async () => {
    expect(await load(undefined, listOf(entryOf('a/1.parquet'), entryOf('b/1.parquet')))).toBe(2)
    expect(await names()).toEqual(['a/1.parquet', 'b/1.parquet'])
  })

  test.each([
    ['bytes', { bytes: 7 }, /expected 7 bytes, found \d+/, 'b/1.parquet'],
    ['content', { sha256: 'f00d' }, /expected the content f00d, found [0-9a-f]{64}/, 'b/1.parquet'],
    ['rows', { rows: 3 }, /expected 4 rows, found 2/, 'a/1.parquet, b/1.parquet'],
  ])(
    'F61 a file that disagrees in %s is an error with what was expected and found; rows and history stay',
    async (_, over, told, file) => {
      await load(undefined, listOf(entryOf('a/2.parquet')))
      const before = [await names(), await history()]
      const error = await userError(load(undefined, listOf(entryOf('a/1.parquet'), entryOf('b/1.parquet', over))))
      expect(error.message).toMatch(told)
      expect(error.place.file?.endsWith(file)).toBe(true)
      expect(error.remedy).toBe('stage its day again')
      expect([await names(), await history()]).toEqual(before)
    },
  )

  test('only what is about to be loaded is compared, and only in what the manifest says of it', async () => {
    const { bytes } = entryOf('a/1.parquet')
    const list = listOf({ path: 'a/1.parquet', bytes }, { path: 'b/1.parquet' }, entryOf('a/2.parquet', { bytes: 7 }))
    expect(await load(`@${STAGE}/b/ ${PARQUET}`, list)).toBe(1)
    expect(await load(`@${STAGE}/a/1 ${PARQUET}`, list)).toBe(1)
  })

  test.each([
    ['no JSON', '{"files": ['],
    ['no list of files', '{"day": 1}'],
    ['an entry without a path', '{"files": [{"rows": 1}]}'],
    ['null', 'null'],
  ])('a manifest that is broken is an error that names it: %s', async (_, content) => {
    const list = manifestOf(content)
    const error = await userError(load(undefined, list))
    expect(error.place.file).toBe(join(world.stage, list))
  })
})

describe('load history', () => {
  beforeEach(() => world.putParquet('1.parquet', `select 1 as id, 'one' as name`))

  test('the same files again load nothing and keep the rows, before and after they are consumed', async () => {
    expect(await load()).toBe(1)
    expect(await load()).toBe(0)
    expect(await table()).toEqual([['1', 'one']])
    await world.engine.confirm([TARGET])
    expect(await load()).toBe(0)
    expect(await table()).toEqual([['1', 'one']])
    expect(await history()).toEqual([['1.parquet', 'true']])
  })

  test('new files after a confirmed load: the rows are exactly the new ones', async () => {
    await load()
    await world.engine.confirm([TARGET])
    await world.putParquet('2.parquet', `select 2 as id, 'two' as name`)
    expect(await load()).toBe(1)
    expect(await table()).toEqual([['2', 'two']])
    expect(await history()).toEqual([
      ['1.parquet', 'true'],
      ['2.parquet', 'false'],
    ])
  })

  test('new files before the last were used: these come again, so that a failure downstream loses nothing', async () => {
    await load()
    await world.putParquet('2.parquet', `select 2 as id, 'two' as name`)
    expect(await load()).toBe(2)
    expect(await table()).toEqual([
      ['1', 'one'],
      ['2', 'two'],
    ])
    expect(await history()).toEqual([
      ['1.parquet', 'false'],
      ['2.parquet', 'false'],
    ])
  })

  test('a table that was made anew before its rows were used gets them again, without a new file', async () => {
    await load()
    await world.setup('create or replace table TELCO_DB.STAGING.T (ID number(10,0), NAME varchar, MORE varchar)')
    expect(await load()).toBe(1)
    expect(await table('*')).toEqual([['1', 'one', null]])
    await world.engine.confirm([TARGET])
    await world.setup('create or replace table TELCO_DB.STAGING.T (ID number(10,0), NAME varchar)')
    expect(await load()).toBe(0)
    expect(await table()).toEqual([])
  })

  test('a confirmation is for its table alone', async () => {
    await world.setup('create table TELCO_DB.STAGING.OTHER (ID number(10,0))')
    const other = t('OTHER', 'STAGING')
    await load()
    await world.engine.confirm([other])
    expect(await history()).toEqual([['1.parquet', 'false']])
    const copy = statement(`copy into TELCO_DB.STAGING.OTHER from @${STAGE} ${PARQUET}`, 'copy')
    expect((await world.run([copy], { target: other, writes: [other] })).rows).toBe(1)
  })

  test('FORCE loads consumed files again, and the history has each once', async () => {
    await load()
    await world.engine.confirm([TARGET])
    expect(await load(`@${STAGE} ${PARQUET} force = true`)).toBe(1)
    expect(await table()).toEqual([['1', 'one']])
    expect(await history()).toEqual([['1.parquet', 'false']])
  })

  test('FORCE of an empty stage loads nothing and keeps the rows', async () => {
    await load()
    rmSync(join(world.stage, '1.parquet'))
    expect(await load(`@${STAGE} ${PARQUET} force = true`)).toBe(0)
    expect(await table()).toEqual([['1', 'one']])
  })

  test('a statement that fails after the COPY leaves rows and history as they were', async () => {
    await load()
    await world.engine.confirm([TARGET])
    await world.putParquet('2.parquet', `select 2 as id, 'two' as name`)
    const failing = statement('insert into TELCO_DB.STAGING.T select 1 / 0, null')
    const error = await userError(
      world.run([copyOf(`@${STAGE} ${PARQUET}`), failing], { target: TARGET, writes: [TARGET] }),
    )
    expect(error.message).toContain('Division by zero')
    expect(await table()).toEqual([['1', 'one']])
    expect(await history()).toEqual([['1.parquet', 'true']])
    expect(await load()).toBe(1)
    expect(await table()).toEqual([['2', 'two']])
  })

  test('a file that fails loads none of those beside it', async () => {
    world.put('2.parquet', 'not parquet')
    await userError(load())
    expect(await table()).toEqual([])
    expect(await history()).toEqual([])
  })

  test('a COPY INTO of an operations action adds to the rows, as Snowflake does, and loads a file once', async () => {
    const own = () =>
      world.run([{ ...copyOf(`@${STAGE} ${PARQUET}`), kind: 'execute' }], { target: TARGET, writes: [TARGET] })
    await own()
    await world.putParquet('2.parquet', `select 2 as id, 'two' as name`)
    await own()
    await own()
    expect(await table()).toEqual([
      ['1', 'one'],
      ['2', 'two'],
    ])
  })

  test('a file that was written over a moment ago by one of its size is read as it is now', async () => {
    const queries = [`select 1 as id, true as extra`, `select 1 as id, '' as name union all select 2, null`]
    for (const [index, query] of queries.entries()) await world.putParquet(`made/${index}`, query)
    const sizes = queries.map((_, index) => statSync(join(world.stage, `made/${index}`)).size)
    expect(sizes[0]).toBe(sizes[1])
    await world.putParquet('2.parquet', 'select 3 as id')
    for (const index of [0, 1, 0, 1, 0, 1]) {
      // In place: the file keeps its number, its size and, within a second, its time.
      copyFileSync(join(world.stage, `made/${index}`), join(world.stage, '1.parquet'))
      await load(`@${STAGE} ${PARQUET} force = true pattern = '[12][.]parquet'`)
      expect(await table('ID')).toEqual(index === 0 ? [['1'], ['3']] : [['1'], ['2'], ['3']])
    }
  })

  test('a file that was only touched is not loaded again', async () => {
    await load()
    await world.engine.confirm([TARGET])
    utimesSync(join(world.stage, '1.parquet'), new Date(), new Date(0))
    expect(await load()).toBe(0)
  })
})

describe('stages that cannot be read', () => {
  test('a stage that stands for no folder is named, with where to name its folder', async () => {
    const error = await userError(load(`@TELCO_DB.STAGING.ELSEWHERE ${PARQUET}`))
    expect(error.message).toContain('@TELCO_DB.STAGING.ELSEWHERE')
    expect(error.place).toMatchObject({ file: 'definitions/model.sqlx', line: 10 })
    expect(error.remedy).toContain('.df-credentials.json')
  })

  test('a scratch warehouse has no stages', async () => {
    const scratch = await openScratch(['TELCO_DB'])
    try {
      const load = [copyOf(`@${STAGE} ${PARQUET}`)]
      expect((await userError(scratch.run(step(load), never))).message).toContain(`@${STAGE}`)
      expect(await read(scratch, 'select count(*) from TELCO_DB.DATAFORM.LOAD_HISTORY')).toEqual([['0']])
    } finally {
      await scratch.close()
    }
  })

  test('a folder that does not exist is named', async () => {
    rmSync(world.stage, { recursive: true })
    const error = await userError(load())
    expect(error.message).toContain(world.stage)
    expect(error.remedy).toBe('create it, or correct the path')
  })

  test('a link out of the stage is refused where a manifest names it, and is no file of the stage otherwise', async () => {
    const outside = join(dirname(world.stage), 'secret.json')
    writeFileSync(outside, '{"id":1}')
    symlinkSync(outside, join(world.stage, 'a.json'))
    const list = manifest('a.json')
    const copy = `@${STAGE}/a file_format = (type = JSON) match_by_column_name = case_insensitive`
    const error = await userError(load(copy, list))
    expect(error).toMatchObject({ message: 'this file is a link out of the stage', remedy: 'remove the link' })
    expect(error.place.file).toBe(join(world.stage, 'a.json'))
    expect(await load(copy)).toBe(0)
    expect(await table()).toEqual([])
  })

  test('a path with .. in a manifest does not leave the stage', async () => {
    writeFileSync(join(dirname(world.stage), 'secret.json'), '{"id":1}')
    const list = manifest('../secret.json')
    const options = 'file_format = (type = JSON) match_by_column_name = case_insensitive'
    expect((await userError(load(`@${STAGE} ${options}`, list))).message).toContain('out of the stage')
    expect(await table()).toEqual([])
  })

  test('a folder that the manifest names is no file', async () => {
    mkdirSync(join(world.stage, 'day'))
    expect((await userError(load(undefined, manifest('day')))).place.file).toBe(join(world.stage, 'day'))
  })
})
