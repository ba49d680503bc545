import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Engine } from '../../src/engines/engine.ts'
import { ScriptException } from '../../src/scripting/index.ts'
import { executeOn } from '../helpers/scratch.ts'
import { file, files, openSmall, SMALL } from './small.ts'
import { type Contents, callOn, makeWorld, type World } from './world.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let world: World
beforeAll(async () => {
  world = await openSmall()
  await world.happen(files(file('a', 1, 2)))
  await world.call('loaded')
})
afterAll(() => world.close())

/** Each test has a warehouse of its own, by a number: `deployed` holds nothing yet. */
let number = 0
let own = ''
beforeEach(() => {
  number += 1
  own = `own-${number}`
})

const SYSTEM = 'DEMO.DATAFORM'

async function rows(engine: Engine, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  return (await engine.query({ sql, file: '' }, 1000)).rows
}

/** Status, where it failed and what it said, of each run, the newest first. */
const runs = (engine: Engine) =>
  rows(
    engine,
    `select procedure, status, failed_at, message from ${SYSTEM}.PROCEDURE_RUNS order by ended_at desc, procedure`,
  )

/** What a call returns; an error of the script is told by its text. */
const result = (engine: Engine, of: World = world, procedure?: string): Promise<string | null | undefined> =>
  callOn(engine, of, procedure).then(
    ({ rows: [row] }) => row?.[0],
    (error: unknown) => {
      if (error instanceof ScriptException) return `raised: ${error.text}`
      throw error
    },
  )

/** Deploys a warehouse of this test, and uses it while it is open. */
async function deployed<T>(use: (engine: Engine) => Promise<T>, of: World = world): Promise<T> {
  await of.deploy(own)
  return of.open(own, use)
}

const hold = (engine: Engine, until: string) =>
  executeOn(engine, [
    `update ${SYSTEM}.LEASES set holder = 'somebody', taken_at = sysdate(), expires_at = cast(dateadd(second, ${until}, sysdate()) as timestamp_ntz) where name = 'SP_ALL'`,
  ])

const taskOf = ({ compiled }: World): string => compiled.files.get('tasks/TASK_ALL.sql') ?? ''

describe('F58 a task that overlaps itself', () => {
  test('F58 its text says that it may not', () => {
    expect(taskOf(world)).toContain('ALLOW_OVERLAPPING_EXECUTION = FALSE')
  })

  test('F58 a second master while the lease is held says BUSY and changes nothing', async () => {
    await deployed(async engine => {
      await hold(engine, '60')
      expect(await result(engine)).toBe('BUSY: another run holds the lease')
      expect(await runs(engine)).toEqual([['SP_ALL', 'BUSY', null, 'held by somebody']])
      expect(await rows(engine, `select holder from ${SYSTEM}.LEASES where name = 'SP_ALL'`)).toEqual([['somebody']])
      expect(await rows(engine, 'select * from DEMO.DW.STG')).toEqual([])
      expect(await rows(engine, `select * from ${SYSTEM}.LOAD_HISTORY`)).toEqual([])
    })
  })

  test('F58 a lease that has expired is taken over, and given back', async () => {
    await deployed(async engine => {
      await hold(engine, '-1')
      expect(await result(engine)).toContain('SP_LOAD SUCCEEDED')
      expect(await rows(engine, `select holder, expires_at from ${SYSTEM}.LEASES where name = 'SP_ALL'`)).toEqual([
        [null, null],
      ])
      expect(await rows(engine, 'select count(*) from DEMO.DW.ITEMS')).toEqual([['2']])
    })
  })
})

test('F59 a task is suspended after failures, and the first one alerts', () => {
  expect(taskOf(world)).toContain('\n  SUSPEND_TASK_AFTER_NUM_FAILURES = 2\n')
  expect(taskOf(world)).toContain('\n  ERROR_INTEGRATION = ALERTS\n')
  // A failure is the task's own: the master raises the error again.
  expect(world.compiled.files.get('procedures/SP_ALL.sql')).toMatch(/WHEN OTHER THEN[\s\S]*\n {4}RAISE;\nEND;/)
})

