import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadContracts } from '../../pipeline/contracts.ts'
import { root } from '../helpers/sources.ts'

const folder = mkdtempSync(join(tmpdir(), 'contracts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A project whose contract of events is the flagship's with one text replaced. */
function projectWith(from: string, to: string): string {
  const project = join(folder, Buffer.from(to).toString('hex').slice(0, 40))
  mkdirSync(project, { recursive: true })
  cpSync(join(root, 'includes'), join(project, 'includes'), { recursive: true })
  const file = join(project, 'includes', 'contracts', 'activity_logs.yaml')
  const text = readFileSync(file, 'utf8')
  expect(text).toContain(from)
  writeFileSync(file, text.replace(from, to))
  return project
}

const FILE = 'includes/contracts/activity_logs.yaml'
const DAY = 'date_from_rows: event_timestamp'

describe('a contract that cannot be kept is refused by name', () => {
  test.each([
    ['a day from a column that is none', DAY, 'date_from_rows: nothing', 'must name a TIMESTAMP column'],
    ['a day from a text', DAY, 'date_from_rows: event_type', 'must name a TIMESTAMP column'],
    ['a limit without a day', DAY, '', 'max_days_ahead needs date_from_rows'],
    ['a limit below zero', 'max_days_ahead: 1', 'max_days_ahead: -1', 'max_days_ahead: '],
    ['an unknown key', DAY, `${DAY}\nwhatever: 1`, 'whatever'],
  ])('%s', (_, from, to, message) => {
    expect(() => loadContracts(projectWith(from, to))).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(message),
        place: expect.objectContaining({ file: FILE }),
      }),
    )
  })

  test('the flagship keeps its own', () => {
    expect(loadContracts(root).activity_logs.max_days_ahead).toBe(1)
  })
})
