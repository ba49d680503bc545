import { type ChildProcess, spawnSync } from 'node:child_process'
import {
  closeSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engines/engine.ts'
import type { Answer } from './child.ts'
import { buildChild, type Child, ended, type Server, says } from './child-process.ts'
import { DATABASE, never, openWarehouse, read, statement, step, temporaryFolder, userError } from './world.ts'

/** As `make` leaves it: IDs from 0, a name for each. */
const ROWS = 60_000
const contents = (rows: number, name = 'name 9999') => [[rows, (rows * (rows - 1)) / 2, rows].map(String).concat(name)]
const GOOD: Answer = { ok: contents(ROWS) }

let root: string
let child: Child
/** A warehouse that nobody has open; tests work on copies. */
let made: string
let path: string
const started: ChildProcess[] = []
const engines: Engine[] = []

beforeAll(async () => {
  root = temporaryFolder()
  made = join(root, 'made')
  child = await buildChild()
  expect((await child.run(['make', made])).answer).toEqual(GOOD)
})
afterAll(() => {
  child.remove()
  rmSync(root, { recursive: true, force: true })
})
let copies = 0
beforeEach(() => {
  path = join(root, `copy-${++copies}`)
  cpSync(made, path, { recursive: true })
})
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
  for (const process of started.splice(0)) {
    if (process.exitCode !== null || process.signalCode !== null) continue
    const end = ended(process)
    process.kill('SIGKILL')
    await end
  }
})

const file = () => join(path, `${DATABASE}.duckdb`)
const open = async (folder = path): Promise<Engine> => {
  const engine = await openWarehouse(folder)
  engines.push(engine)
  return engine
}
const close = async (): Promise<void> => {
  for (const engine of engines.splice(0)) await engine.close()
}
const sum = async (engine: Engine) => (await read(engine, 'select count(*), sum(ID) from TELCO_DB.DW.T'))[0]
const insert = (engine: Engine, id: number) =>
  engine.run(step([statement(`insert into TELCO_DB.DW.T values (${id}, 'late')`, 'write')]), never)
/** Starts a process that does not end by itself, and waits until it holds the warehouse. */
const start = async (command: string): Promise<ChildProcess> => {
  const process = child.start([command, path])
  started.push(process)
  expect(await says(process, '"held"')).toBe(true)
  return process
}
const kill = async (process: ChildProcess): Promise<void> => {
  const end = ended(process)
  process.kill('SIGKILL')
  expect((await end).signal).toBe('SIGKILL')
}

describe('F88: two processes, one warehouse', () => {
  test('F88: the second is told who holds it, and gets it once it is given back', async () => {
    const holder = await start('hold')
    const error = await userError(open())
    expect(error.message).toContain(path)
    expect(error.message).toMatch(new RegExp(`in use by process ${holder.pid}, since \\d{4}-`))
    expect(error.remedy).toContain('wait until that run has ended')
    const end = ended(holder)
    holder.stdin?.end()
    expect((await end).exit).toBe(0)
    expect(await sum(await open())).toEqual(['60000', '1799970000'])
  })

  test('F88: the lock of a killed process is taken over, with what it had committed', async () => {
    await kill(await start('commit'))
    expect(existsSync(join(path, '.lock'))).toBe(true)
    expect(await sum(await open())).toEqual(['60003', String(1799970000 + 3 * ROWS + 3)])
  })

  test('F88: of several that find the lock of a killed process one gets it, and the others are told', async () => {
    await kill(await start('hold'))
    const contenders = [1, 2, 3].map(() => child.start(['hold', path]))
    started.push(...contenders)
    const ends = contenders.map(ended)
    const won = await Promise.all(contenders.map(contender => says(contender, '"held"')))
    const winner = contenders.find((_, index) => won[index])
    expect(won.filter(Boolean)).toHaveLength(1)
    for (const [index, end] of ends.entries()) {
      if (won[index]) continue
      expect((await end).answer).toMatchObject({
        error: { message: expect.stringContaining(`process ${winner?.pid},`) },
      })
    }
  })

  test.each([
    ['is empty, as a full disk leaves it', ''],
    ['is no lock of ours', '{"pid":"x"}'],
    ['names a number that no process has', '{"pid":4194305,"since":"2025-01-01T00:00:00Z"}'],
    ['names a process that ended and whose number another has', `{"pid":${process.pid},"born":"1","since":"2025"}`],
  ])('F88: a lock that %s is taken over', async (_, content) => {
    writeFileSync(join(path, '.lock'), content)
    await open()
    expect(JSON.parse(readFileSync(join(path, '.lock'), 'utf8'))).toMatchObject({ pid: process.pid })
  })

  test('F88: a program that holds the file without our lock is named as DuckDB names it', async () => {
    const holder = await start('plain')
    const error = await userError(open())
    expect(error.message).toContain(`${file()} is in use`)
    expect(error.message).toContain(`PID ${holder.pid}`)
    expect(error.remedy).toContain('close the program')
    // Nothing stays locked after what failed.
    expect(existsSync(join(path, '.lock'))).toBe(false)
  })
})