/** The small project with its copy in a procedure of its own, which can wait. */
const APART: Readonly<Record<string, string>> = {
  ...SMALL,
  'definitions/procedures.yaml':
    'procedures:\n  - name: SP_STAGE\n    tags: [stage]\n  - name: SP_LOAD\n    tags: [load]\nmaster:\n  name: SP_ALL\n',
  'definitions/staged.sqlx': (SMALL['definitions/staged.sqlx'] ?? '').replace('tags: ["load"]', 'tags: ["stage"]'),
}

describe('F60 staging is empty: upstream is late', () => {
  let apart: World
  beforeAll(async () => {
    apart = await makeWorld(APART)
  })
  afterAll(() => apart.close())

  test('F60 without a manifest, with an empty one, and where all is loaded: WAITING, and nothing changes', async () => {
    await deployed(async engine => {
      expect(await result(engine, apart)).toBe('WAITING')
      apart.writeManifest({ files: [] })
      expect(await result(engine, apart)).toBe('WAITING')
      await apart.happen(files(file('a', 1, 2)))
      expect(await result(engine, apart)).toContain('SP_LOAD SUCCEEDED')
      const before = await rows(engine, 'select * from DEMO.DW.ITEMS order by 1')
      apart.writeManifest({ files: [] })
      expect(await result(engine, apart)).toBe('WAITING')
      rmSync(join(apart.stage, 'manifest.json'))
      expect(await result(engine, apart)).toBe('WAITING')
      // No mass delete: what was loaded stays.
      expect(await rows(engine, 'select * from DEMO.DW.ITEMS order by 1')).toEqual(before)
      expect(await rows(engine, 'select count(*) from DEMO.DW.STG')).toEqual([['2']])
      const told = await runs(engine)
      expect(told.filter(([procedure]) => procedure === 'SP_ALL').map(([, status]) => status)).toEqual([
        'WAITING',
        'WAITING',
        'SUCCEEDED',
        'WAITING',
        'WAITING',
      ])
      expect(told.filter(([procedure]) => procedure === 'SP_LOAD')).toHaveLength(1)
    }, apart)
  })

  test('F60 a procedure that waits does not hold back what another one reads of a stage', async () => {
    const two = await makeWorld({
      ...APART,
      'definitions/procedures.yaml': `procedures:
  - name: SP_OTHER
    tags: [other]
  - name: SP_STAGE
    tags: [stage]
  - name: SP_LOAD
    tags: [load]
master:
  name: SP_ALL
`,
      'definitions/other.sqlx': (SMALL['definitions/staged.sqlx'] ?? '')
        .replace('"STG", tags: ["load"]', '"OTHER", tags: ["other"]')
        .replace('items/', 'others/'),
    })
    try {
      await two.happen(files(file('a', 1, 2)))
      await deployed(async engine => {
        expect(await result(engine, two)).toMatch(/^SP_OTHER WAITING\. SP_STAGE SUCCEEDED.* SP_LOAD SUCCEEDED/)
        expect(await rows(engine, 'select count(*) from DEMO.DW.ITEMS')).toEqual([['2']])
      }, two)
    } finally {
      two.close()
    }
  })
})

