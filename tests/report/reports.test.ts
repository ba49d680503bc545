import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { toHtml } from '../../src/report/html.ts'
import { toJUnit } from '../../src/report/junit.ts'
import { toMarkdown } from '../../src/report/markdown.ts'
import { type ActionResult, ruleInWords, type Status } from '../../src/report/results.ts'
import { summarise } from '../../src/report/summary.ts'
import { writeReports } from '../../src/report/write.ts'
import { assertion, t } from '../plan/fixtures.ts'
import { cells, check, invalid, load, prose, runOf, tableOf } from './fixtures.ts'

/** One of every kind, on two relations. */
const everything: readonly ActionResult[] = [
  load('ORDERS', 'SUCCESSFUL', { rows: 1234 }),
  load('BROKEN', 'FAILED', { error: 'definitions/broken.sqlx:2: no such column' }),
  check('PASSES', 'SUCCESSFUL'),
  check('PASSES_TOO', 'SUCCESSFUL', { ms: 988 }),
  check('FAILS', 'FAILED'),
  check('CANNOT_COUNT', 'FAILED', { rows: null }),
  check('WARNS', 'WARNED'),
  check('TAKES_TOO_LONG', 'TIMED_OUT'),
  check('REFUSED', 'REFUSED'),
  check('SKIPPED', 'SKIPPED'),
  check('OFF', 'DISABLED'),
  check('CANCELLED', 'CANCELLED'),
  check('ALONE', 'FAILED', {
    assertion: { severity: 'error', scope: 'new', rule: 'own', parent: null, failingRows: 'select 1' },
  }),
]

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length

