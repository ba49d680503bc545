import { describe, expect, it } from 'vitest'
import { type Effects, realEffects } from '../../src/effects.ts'
import type { Step } from '../../src/plan/types.ts'
import type { ActionResult, Status } from '../../src/report/results.ts'
import { lineOf, showProgress } from '../../src/run/progress.ts'
import { t, table } from '../plan/fixtures.ts'

const result = (status: Status, over: Partial<ActionResult> = {}): ActionResult => ({
  target: t('ORDERS'),
  type: 'table',
  status,
  start: null,
  ms: 12,
  rows: null,
  sql: [],
  executed: [],
  error: null,
  file: 'definitions/orders.sqlx',
  line: 1,
  ...over,
})

const checked = (status: Status, rows: number): ActionResult =>
  result(status, {
    type: 'assertion',
    rows,
    assertion: { severity: 'error', scope: 'all', rule: '', parent: null, failingRows: 'select * from V' },
  })

describe('the line of an action', () => {
  it.each<[string, ActionResult]>([
    ['Table created: DW.ORDERS (12 ms, 3 rows)', result('SUCCESSFUL', { rows: 3 })],
    ['Table created: DW.ORDERS (12 ms, 1 row)', result('SUCCESSFUL', { rows: 1 })],
    ['View created: DW.ORDERS (12 ms)', result('SUCCESSFUL', { type: 'view' })],
    ['Table loaded: DW.ORDERS (12 ms, 0 rows)', result('SUCCESSFUL', { type: 'incremental', rows: 0 })],
    ['History loaded: DW.ORDERS (12 ms, 2 rows)', result('SUCCESSFUL', { type: 'scd2', rows: 2 })],
    ['Stage loaded: DW.ORDERS (12 ms, 2 rows)', result('SUCCESSFUL', { type: 'copy', rows: 2 })],
    ['Operation completed successfully: DW.ORDERS (12 ms)', result('SUCCESSFUL', { type: 'operations' })],
    ['Assertion passed: DW.ORDERS (12 ms)', checked('SUCCESSFUL', 0)],
    ['Assertion failed: DW.ORDERS: 1 row; see them with: select * from V', checked('FAILED', 1)],
    ['Assertion warned: DW.ORDERS: 2 rows; see them with: select * from V', checked('WARNED', 2)],
    ['FAILED: DW.ORDERS\n  no\n    = help: look', result('FAILED', { type: 'assertion', error: 'no\n  = help: look' })],
    ['TIMED_OUT: DW.ORDERS\n  late', result('TIMED_OUT', { error: 'late' })],
    ['CANCELLED: DW.ORDERS\n  interrupted', result('CANCELLED', { error: 'interrupted' })],
    ['Skipping: DW.ORDERS (DW.A did not end well)', result('SKIPPED', { error: 'DW.A did not end well' })],
    ['Disabled: DW.ORDERS', result('DISABLED')],
  ])('%s', (line, given) => {
    expect(lineOf(given)).toBe(line)
  })
})

describe('progress', () => {
  const step = (name: string): Step => ({
    action: table({ target: t(name) }),
    target: t(name),
    type: 'table',
    dependencies: [],
    prepare: [],
    load: [],
    definitions: [],
    writes: [],
  })

  /** Shows two actions, one of which fails; returns what came out. */
  function show(over: Partial<Effects>, quiet: boolean): { out: string; err: string } {
    const said = { out: '', err: '' }
    const effects: Effects = {
      ...realEffects,
      isTerminal: false,
      columns: 80,
      stdout: text => {
        said.out += text
      },
      stderr: text => {
        said.err += text
      },
      ...over,
    }
    const progress = showProgress(effects, 2, quiet)
    progress.start(step('ORDERS'))
    progress.start(step('LINES'))
    progress.end(result('SUCCESSFUL', { rows: 3 }))
    progress.end(result('FAILED', { target: t('LINES'), error: 'no' }))
    progress.stop()
    return said
  }

  it('plain lines where there is no terminal; failures on stderr', () => {
    expect(show({}, false)).toEqual({
      out: 'Table created: DW.ORDERS (12 ms, 3 rows)\n',
      err: 'FAILED: DW.LINES\n  no\n',
    })
  })

  it('on a terminal also what runs now, taken away again at the end', () => {
    const { out, err } = show({ isTerminal: true }, false)
    expect(out).toBe('Table created: DW.ORDERS (12 ms, 3 rows)\n')
    expect(err.split('\r\u001b[2K')).toEqual([
      '',
      '[0/2] DW.ORDERS',
      '[0/2] DW.ORDERS, DW.LINES',
      '[1/2] DW.LINES',
      'FAILED: DW.LINES\n  no\n',
      '',
    ])
  })

  it('never more than fits one line of the terminal, which could not be taken away', () => {
    const { err } = show({ isTerminal: true, columns: 16 }, false)
    expect(err.split('\r\u001b[2K')[2]).toBe('[0/2] DW.ORDER…')
  })

  it('quiet says nothing at all', () => {
    expect(show({ isTerminal: true }, true)).toEqual({ out: '', err: '' })
  })
})