describe('F61 a stage that is half loaded', () => {
  const WRONG: readonly (readonly [what: string, manifest: unknown, step: string, message: string])[] = [
    [
      'another count of rows',
      { files: [{ path: 'items/a.parquet', rows: 3 }] },
      'DW.STG',
      'the manifest counts 3 rows, found 2',
    ],
    [
      'a file that is missing',
      {
        files: [
          { path: 'items/a.parquet', rows: 2 },
          { path: 'items/gone.parquet', rows: 1 },
        ],
      },
      'DW.STG',
      'gone.parquet',
    ],
    ['files that are no list', { files: 3 }, '@DEMO.DW.LAKE/manifest.json', 'must be {"files": [{"path": …}]}'],
    ['a list alone', [], '@DEMO.DW.LAKE/manifest.json', 'must be {"files": [{"path": …}]}'],
    ['an object without files', { path: 'items/a.parquet' }, '@DEMO.DW.LAKE/manifest.json', 'must be {"files"'],
    ['no JSON', '{"files": [', '@DEMO.DW.LAKE/manifest.json', ''],
    ['half a file', { files: [{ path: 'items/half.parquet' }] }, 'DW.STG', 'half.parquet'],
  ]

  let broken: World
  let before: Contents
  beforeAll(async () => {
    broken = await openSmall()
    await broken.happen(files(file('before', 7)))
    await broken.call('broken')
    await broken.happen(files(file('a', 1, 2)))
    const whole = readFileSync(join(broken.stage, 'items', 'a.parquet'))
    writeFileSync(join(broken.stage, 'items', 'half.parquet'), whole.subarray(0, whole.length / 2))
    before = await broken.contents('broken')
  })
  afterAll(() => broken.close())

  test.each(WRONG)(
    'F61 %s: a failure that is raised and told, and nothing changes',
    async (_, manifest, step, message) => {
      broken.writeManifest(manifest)
      await broken.open('broken', async engine => {
        expect(await result(engine, broken)).toMatch(/^raised: /)
        const newest = (await runs(engine)).slice(0, 2).sort()
        expect(newest.map(row => row.slice(0, 3))).toEqual([
          ['SP_ALL', 'FAILED', 'SP_LOAD'],
          ['SP_LOAD', 'FAILED', step],
        ])
        expect(newest.map(row => row[3]).join()).toContain(message)
      })
      expect(await broken.contents('broken')).toEqual(before)
    },
  )
})

describe('F62 COPY twice', () => {
  test('F62 what is loaded is not loaded again: our own history tells', async () => {
    await deployed(async engine => {
      expect(await result(engine)).toContain('SUCCEEDED: ')
      await executeOn(engine, ['update DEMO.DW.STG set amount = amount + 100'])
      expect(await result(engine)).toContain('SP_LOAD SUCCEEDED')
      // A COPY of the same file would have put the old amounts back.
      expect(await rows(engine, 'select amount from DEMO.DW.STG order by 1')).toEqual([['101'], ['102']])
    })
  })

  test('F62 a staging table that was made anew is filled again while nobody has used its rows up', async () => {
    await deployed(async engine => {
      expect(await result(engine, world, 'SP_LOAD')).toContain('SUCCEEDED')
      await executeOn(engine, [
        `update ${SYSTEM}.LOAD_HISTORY set consumed = false where relation = 'DEMO.DW.STG'`,
        'create or replace table DEMO.DW.STG (ID number(10,0), AMOUNT number(10,0))',
      ])
      expect(await result(engine, world, 'SP_LOAD')).toContain('SUCCEEDED')
      expect(await rows(engine, 'select amount from DEMO.DW.STG order by 1')).toEqual([['1'], ['2']])
      expect(await rows(engine, 'select id, amount from DEMO.DW.ITEMS order by 1')).toEqual([
        ['1', '1'],
        ['2', '2'],
      ])
    })
  })

  test('F62 a staging table that was emptied after its rows were used up stays empty, and nothing is lost downstream', async () => {
    await deployed(async engine => {
      await result(engine)
      await executeOn(engine, ['delete from DEMO.DW.STG'])
      expect(await result(engine)).toContain('SUCCEEDED')
      expect(await rows(engine, 'select count(*) from DEMO.DW.STG')).toEqual([['0']])
      expect(await rows(engine, 'select count(*) from DEMO.DW.ITEMS')).toEqual([['2']])
    })
  })
})

