import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/report/results.ts'
import { dataformWell, lastRun, project } from '../run/project.ts'
import { type DryStep, files, stored } from './shop.ts'

/** Statements by action that a dry run prints, without the setup. */
async function dryRun(folder: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const { stdout } = await dataformWell(folder, ['run', '--dry-run', '--json'])
  const steps = JSON.parse(stdout) as DryStep[]
  return Object.fromEntries(
    steps.slice(1).map(({ name, statements }) => [name, statements.map(({ executed }) => executed)]),
  )
}

function executedBy(run: RunResult): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(run.actions.map(({ target, executed }) => [`${target.schema}.${target.name}`, executed]))
}

describe('run --dry-run', () => {
  it('prints exactly what run then executes, on a warehouse that is not there yet', async () => {
    const { 'definitions/orders.sqlx': orders, 'definitions/totals.sqlx': totals, ...others } = files
    const folder = project({
      ...others,
      'definitions/orders.sqlx': orders.replace('amount / 4 as quarter', 'amount * 4 as fourfold'),
      'definitions/totals.sqlx': totals.replace('div0(sum(amount), count(*))', 'max(amount)'),
    })
    const promised = await dryRun(folder)
    expect(existsSync(join(folder, '.local', 'warehouse'))).toBe(false)
    expect(existsSync(join(folder, 'target'))).toBe(false)
    await dataformWell(folder, ['run'])
    expect(promised['DW.ORDERS']).toHaveLength(4)
    expect(executedBy(lastRun(folder))).toEqual(promised)
  })

  it('prints exactly what run then executes, on one that is, and changes nothing there', async () => {
    const folder = project(files)
    await dataformWell(folder, ['run'])
    const before = await stored(folder)
    // A view anew, a view as it was, rows that are added.
    writeFileSync(
      join(folder, 'definitions', 'lonely.sqlx'),
      'config { type: "view", name: "LONELY" }\nselect 2 / 3 as id',
    )
    const promised = await dryRun(folder)
    expect(await stored(folder)).toEqual(before)
    await dataformWell(folder, ['run'])
    expect(promised['DW.LONELY']?.join()).toContain('DROP TABLE')
    expect(promised['MART.TOTALS']).toEqual([])
    expect(executedBy(lastRun(folder))).toEqual(promised)
    expect((await stored(folder))['DW.LONELY']).toEqual(['0.666667'])
  })

  it("prints the engine's SQL for people; with --verbose Snowflake's too", async () => {
    const fresh = project(files)
    const [plain, verbose] = await Promise.all([
      dataformWell(fresh, ['run', '--dry-run', '--actions', 'LONELY']),
      dataformWell(fresh, ['run', '--dry-run', '--actions', 'LONELY', '--verbose']),
    ])
    expect(plain.stdout).toContain('-- DW.LONELY [table]\n')
    expect(plain.stdout).toContain('\nINSERT INTO DEMO.DW.LONELY SELECT 1 AS id;\n')
    expect(plain.stdout).not.toContain('insert into DEMO.DW.LONELY')
    expect(verbose.stdout).toContain(
      '--   insert into DEMO.DW.LONELY\n--   select 1 as id\nINSERT INTO DEMO.DW.LONELY SELECT 1 AS id;\n',
    )
    expect(existsSync(join(fresh, 'target'))).toBe(false)
  })
})
