import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileProject } from '../../src/compile/compile.ts'
import { segments } from '../../src/dialects/tokens.ts'
import { compileProcedures } from '../../src/procedures/index.ts'
import { dataform, dataformWell, project } from '../run/project.ts'
import { copyFlagship } from './flagship.ts'
import { generateProject } from './projects.ts'
import { SMALL } from './small.ts'

let folder: string
let flagship: string
let texts: ReadonlyMap<string, string>
const compiled = async (projectDir: string): Promise<ReadonlyMap<string, string>> =>
  compileProcedures(await compileProject({ projectDir }), projectDir).files

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'texts-')))
  flagship = copyFlagship(folder)
  texts = await compiled(flagship)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The code of a procedure's transaction, without strings and comments. */
function transaction(procedure: string): string {
  const body = procedure.slice(procedure.indexOf('$$') + 2)
  const inside = body.slice(body.indexOf('BEGIN TRANSACTION;'), body.lastIndexOf('COMMIT;'))
  return segments(inside)
    .map(({ kind, text }) => (kind === 'code' ? text : ' '))
    .join('')
}

const DDL = /(^|;|\bthen\b|\belse\b|\bdo\b)\s*(create|alter|drop|undrop|truncate|comment|grant|revoke)\b.*/gi

const loads = (files: ReadonlyMap<string, string>) =>
  [...files].filter(([name, text]) => name.startsWith('procedures/') && text.includes('BEGIN TRANSACTION;'))

describe('F65 no DDL between BEGIN TRANSACTION and COMMIT', () => {
  test('the check sees DDL where there is some', () => {
    const text =
      '$$\nBEGIN\n  BEGIN TRANSACTION;\n  -- create\n  DELETE FROM X;\n  CREATE TABLE Y (a INT);\n  COMMIT;\nEND$$'
    expect(
      transaction(text)
        .match(DDL)
        ?.map(found => found.replaceAll(/\s+/g, ' ')),
    ).toEqual(['; CREATE TABLE Y (a INT);'])
  })

  test('F65 the flagship', () => {
    expect(loads(texts).map(([name]) => name)).toEqual([
      'procedures/SP_LOAD_STAGING.sql',
      'procedures/SP_LOAD_DIMENSIONS.sql',
      'procedures/SP_LOAD_FACTS.sql',
    ])
    for (const [name, text] of loads(texts)) expect([name, transaction(text).match(DDL)]).toEqual([name, null])
  })

  test.each([11, 12, 13])('F65 the generated project of seed %i', async seed => {
    const found = loads(await compiled(project(generateProject(seed).files)))
    expect(found.length).toBeGreaterThan(0)
    for (const [name, text] of found) expect([name, transaction(text).match(DDL)]).toEqual([name, null])
  })

  test('F65 what is executed as a text within it is a COPY', () => {
    const all = loads(texts).flatMap(([, text]) => text.match(/copy_text := '(\w+ \w+)/g) ?? [])
    expect([...new Set(all)]).toEqual(["copy_text := 'COPY INTO"])
  })
})

describe('the same project gives the same texts', () => {
  test('compiled twice, in two folders: byte by byte', async () => {
    const other = join(folder, 'other')
    expect([...(await compiled(copyFlagship(other)))]).toEqual([...texts])
  })

  test('no text names the folder or the time', () => {
    const all = [...texts.values()].join('\n')
    expect(all).not.toContain(folder)
    expect(all).not.toMatch(new RegExp(`${new Date().getUTCFullYear()}-\\d\\d-\\d\\dT`))
  })

  test('a change of one model changes the statements of that model alone', async () => {
    const file = join(flagship, 'definitions', 'facts', 'FACT_ACTIVITY_CONFLICT.sqlx')
    const before = readFileSync(file, 'utf8')
    try {
      writeFileSync(
        file,
        before.replace('select c.*\nfrom candidates c', "select c.*\nfrom candidates c /* those of 'now' */"),
      )
      const after = await compiled(flagship)
      expect([...after.keys()]).toEqual([...texts.keys()])
      const procedures = [...texts.keys()].filter(name => name.startsWith('procedures/'))
      const changed = procedures.filter(name => after.get(name) !== texts.get(name))
      expect(changed).toEqual(['procedures/SP_LOAD_FACTS.sql'])
      const [old, made] = [texts, after].map(files => sections(files.get('procedures/SP_LOAD_FACTS.sql') ?? ''))
      expect([...(made?.keys() ?? [])]).toEqual([...(old?.keys() ?? [])])
      const differing = [...(old ?? [])].filter(([title, text]) => made?.get(title) !== text).map(([title]) => title)
      expect(differing).toEqual(['definitions/facts/FACT_ACTIVITY_CONFLICT.sqlx: DW.FACT_ACTIVITY_CONFLICT'])
    } finally {
      writeFileSync(file, before)
    }
  })
})

/** The parts of a procedure by the comment that begins each: those of actions name their file. */
function sections(procedure: string): ReadonlyMap<string, string> {
  const parts = procedure.split(/^ {2}-- (definitions\/\S+: \S+)$/m)
  const found = new Map([['head', parts[0] ?? '']])
  for (let at = 1; at < parts.length; at += 2) found.set(parts[at] ?? '', parts[at + 1] ?? '')
  return found
}

/** Credentials of a warehouse beside the project, with the stage of its procedures. */
const LOCAL = JSON.stringify({ type: 'duckdb', path: '.local/warehouse', stages: { 'DEMO.DW.LAKE': 'lake' } })

describe('F95 secrets', () => {
  test('F95 those of credentials are in no text, and in nothing that compile or call print', async () => {
    const canary = 'kanarienvogel-4711'
    const account = { type: 'snowflake', account: 'a-b', username: 'u', password: canary, role: 'r', warehouse: 'w' }
    const place = project({
      ...SMALL,
      '.df-credentials.json': JSON.stringify(account),
      'local.json': LOCAL,
      'wrong.json': JSON.stringify({ ...account, type: 'duckdb' }),
      'lake/manifest.json': '{"files": []}',
    })
    const ended = [
      await dataformWell(place, ['compile', '--procedures']),
      await dataformWell(place, ['compile', '--procedures', '--json']),
      await dataformWell(place, ['call', 'SP_ALL', '--credentials', 'local.json']),
      await dataformWell(place, ['call', 'SP_ALL', '--credentials', 'local.json', '--json']),
      await dataform(place, ['call', 'SP_ALL', '--credentials', 'wrong.json']),
    ]
    expect(ended.at(-1)?.status).not.toBe(0)
    const written = readdirSync(join(place, 'target', 'snowflake'), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    expect(written.length).toBeGreaterThan(3)
    for (const text of [...ended.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...written])
      expect(text).not.toContain(canary)
  })
})

test('a procedure that there is not is told with those that there are, and nothing of an earlier call', async () => {
  const place = project({ ...SMALL, '.df-credentials.json': LOCAL, 'lake/manifest.json': '{"files": []}' })
  await dataformWell(place, ['compile', '--procedures'])
  expect((await dataformWell(place, ['call', 'SP_ALL'])).stdout).toMatch(/\n\nprocedure +status/)
  const { status, stdout, stderr } = await dataform(place, ['call', 'SP_NONE'])
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(
    /^error: the procedure DEMO\.\S+\.SP_NONE does not exist\n {2}= help: these are known: .*\bDEMO\.\S+\.SP_ALL\b/m,
  )
})