describe('an assertion that fails', () => {
  test('F64 nothing of its load is kept, and the audit names it', async () => {
    const failing = await openSmall()
    try {
      await failing.happen(files(file('a', 1)))
      await failing.call(own)
      const before = await failing.contents(own)
      await failing.happen(files(file('b', 2, null)))
      await failing.open(own, async engine => {
        expect(await result(engine, failing)).toContain('An assertion failed; nothing was loaded.')
        const [, loading] = (await runs(engine)).slice(0, 2).sort()
        expect(loading).toEqual([
          'SP_LOAD',
          'FAILED',
          'assertions',
          expect.stringMatching(/ASSERTIONS_ROWCONDITIONS.*: 1 row; $/),
        ])
        expect(
          await rows(
            engine,
            `select severity, failing_rows from ${SYSTEM}.ASSERTION_RESULTS order by checked_at desc limit 1`,
          ),
        ).toEqual([['error', '1']])
      })
      expect(await failing.contents(own)).toEqual(before)
    } finally {
      failing.close()
    }
  })
})

describe('F66 two runs, one after the other', () => {
  test('F66 the second one finds the work done', async () => {
    const apart = await makeWorld(APART)
    try {
      await apart.happen(files(file('a', 1, 2)))
      await deployed(async engine => {
        expect(await result(engine, apart)).toContain('SP_LOAD SUCCEEDED')
        expect(await result(engine, apart)).toBe('WAITING')
        // Without the master, as two tasks would call it.
        await apart.happen(files(file('b', 3)))
        expect(await result(engine, apart, 'SP_STAGE')).toBe('SUCCEEDED: 1 rows')
        expect(await result(engine, apart, 'SP_STAGE')).toBe('SUCCEEDED: 0 rows')
        expect(await result(engine, apart, 'SP_LOAD')).toBe('SUCCEEDED: 1 rows')
        expect(await result(engine, apart, 'SP_STAGE')).toBe('WAITING')
        expect(await rows(engine, 'select id from DEMO.DW.ITEMS order by 1')).toEqual([['1'], ['2'], ['3']])
      }, apart)
    } finally {
      apart.close()
    }
  })

  test('F66 whoever comes second waits for a row that the first one has written before anything else', () => {
    const text = world.compiled.files.get('procedures/SP_LOAD.sql') ?? ''
    const [, after = ''] = text.split('BEGIN TRANSACTION;')
    const first = after.split('\n').find(line => line.trim() !== '' && !line.trim().startsWith('--'))
    expect(first?.trim()).toMatch(/^UPDATE DEMO\.DATAFORM\.LEASES SET holder = :run.*WHERE name = 'SP_LOAD';$/)
  })
})

test('what failed without a file of its own is done again, also where nothing new has come', async () => {
  const staged = `${SMALL['definitions/staged.sqlx']}`.replace('tags: ["load"]', 'tags: ["stage"]')
  const apart = await makeWorld({
    ...SMALL,
    'definitions/staged.sqlx': staged,
    'definitions/procedures.yaml': `${SMALL['definitions/procedures.yaml']}`
      .replace('  - name: SP_LOAD\n', '  - name: SP_STAGE\n    tags: [stage]\n  - name: SP_LOAD\n')
      .replace('master:', '  - name: SP_LAST\n    tags: [last]\nmaster:'),
    'definitions/share.sqlx': `config { type: "operations", name: "SHARE", hasOutput: true, tags: ["last"] }
create table if not exists DEMO.DW.DIVISOR as select 0 as n
---
create table if not exists \${self()} (share number(38,0))
---
delete from \${self()}
---
insert into \${self()} (share) select cast(10 / n as number(38,0)) from DEMO.DW.DIVISOR
`,
  })
  try {
    await apart.happen(files(file('a', 1, 2)))
    await apart.deploy(own)
    await apart.open(own, async engine => {
      expect(await result(engine, apart)).toMatch(/^raised/)
      expect(await rows(engine, `select distinct consumed from ${SYSTEM}.LOAD_HISTORY`)).toEqual([['true']])
      expect(await result(engine, apart)).toMatch(/^raised/)
      await executeOn(engine, ['update DEMO.DW.DIVISOR set n = 5'])
      expect(await result(engine, apart)).toMatch(/SP_LAST SUCCEEDED/)
      expect(await rows(engine, 'select share from DEMO.DW.SHARE')).toEqual([['2']])
      expect(await result(engine, apart)).toBe('WAITING')
    })
  } finally {
    await apart.close()
  }
})
