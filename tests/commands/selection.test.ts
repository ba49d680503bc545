import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { dataform, dataformWell, lastRun, project, statuses } from '../run/project.ts'
import { type DryStep, files, stored } from './shop.ts'

/** Never run, so that nothing locks: what only compiles or fails early may go side by side. */
let fresh: string
beforeAll(() => {
  fresh = project(files)
})

// They only read a project that was never run, so they may go side by side.
describe.concurrent('which actions', () => {
  const chosen = async (...flags: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await dataformWell(fresh, ['run', '--dry-run', '--json', ...flags])
    return (JSON.parse(stdout) as DryStep[])
      .slice(1)
      .map(({ name }) => name)
      .sort()
  }

  it.each<[string, readonly string[]]>([
    ['--actions LONELY', ['DW.LONELY']],
    ['--actions lonely,mart.totals', ['DW.LONELY', 'MART.TOTALS']],
    ['--actions LONELY --actions DEMO.MART.TOTALS', ['DW.LONELY', 'MART.TOTALS']],
    [
      '--actions DW.* --tags daily',
      ['DW.JOURNAL', 'DW.LONELY', 'DW.ORDERS', 'DW.STAMP', 'MART.TOTALS', 'CHECKS.DW_ORDERS_ASSERTIONS_UNIQUEKEY_0'],
    ],
    ['--tags core', ['CHECKS.DW_ORDERS_ASSERTIONS_UNIQUEKEY_0', 'DW.ORDERS']],
    ['--actions TOTALS --include-deps', ['DW.ORDERS', 'MART.TOTALS']],
    [
      '--actions ORDERS --include-dependents',
      [
        'CHECKS.DW_ORDERS_ASSERTIONS_UNIQUEKEY_0',
        'CHECKS.FLOOR',
        'CHECKS.WATCH',
        'DW.JOURNAL',
        'DW.ORDERS',
        'MART.TOTALS',
      ],
    ],
  ])('%s', async (flags, names) => {
    expect(await chosen(...flags.split(' '))).toEqual([...names].sort())
  })

  it('a run executes those and no others', async () => {
    const folder = project(files)
    await dataformWell(folder, ['run', '--actions', 'TOTALS', '--include-deps'])
    expect(statuses(lastRun(folder))).toEqual({ ORDERS: 'SUCCESSFUL', TOTALS: 'SUCCESSFUL' })
    expect(Object.keys(await stored(folder))).toEqual(['DW.ORDERS', 'MART.TOTALS'])
  })
})

describe.concurrent('what is wrong', () => {
  it.each<[string, number, RegExp]>([
    ['run --actions ORDRES', 1, /no action is called ORDRES\n.*did you mean ORDERS\?/],
    ['run --actions MART.TOTAL', 1, /no action is called MART\.TOTAL\n.*did you mean MART\.TOTALS/],
    ['run --tags dayly', 1, /no action has the tag dayly\n.*did you mean daily\?/],
    ['show ORDRES', 1, /did you mean ORDERS\?/],
    ['run --frobnicate', 2, /unknown option '--frobnicate'/],
    ['frobnicate', 2, /unknown command 'frobnicate'/],
    ['run --action-retry-limit often', 2, /often is not a whole number/],
    ['run --timeout soon', 2, /--timeout takes a duration such as 90s, not soon/],
    ['run --include-deps', 2, /need --actions or --tags/],
    ['run --vars lowest', 2, /--vars takes name=value pairs, not lowest/],
    ['show', 2, /show needs an action or --sql/],
    ['run --credentials missing.json', 1, /missing\.json: this credentials file does not exist\n.*--credentials/],
    ['run --dry-run --credentials missing.json', 1, /missing\.json/],
    ['show LONELY --credentials missing.json', 1, /missing\.json/],
    ['test --credentials missing.json', 1, /missing\.json/],
    ['show LONELY', 1, /this warehouse does not exist yet\n.*dataform run/],
    ['report', 1, /there is no run to report\n.*dataform run/],
  ])('%s: %i', async (line, code, message) => {
    const { status, stderr } = await dataform(fresh, line.split(' '))
    expect(stderr).toMatch(message)
    expect(status).toBe(code)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(existsSync(join(fresh, 'target'))).toBe(false)
  })

  it('a folder without a project: 1, and says so', async () => {
    const { status, stderr } = await dataform(fresh, ['run', 'definitions'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error: .*dataform\.json/)
  })
})
