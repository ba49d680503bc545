import { beforeAll, describe, expect, it } from 'vitest'
import { checkText, checkTexts, type Finding } from '../helpers/check-text.ts'
import { BROKEN, type Broken } from './broken.ts'
import { SEEDS } from './seeds.ts'

const nameOf = ({ seed, fault }: Broken): string => `${seed}: ${fault}`
const found = new Map<string, Finding[]>()
const checksOf = (name: string): readonly string[] =>
  [...new Set(found.get(name)?.map(finding => finding.check))].sort()

beforeAll(async () => {
  const texts = new Map<string, string>(Object.entries(SEEDS))
  for (const broken of BROKEN)
    texts.set(
      nameOf(broken),
      SEEDS[broken.seed].replace(broken.from, () => broken.to),
    )
  for (const finding of await checkTexts(texts)) found.set(finding.name, [...(found.get(finding.name) ?? []), finding])
}, 300_000)

describe('texts in the forms that a deployment has', () => {
  it.each(Object.keys(SEEDS))('%s: no check finds anything', name => {
    expect(found.get(name) ?? []).toEqual([])
  })
})

describe('a text with one fault', () => {
  it('each is made by one replacement, and has a name of its own', () => {
    expect(BROKEN.filter(({ seed, from }) => SEEDS[seed].split(from).length !== 2).map(nameOf)).toEqual([])
    expect(new Set(BROKEN.map(nameOf)).size).toBe(BROKEN.length)
  })

  it('is found by a check, but for those that are marked', () => {
    const unfound = BROKEN.filter(broken => checksOf(nameOf(broken)).length === 0)
    expect(unfound.map(nameOf)).toEqual(BROKEN.filter(broken => broken.uncaught === true).map(nameOf))
  })

  it('no check is idle: what each finds, and finds alone', () => {
    const tally: Record<string, { finds: number; alone: number }> = {}
    const rows: string[] = []
    for (const name of BROKEN.map(nameOf)) {
      const checks = checksOf(name)
      rows.push(`${checks.join(' ').padEnd(32)} ${name}`)
      for (const check of checks) {
        const { finds, alone } = tally[check] ?? { finds: 0, alone: 0 }
        tally[check] = { finds: finds + 1, alone: alone + (checks.length === 1 ? 1 : 0) }
      }
    }
    process.stdout.write(`${rows.join('\n')}\n${JSON.stringify(tally)}\n`)
    for (const check of ['sqlfluff', 'interpreter', 'tasks', 'polyglot']) expect(tally[check]?.alone).toBeGreaterThan(0)
  })
})

describe('checkText', () => {
  it('gives the lines of the text that a fault stands on', async () => {
    const sql = `${SEEDS.deploy}${SEEDS['load-staging'].replace('RAISE no_files;', 'RAISE no_file;')}`
    const line = sql.split('\n').findIndex(text => text.includes('no_file;')) + 1
    expect(await checkText('a.sql', sql)).toEqual([
      { name: 'a.sql', check: 'interpreter', line, message: expect.stringContaining('no_file') },
    ])
  })
})
