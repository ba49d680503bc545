import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { validateXML } from 'xmllint-wasm'
import { type ActionResult, exitCodeOf, type RunResult, type Status } from '../../src/report/results.ts'
import { root } from '../helpers/sources.ts'

const schema = readFileSync(join(root, 'tests', 'report', 'junit.xsd'), 'utf8')

/** What an XSD validator says against these documents; nothing where all are valid. */
export async function invalid(...documents: readonly string[]): Promise<readonly string[]> {
  const xml = documents.map((contents, at) => ({ fileName: `junit-${at}.xml`, contents }))
  const { errors } = await validateXML({ xml, schema: [{ fileName: 'junit.xsd', contents: schema }] })
  return errors.map(({ rawMessage }) => rawMessage)
}

const ROWS: Readonly<Partial<Record<Status, number>>> = { SUCCESSFUL: 0, FAILED: 3, WARNED: 2 }

export function check(name: string, status: Status, over: Partial<ActionResult> = {}): ActionResult {
  return {
    target: { database: 'DEMO', schema: 'CHECKS', name },
    type: 'assertion',
    status,
    start: '2025-01-02T03:04:05.000Z',
    ms: 12,
    rows: ROWS[status] ?? null,
    sql: ['select 1'],
    executed: ['SELECT 1'],
    error: status === 'SUCCESSFUL' || status === 'DISABLED' ? null : `${name} said so`,
    file: 'definitions/checks.sqlx',
    line: 4,
    assertion: {
      severity: status === 'WARNED' ? 'warn' : 'error',
      scope: 'all',
      rule: `rule of ${name}`,
      parent: { database: 'DEMO', schema: 'DW', name: 'ORDERS' },
      failingRows: `select * from DEMO.CHECKS.${name}`,
    },
    ...over,
  }
}

export function load(name: string, status: Status, over: Partial<ActionResult> = {}): ActionResult {
  return {
    ...check(name, status),
    target: { database: 'DEMO', schema: 'DW', name },
    type: 'table',
    assertion: undefined,
    ...over,
  }
}

export const runOf = (actions: readonly ActionResult[], interrupted = false): RunResult => ({
  startedAt: '2025-01-02T03:04:05.678Z',
  ms: 4321,
  engine: 'duckdb',
  exitCode: exitCodeOf(actions, interrupted),
  command: 'dataform run',
  actions,
})

/** Cells of a row of a GFM table: a backslash takes the next character's meaning away. */
export function cells(line: string): readonly string[] {
  const parts = ['']
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '|') parts.push('')
    else parts.push(`${parts.pop()}${line[at] === '\\' ? line[++at] : line[at]}`)
  }
  return parts.slice(1, -1).map(part => part.trim())
}

/** Lines outside fenced blocks. */
export function prose(markdown: string): readonly string[] {
  let fence = ''
  return markdown.split(/\r\n|\n|\r/).filter(line => {
    const [ticks = ''] = /^`{3,}/.exec(line) ?? []
    if (fence === '') {
      fence = ticks
      return ticks === ''
    }
    if (ticks.length >= fence.length && line === ticks) fence = ''
    return false
  })
}

/** The rows of the table of assertions. */
export const tableOf = (markdown: string): readonly string[] => {
  const lines = prose(markdown)
  return lines.slice(lines.indexOf('|---|---|---|---|---|---|') + 1).filter(line => line.startsWith('|'))
}
