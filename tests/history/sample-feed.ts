import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { random } from '../../pipeline/feed/random.ts'

type Row = Record<string, unknown>

const FIRST = Date.UTC(2025, 0, 1)
const dayAt = (number: number): string => new Date(FIRST + number * 86_400_000).toISOString().slice(0, 10)

/** A day's source files, as they are landed: paths below a folder of their own. */
export interface SampleDay {
  readonly date: string
  readonly folder: string
}

/**
 * Writes the published sample as a first day and `days` further ones that go on from it: customers change plan, status and
 * address, vanish and return, a price rises, and a few of them do something, now and then on the day after.
 */
export function writeSampleFeed(sample: string, out: string, days: number): readonly SampleDay[] {
  const { chance, pick, between } = random(20250101)
  const customers = readFileSync(join(sample, 'customers.ndjson'), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Row)
  const plans = readFileSync(join(sample, 'plans.csv'), 'utf8').trimEnd().split(/\r?\n/)
  const planIds = [...new Set(customers.map(row => row.plan_id as string))]
  const first = join(out, dayAt(0))
  cpSync(sample, first, { recursive: true, filter: path => !path.endsWith('README.md') })
  const written: SampleDay[] = [{ date: dayAt(0), folder: first }]
  let gone: Row[] = []
  for (let number = 1; number <= days; number += 1) {
    const date = dayAt(number)
    const digits = date.replaceAll('-', '')
    const left = customers.filter(() => chance(0.002))
    for (const row of left) customers.splice(customers.indexOf(row), 1)
    const back = gone.filter(() => chance(0.3))
    gone = [...gone.filter(row => !back.includes(row)), ...left]
    customers.push(...back)
    for (const [index, row] of customers.entries())
      if (chance(0.005))
        customers[index] = {
          ...row,
          ...pick<Row>([
            { plan_id: pick(planIds) },
            { status: pick(['active', 'suspended']) },
            { address: `${number} Way` },
          ]),
          ...(chance(0.1) && { first_name: `Renamed${number}` }),
        }
    const events = Array.from({ length: 200 }, (_, at) => ({
      event_id: `made-${digits}-${at}`,
      customer_id: pick(customers).customer_id,
      event_type: 'login',
      event_timestamp: `${chance(0.1) ? dayAt(number + 1) : date}T${String(between(0, 23)).padStart(2, '0')}:00:00Z`,
      device_type: 'Web',
      ip_address: '198.51.100.7',
      network_type: '4G',
      payload: {},
    }))
    const folder = join(out, date)
    const put = (path: string, lines: readonly string[]): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), `${lines.join('\n')}\n`)
    }
    const json = (rows: readonly unknown[]): readonly string[] => rows.map(row => JSON.stringify(row))
    put(`customers_${digits}.ndjson`, json(customers))
    put(`plans_${digits}.csv`, plans)
    put(`activity_logs/logs_${digits}.ndjson`, json(events))
    written.push({ date, folder })
  }
  return written
}

/** The folder of the published sample beside the project; undefined where it is missing. */
export function sampleFolder(root: string): string | undefined {
  const folder = join(root, '..', 'shared', 'data', 'telco_sample')
  return existsSync(folder) && readdirSync(folder).length > 0 ? folder : undefined
}