/** The attributes of the elements of this name, in order. */
function attributes(xml: string, element: string): readonly Readonly<Record<string, string>>[] {
  return [...xml.matchAll(new RegExp(`<${element}\\b([^>]*)>`, 'g'))].map(([, text = '']) =>
    Object.fromEntries([...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
  )
}

describe('exit code and verdict', () => {
  it.each<[readonly Status[], boolean, number]>([
    [[], false, 0],
    [['SUCCESSFUL', 'WARNED', 'DISABLED', 'SKIPPED'], false, 0],
    [['SUCCESSFUL', 'FAILED'], false, 1],
    [['REFUSED'], false, 1],
    [['TIMED_OUT'], false, 1],
    [['FAILED', 'CANCELLED'], true, 130],
    [['SUCCESSFUL'], true, 130],
  ])('%j, interrupted %j: %i', (statuses, interrupted, code) => {
    expect(
      runOf(
        statuses.map((status, at) => check(`C${at}`, status)),
        interrupted,
      ).exitCode,
    ).toBe(code)
  })

  it.each<[readonly ActionResult[], boolean, string]>([
    [[], false, 'All is well'],
    [[check('A', 'WARNED')], false, 'All is well, with 1 warning'],
    [[check('A', 'WARNED'), check('B', 'WARNED')], false, 'All is well, with 2 warnings'],
    [[check('A', 'FAILED')], false, '1 assertion failed'],
    [
      [check('A', 'FAILED'), check('B', 'TIMED_OUT'), load('T', 'FAILED')],
      false,
      '2 assertions failed, 1 action failed',
    ],
    [[check('A', 'REFUSED'), load('T', 'REFUSED')], false, '2 actions failed'],
    [[check('A', 'FAILED')], true, 'Interrupted'],
  ])('case %#', (actions, interrupted, verdict) => {
    expect(summarise(runOf(actions, interrupted)).verdict).toBe(verdict)
  })

  it('every assertion is in one heap, and only assertions are', () => {
    const { verdict, isGood, ...heaps } = summarise(runOf(everything))
    expect(heaps).toEqual({ passed: 2, failed: 4, warned: 1, refused: 1, notRun: 3 })
    expect([verdict, isGood]).toEqual(['4 assertions failed, 2 actions failed, 1 warning', false])
  })
})

describe('a rule in words', () => {
  it('is the description, else the columns or conditions, else the name', () => {
    const rule = { kind: 'rowConditions', conditions: ['a > 0', 'b is not null'] } as const
    expect(ruleInWords(assertion({ description: 'Orders have a price', rule }))).toBe('Orders have a price')
    expect(ruleInWords(assertion({ rule }))).toBe('every row: a > 0; b is not null')
    expect(ruleInWords(assertion({ rule: { kind: 'uniqueKey', columns: ['A', 'B'] } }))).toBe('A, B is unique')
    expect(ruleInWords(assertion({ target: t('NO_ORPHANS') }))).toBe('no row of NO_ORPHANS')
  })
})

describe('JUnit XML', () => {
  const xml = toJUnit(runOf(everything))

  it('the schema itself refuses what is no JUnit', async () => {
    const wrong = [
      xml.replace('tests="11"', 'tests="many"'),
      xml.replace('<skipped', '<ignored'),
      xml.replace(/<failure message="[^"]*"/, '<failure'),
      xml.replace('name="PASSES_TOO"', 'name="PASSES"'),
      xml.replace('</testsuites>', ''),
    ]
    for (const document of wrong) {
      expect(document).not.toBe(xml)
      expect(await invalid(document)).not.toEqual([])
    }
  })

  it('is valid with assertions of every status, and with none', async () => {
    expect(await invalid(xml, toJUnit(runOf([])), toJUnit(runOf([load('T', 'FAILED')])))).toEqual([])
  })

  it('its counts are those of the results, in all and for each suite', () => {
    const [all] = attributes(xml, 'testsuites')
    expect(all).toEqual({ name: 'assertions', tests: '11', failures: '2', errors: '3', skipped: '3', time: '1.108' })
    expect(
      attributes(xml, 'testsuite').map(({ name, tests, failures, errors, skipped }) => [
        name,
        tests,
        failures,
        errors,
        skipped,
      ]),
    ).toEqual([
      ['DW.ORDERS', '10', '1', '3', '3'],
      ['CHECKS.ALONE', '1', '1', '0', '0'],
    ])
    for (const text of xml.split('<testsuite ').slice(1)) {
      const [suite] = attributes(`<testsuite ${text}`, 'testsuite')
      expect(suite).toMatchObject({
        tests: String(count(text, /<testcase /g)),
        failures: String(count(text, /<failure /g)),
        errors: String(count(text, /<error /g)),
        skipped: String(count(text, /<skipped /g)),
        timestamp: '2025-01-02T03:04:05',
      })
    }
  })

  it('each status has its element, with the message, the place and the SQL of the rows', () => {
    const cases: Readonly<Record<string, string>> = Object.fromEntries(
      xml
        .split('<testcase ')
        .slice(1)
        .map(text => [/name="([^"]*)"/.exec(text)?.[1] ?? '', text.replace(/<\/testsuite>.*/s, '')]),
    )
    const elements = Object.entries(cases).map(([name, text]) => [
      name,
      /<(failure|error|skipped|system-out)\b/.exec(text)?.[1],
    ])
    expect(Object.fromEntries(elements)).toEqual({
      PASSES: undefined,
      PASSES_TOO: undefined,
      FAILS: 'failure',
      CANNOT_COUNT: 'error',
      WARNS: 'system-out',
      TAKES_TOO_LONG: 'error',
      REFUSED: 'error',
      SKIPPED: 'skipped',
      OFF: 'skipped',
      CANCELLED: 'skipped',
      ALONE: 'failure',
    })
    expect(cases.FAILS).toContain(
      '<failure message="FAILS said so">rule of FAILS\ndefinitions/checks.sqlx:4\nrows: select * from DEMO.CHECKS.FAILS</failure>',
    )
    expect(cases.WARNS).toContain('<system-out>warning: WARNS said so\n')
    expect(cases.SKIPPED).toContain('<skipped message="SKIPPED said so"/>')
    expect(cases.OFF).toContain('<skipped message="disabled"/>')
  })
})

describe('report.json and the other files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('all forms are written, replaced as a whole, and nothing else is left', () => {
    const below = join(folder, 'deep', 'assertions')
    const page = writeReports(below, runOf([]))
    expect(page).toBe(join(below, 'report.html'))
    writeReports(below, runOf(everything))
    expect(readdirSync(below).sort()).toEqual(['junit.xml', 'report.html', 'report.json', 'report.md'])
    expect(readFileSync(join(below, 'junit.xml'), 'utf8')).toBe(toJUnit(runOf(everything)))
    expect(readFileSync(page, 'utf8')).toBe(toHtml(runOf(everything)))
    expect(readFileSync(join(below, 'report.md'), 'utf8')).toBe(toMarkdown(runOf(everything)))
  })

  it('report.json comes back as it was: the run, its summary and the assertions, of every status', () => {
    const run = runOf(everything)
    writeReports(folder, run)
    const { actions, ...facts } = run
    expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).toEqual({
      ...facts,
      summary: summarise(run),
      assertions: actions.filter(({ type }) => type === 'assertion'),
    })
  })
})

