import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toHtml } from '../../src/report/html.ts'
import type { ActionResult, RunResult, Status } from '../../src/report/results.ts'
import { chromiumPath, inspectPage, openBrowser } from '../helpers/browser.ts'

// Long words are what breaks a narrow page, and markup in a text is what breaks any.
const longName = `DW_DIM_CUSTOMER_${'VERY_LONG_NAME_'.repeat(8)}ASSERTIONS_ROWCONDITIONS`
const markup = '<script>console.error("ran")</script><img src="http://127.0.0.1:9/x.png">'

function action(name: string, status: Status, type: ActionResult['type'] = 'assertion'): ActionResult {
  return {
    target: { database: 'TELCO_DB', schema: type === 'assertion' ? 'ASSERTIONS' : 'DW', name },
    type,
    status,
    start: '2025-01-02T03:04:05.000Z',
    ms: 12,
    rows: status === 'FAILED' ? 1_234_567 : 0,
    sql: ['select 1'],
    executed: ['select 1'],
    error: status === 'FAILED' ? `${longName}: ${markup}` : null,
    file: `definitions/dimensions/${name.toLowerCase()}.sqlx`,
    line: 3,
    assertion:
      type === 'assertion'
        ? {
            severity: status === 'WARNED' ? 'warn' : 'error',
            scope: 'all',
            rule: `every row: ${longName.toLowerCase()} is not null; ${markup}`,
            parent: { database: 'TELCO_DB', schema: 'DW', name: longName },
            failingRows: `select * from TELCO_DB.ASSERTIONS.${longName}`,
          }
        : undefined,
  }
}

const report: RunResult = {
  startedAt: '2025-01-02T03:04:05.000Z',
  ms: 4321,
  engine: 'duckdb',
  exitCode: 1,
  command: `dataform run --actions ${longName}`,
  actions: [
    action(longName, 'FAILED'),
    action('WARNED_ONE', 'WARNED'),
    action('FINE', 'SUCCESSFUL'),
    action('REFUSED_ONE', 'REFUSED'),
    action('NOT_RUN', 'SKIPPED'),
    action(`T_${longName}`, 'SUCCESSFUL', 'incremental'),
    action('DIM_CUSTOMER', 'FAILED', 'scd2'),
  ],
}

describe.skipIf(chromiumPath === undefined)('the HTML report in a browser', () => {
  let browser: Browser
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'report-'))
    browser = await openBrowser()
    writeFileSync(join(folder, 'report.html'), toHtml(report))
    writeFileSync(join(folder, 'empty.html'), toHtml({ ...report, exitCode: 0, actions: [] }))
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  for (const page of ['report.html', 'empty.html']) {
    for (const width of [400, 1400]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        it(`${page} at ${width} px, ${colorScheme}: fits, is silent, asks for nothing`, async () => {
          const findings = await inspectPage(browser, join(folder, page), { width, colorScheme })
          expect(findings).toEqual({ overflowing: [], errors: [], requests: [] })
        })
      }
    }
  }
})
