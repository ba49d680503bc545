import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generate } from '../../pipeline/feed/generate.ts'
import { openLake } from '../../pipeline/open-lake.ts'
import { reconcile } from '../../pipeline/reconcile.ts'
import { type Machine, openMachine } from '../infra/machine.ts'
import { useAws } from '../ingestion-lambda/moto.ts'
import { openWorld, type Servers, startServers } from '../ingestion-lambda/world.ts'
import { customer, type Line, openLine, type Values } from '../pipeline/line.ts'
import { finished } from './parity.ts'
import { type Spark, startSpark } from './spark.ts'

let servers: Servers
let spark: Spark
beforeAll(async () => {
  servers = await startServers()
  spark = await startSpark(servers.moto)
  return useAws(servers.moto.endpoint)
}, 300_000)
afterAll(async () => {
  await spark?.stop()
  await servers?.stop()
})

/** Days of the feed. */
const DAYS = 2

/** Files below a folder, with their keys. */
function filesOf(folder: string): readonly { readonly key: string; readonly content: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(each => each.isFile())
    .map(each => join(each.parentPath, each.name))
    .sort()
    .map(path => ({ key: relative(folder, path).split(sep).join('/'), content: readFileSync(path) }))
}

/** The deployed machine on a bucket: its jobs are Spark's, and the first so many runs of the first one die before their end. */
async function machineOn(lake: string, dying: number): Promise<Machine> {
  let left = dying
  return openMachine({
    job: async (name, argv) => {
      const crash = name === 'clean' && left > 0
      if (crash) left -= 1
      const asked = ['--lake', lake, '--endpoint', servers.moto.endpoint, ...argv]
      finished(await spark.run(name, asked, { crash }))
    },
  })
}

/** Every row of the warehouse, but for moments and for the names of staged files, which a run in the cloud chooses otherwise. */
async function rows(line: Line): Promise<Readonly<Record<string, readonly Values[]>>> {
  const isOther = (name: string): boolean => /(loaded|held)_at$|^modified$/.test(name)
  const kept = Object.entries(await line.dump()).filter(([name]) => name !== 'DATAFORM.LOAD_HISTORY')
  const plain = (row: Values): Values => Object.fromEntries(Object.entries(row).filter(([name]) => !isOther(name)))
  return Object.fromEntries(kept.map(([name, all]) => [name, all.map(plain)]))
}

describe('from files in a bucket to the warehouse, end to end', () => {
  it('F43 events → function → state machine → Spark → staging → COPY INTO → assertions give every row of the local line', async () => {
    const began = Date.now()
    const here = openLine()
    const feed = join(here.places.lake, '..', 'feed')
    generate({ out: feed, customers: 40, days: DAYS, start: '2025-01-01', seed: 4, faults: 0.02 })
    await (await openLake(here.places, here.effects)).land(feed, undefined)
    const delivered = filesOf(join(here.places.lake, 'raw'))
    const local = await here.run()

    // Object-created events, in batches of several messages, to the function as it is deployed.
    const world = await openWorld(servers)
    const raw = []
    for (const { key, content } of delivered) raw.push([await world.deliver(`raw/${key}`, content)])
    for (let at = 0; at < raw.length; at += 5)
      expect((await world.take(raw.slice(at, at + 5))).batchItemFailures).toEqual([])
    const count = (outcome: string): number => world.heard.logs.filter(entry => entry.outcome === outcome).length
    const [accepted, rejected] = [count('accepted'), count('rejected')]
    expect([accepted, rejected]).toEqual(
      ['accepted', 'rejected'].map(outcome => local.files.filter(file => file.outcome === outcome).length),
    )
    expect(world.heard.alerts).toHaveLength(rejected)

    // The day's run, of which the first attempt dies before it has published anything.
    const lake = `s3://${world.bucket}` as const
    const machine = await machineOn(lake, 1)
    const ended = await machine.start({ scheduled: '2025-01-04T06:00:00Z', attempt: '1' })
    expect(ended.last).toBe('Started')
    expect(await machine.started.get('day-2025-01-04-1')).toMatchObject({ status: 'SUCCEEDED', last: 'Staged' })
    expect(machine.runs).toEqual(['clean failed', 'clean well', 'stage well'])
    expect(machine.alerts).toEqual([])

    // The warehouse reads what is staged, and nothing else is left to do.
    const there = openLine({ lake })
    const result = await there.run()
    expect([result.run.exitCode, result.files.length, result.cleaned.length, result.staged.length]).toEqual([
      local.run.exitCode,
      0,
      0,
      0,
    ])
    expect(result.isWaiting).toBe(false)
    expect(await rows(there)).toEqual(await rows(here))

    const ledger = await reconcile(there.places, there.effects)
    expect(ledger.filter(({ addsUp }) => !addsUp)).toEqual([])
    expect(ledger).toHaveLength(accepted)
    const sum = (pick: (file: (typeof ledger)[number]) => number | null): number =>
      ledger.reduce((total, file) => total + (pick(file) ?? 0), 0)
    const facts = Number((await there.ask('select count(*) from TELCO_DB.DW.FACT_ACTIVITY'))[0]?.[0]?.[0])
    expect(sum(file => file.facts)).toBe(facts)
    process.stdout.write(
      `${delivered.length} files, ${accepted} accepted, ${rejected} rejected: ${sum(file => file.received)} rows received = ${sum(file => file.good)} good + ${sum(file => file.bad)} bad + ${sum(file => file.duplicate)} duplicate + ${sum(file => file.conflict)} conflict; ${facts} facts; ${((Date.now() - began) / 1000).toFixed(0)} s\n`,
    )
  }, 600_000)

  it('F44 job A always fails: three attempts of Spark, one alert, B never starts, nothing is published', async () => {
    const world = await openWorld(servers)
    const bad = JSON.stringify(customer('C1', { status: 'gone' }))
    await world.take([[await world.deliver('raw/customers/customers_20250101.ndjson', `${bad}\n`)]])
    const machine = await machineOn(`s3://${world.bucket}`, 0)
    const ended = await machine.start({ date: '2025-01-01', attempt: '1' }, 'day-2025-01-01-1')
    expect(ended.status).toBe('FAILED')
    expect(machine.runs).toEqual(['clean failed', 'clean failed', 'clean failed'])
    expect(machine.alerts.map(({ Message }) => Message.error.Error)).toEqual(['States.TaskFailed'])
    expect(machine.alerts[0]?.Message.error.Cause).toContain(
      '1 of 1 rows of raw/customers/customers_20250101.ndjson are bad',
    )
    expect((await world.keys()).filter(key => /^(clean|staging)\//.test(key))).toEqual([])
  }, 300_000)
})