describe('HTML', () => {
  const html = toHtml(runOf(everything))

  it('what went wrong comes first; a passed assertion is closed', () => {
    const shown = [...html.matchAll(/<li class="(\w+)"><details( open)?>/g)].map(
      ([, status, open]) => `${status}${open ?? ''}`,
    )
    expect(shown).toEqual([
      'failed open',
      'failed open',
      'failed open',
      'timed_out open',
      'refused open',
      'warned open',
      'cancelled open',
      'skipped open',
      'disabled open',
      'successful',
      'successful',
    ])
  })

  it('a failed assertion shows how many rows, its severity, scope, place and SQL', () => {
    const [card = ''] = html.split('<li ').filter(text => text.includes('rule of FAILS'))
    for (const text of [
      '3 failing rows',
      'error severity',
      'the whole relation',
      'definitions/checks.sqlx:4',
      'select * from DEMO.CHECKS.FAILS',
      'DW.ORDERS',
    ])
      expect(card).toContain(text)
    expect(html).toContain('only what the run added')
  })

  it('one that could not be counted shows its error, and so does a broken table', () => {
    expect(html).toContain('<p class="error">CANNOT_COUNT said so</p>')
    expect(html).toContain('<p class="error">definitions/broken.sqlx:2: no such column</p>')
  })

  it('the tiles are the summary', () => {
    const tiles = [...html.matchAll(/<dd>(\d+)<\/dd><dt>([\w ]+)<\/dt>/g)].map(([, value, name]) => `${name} ${value}`)
    expect(tiles).toEqual(['passed 2', 'failed 4', 'warned 1', 'refused 1', 'not run 3'])
    expect(html).toContain('exit code 1 · duckdb · started 2025-01-02 03:04:05 UTC · 4.3 s')
  })
})

describe('Markdown', () => {
  const markdown = toMarkdown(runOf(everything))

  it('has the verdict, the counts, a row for each assertion, and how to run it again', () => {
    expect(markdown).toMatch(/^# 4 assertions failed, 2 actions failed, 1 warning\n/)
    expect(markdown).toContain('2 passed, 4 failed, 1 warned, 1 refused, 3 not run.')
    expect(tableOf(markdown).map(cells)).toContainEqual([
      'FAILED',
      'DW.ORDERS',
      'rule of FAILS',
      'error',
      '3',
      'definitions/checks.sqlx:4',
    ])
    expect(tableOf(markdown)).toHaveLength(11)
    expect(markdown).toMatch(/Run it again:\n\n```sh\ndataform run\n```\n$/)
  })

  it('tells of each failure and warning with the SQL to see it; not of what was skipped because of another', () => {
    const headings = prose(markdown).filter(line => line.startsWith('## '))
    expect(headings).toEqual([
      '## FAILED: DW.BROKEN',
      '## FAILED: CHECKS.FAILS',
      '## FAILED: CHECKS.CANNOT_COUNT',
      '## WARNED: CHECKS.WARNS',
      '## TIMED_OUT: CHECKS.TAKES_TOO_LONG',
      '## REFUSED: CHECKS.REFUSED',
      '## CANCELLED: CHECKS.CANCELLED',
      '## FAILED: CHECKS.ALONE',
      '## Assertions',
    ])
    expect(markdown).toContain('```sql\nselect * from DEMO.CHECKS.FAILS\n```')
    expect(markdown).toContain('```\ndefinitions/broken.sqlx:2: no such column\n```')
  })
})