describe('F89: one process opens a warehouse twice', () => {
  test('F89: the second is refused by whatever path, and the first works on', async () => {
    const link = join(root, 'link')
    symlinkSync(path, link)
    const first = await open()
    for (const again of [path, `${path}/`, relative(process.cwd(), path), link, join(link, '..', 'link')]) {
      expect((await userError(open(again))).message).toContain(`in use by process ${process.pid},`)
    }
    await insert(first, ROWS)
    await close()
    expect(await sum(await open(link))).toEqual(['60001', String(1799970000 + ROWS)])
  })

  test('F89: of two that open at once one gets it', async () => {
    const both = await Promise.allSettled([open(), open()])
    expect(both.map(each => each.status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('F89: a file under two names is refused, since the folders have a lock each', async () => {
    const first = await open()
    for (const [name, make] of [['symbolic', symlinkSync] as const, ['hard', linkSync] as const]) {
      const other = join(root, `other-${name}`)
      mkdirSync(other)
      make(file(), join(other, `${DATABASE}.duckdb`))
      const error = await userError(open(other))
      expect(error.message).toContain(join(other, `${DATABASE}.duckdb`))
      expect(error.message).toContain('link')
    }
    await insert(first, ROWS)
    await close()
    expect((await userError(open())).message).toContain('second name')
    rmSync(join(root, 'other-hard'), { recursive: true })
    expect(await sum(await open())).toEqual(['60001', String(1799970000 + ROWS)])
  })

  test('F89: a link to nothing makes no file elsewhere', async () => {
    rmSync(file())
    symlinkSync(join(root, 'nowhere.duckdb'), file())
    expect((await userError(open())).message).toContain('link')
    expect(existsSync(join(root, 'nowhere.duckdb'))).toBe(false)
  })
})

describe('F90: disk full', () => {
  const bash = (script: string, argument: string): boolean =>
    spawnSync('bash', ['-c', script, 'bash', argument]).status === 0
  /** A small disk where this user may mount one. */
  const mounted = (folder: string): boolean => {
    mkdirSync(folder)
    return bash('mount -t tmpfs -o size=8m tmpfs "$1"', folder)
  }
  /** Loads until nothing fits, and checks what it was told and what a reader finds then. */
  const fill = async (folder: string, shell?: string): Promise<void> => {
    const { lines, answer, exit } = await child.run(['fill', folder], shell)
    const { committed, after } = JSON.parse(lines[0] ?? '{}')
    expect(exit).toBe(0)
    expect(answer).toMatchObject({
      error: {
        message: expect.stringMatching(/^the disk is full: .*TELCO_DB\.duckdb/),
        remedy: expect.stringContaining('free some space on the disk and run again'),
        file: 'definitions/model.sqlx',
      },
    })
    expect(committed).toBeGreaterThan(ROWS)
    const expected = contents(committed, 'name 99999 of this many')
    expect(after).toEqual(expected)
    expect((await child.run(['read', folder])).answer).toEqual({ ok: expected })
  }

  test('F90: a load that does not fit on a small disk says so, and the last commit is there', async () => {
    const disk = join(root, 'disk')
    const isMounted = mounted(disk)
    try {
      const folder = join(disk, 'warehouse')
      cpSync(made, folder, { recursive: true })
      // Without the right to mount: no file may grow beyond so many KiB.
      await fill(folder, isMounted ? undefined : 'ulimit -f 5000')
    } finally {
      if (isMounted) expect(bash('umount "$1"', disk)).toBe(true)
    }
  })

  test('F90: a load that passes a limit on the size of files says so, and the last commit is there', async () => {
    await fill(path, 'ulimit -f 4096')
  })
})

describe('F91: a corrupt file', () => {
  let server: Server
  beforeAll(() => {
    server = child.serve()
  })
  afterAll(() => server.end())

  const told = () => ({
    error: {
      message: expect.stringContaining(`${file()} cannot be read as a DuckDB database: `),
      remedy: expect.stringContaining('build the warehouse anew from the lake, or put a copy of both back'),
    },
  })

  test('F91: whatever bytes are lost or changed, the right rows or an error that names the file', async () => {
    const size = statSync(file()).size
    const at = fc.oneof(fc.nat(3 * 4096), fc.nat(size - 1))
    const damage = fc.oneof(
      fc.record({ at, bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }) }),
      fc.record({ at, bytes: fc.constant(undefined) }),
    )
    const good = readFileSync(file())
    const ends = { right: 0, told: 0 }
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, bytes }) => {
        const bad = Buffer.from(bytes === undefined ? good.subarray(0, at) : good)
        if (bytes !== undefined) bad.set(bytes.subarray(0, size - at), at)
        rmSync(path, { recursive: true })
        mkdirSync(path)
        writeFileSync(file(), bad)
        const answer = await server.read(path)
        if (JSON.stringify(answer) === JSON.stringify(GOOD)) ends.right++
        else {
          expect(answer).toMatchObject(told())
          ends.told++
        }
      }),
      { seed: 91, numRuns: 30 },
    )
    expect(ends.told).toBeGreaterThan(15)
  })

  test.each([
    ['a text', (name: string) => writeFileSync(name, 'not a database\n')],
    ['nothing', (name: string) => writeFileSync(name, '')],
    ['a file of another database', (name: string) => writeFileSync(name, `SQLite format 3\0${'\0'.repeat(8000)}`)],
    ['zeros', (name: string) => writeFileSync(name, Buffer.alloc(50_000))],
    ['a folder', (name: string) => mkdirSync(name)],
    [
      'a folder beside it in place of its .wal',
      (name: string) => {
        cpSync(join(made, `${DATABASE}.duckdb`), name)
        mkdirSync(`${name}.wal`)
      },
    ],
    ['no file, where its .wal is', (name: string) => writeFileSync(`${name}.wal`, 'x')],
  ])('F91: %s is no database, and is left as it is', async (_, make) => {
    rmSync(file())
    make(file())
    const content = () => (statSync(file(), { throwIfNoEntry: false })?.isFile() === true ? readFileSync(file()) : null)
    const before = content()
    const error = await userError(open())
    expect(error.message).toContain(`${file()} cannot be read as a DuckDB database: `)
    expect(error.remedy).toContain('move the file, and the .wal beside it, away')
    expect(content()).toEqual(before)
    // Moved away, as the remedy says, there is a new warehouse.
    rmSync(file(), { recursive: true, force: true })
    rmSync(`${file()}.wal`, { recursive: true, force: true })
    expect((await (await open()).state([DATABASE])).relations.has('TELCO_DB.DW.T')).toBe(false)
  })

  test('F91: what a killed process was writing is dropped, and what it had committed before is there', async () => {
    await kill(await start('commit'))
    const wal = `${file()}.wal`
    truncateSync(wal, statSync(wal).size - 20)
    expect(await sum(await open())).toEqual(['60002', String(1799970000 + 2 * ROWS + 1)])
  })

  test('F91: a commit of a killed process that was changed since is an error that names the file', async () => {
    await kill(await start('commit'))
    const wal = readFileSync(`${file()}.wal`)
    wal.fill(0xff, wal.length - 60, wal.length - 50)
    writeFileSync(`${file()}.wal`, wal)
    expect((await userError(open())).message).toContain(`${file()} cannot be read as a DuckDB database: `)
  })

  test('F91: an engine that meets a damaged block says so for every verb, and can be closed', async () => {
    const engine = await open()
    // Everything behind the headers: what opening had no need of is read from there.
    const handle = openSync(file(), 'r+')
    writeSync(handle, Buffer.alloc(statSync(file()).size - 3 * 4096, 0xaa), 0, undefined, 3 * 4096)
    closeSync(handle)
    const text = { sql: 'select max(NAME), sum(ID) from TELCO_DB.DW.T', file: 'definitions/model.sqlx', line: 3 }
    for (const act of [() => engine.query(text, 1), () => engine.run(step([{ kind: 'guard', text }]), never)]) {
      const error = await userError(act())
      expect(error.message).toContain(`${file()} cannot be read as a DuckDB database: `)
      expect(error.place.file).toBe('definitions/model.sqlx')
      expect(error.remedy).toContain('build the warehouse anew from the lake')
    }
  })
})
