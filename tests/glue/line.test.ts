import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NAMES } from '../../infra/stages.ts'
import { generate } from '../../pipeline/feed/generate.ts'
import { openLake } from '../../pipeline/open-lake.ts'
import { reconcile } from '../../pipeline/reconcile.ts'
import { type Account, account, type Call } from '../infra/iam/account.ts'
import { compare, NOTHING_ODD, recorded } from '../infra/iam/recorded.ts'
import { spare } from '../infra/iam/spare.ts'
import { type Machine, openMachine } from '../infra/machine.ts'
import { stages, templates } from '../infra/templates.ts'
import { useAws } from '../ingestion-lambda/moto.ts'
import { type Exchange, type Gate, startProxy } from '../ingestion-lambda/proxy.ts'
import { openWorld, type Servers, startServers } from '../ingestion-lambda/world.ts'
import { customer, type Line, openLine, type Values } from '../pipeline/line.ts'
import { moveAll } from './move.ts'
import { finished } from './parity.ts'
import { type Spark, startSpark } from './spark.ts'

let servers: Servers
/** The jobs' own way to the server, where all that they ask is written down. */
let gate: Gate
let spark: Spark
const exchanges: Exchange[] = []
const buckets: string[] = []
beforeAll(async () => {
  servers = await startServers()
  gate = await startProxy(servers.moto.endpoint)
  gate.answered = exchange => exchanges.push(exchange)
  spark = await startSpark({ ...servers.moto, endpoint: gate.endpoint })
  return useAws(servers.moto.endpoint)
}, 300_000)
afterAll(async () => {
  await spark?.stop()
  await gate?.stop()
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
async function machineOn(bucket: string, dying: number): Promise<Machine> {
  const lake = `s3://${bucket}`
  buckets.push(bucket)
  let left = dying
  return openMachine({
    job: async (name, argv) => {
      const crash = name === 'clean' && left > 0
      if (crash) left -= 1
      const asked = ['--lake', lake, '--endpoint', gate.endpoint, ...argv]
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
    const machine = await machineOn(world.bucket, 1)
    const ended = await machine.start({ scheduled: '2025-01-04T06:00:00Z', attempt: '1' })
    expect(ended.last).toBe('Started')
    expect(await machine.started.get('day-2025-01-04-1')).toMatchObject({ status: 'SUCCEEDED', last: 'Staged' })
    expect(machine.runs).toEqual(['clean failed', 'clean well', 'stage well'])
    expect(machine.alerts).toEqual([])

    // The warehouse reads what is staged, and nothing else is left to do.
    const there = openLine({ lake: `s3://${world.bucket}` })
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
    const machine = await machineOn(world.bucket, 0)
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

/** What the jobs' role may do though no job asks for it here. */
const REASONS: Readonly<Record<string, string>> = {
  'read the code of jobs': 'Glue fetches it in the name of the role',
  'log as a job': 'Glue sends what a job prints',
}

// Spark reads and writes s3:// on Glue 5.1 by S3A, in AWS's own build, and here by that of Hadoop 3.3: what this one asks stands for
// what that one does. Files of more than 128 MB, which S3A writes in parts, take the same rights as the jobs' own large copies.
describe('what the jobs ask of AWS', () => {
  const made = templates()
  const folders = ['clean', 'staging'] as const

  it('large files are renamed in parts, and a copy that breaks off is taken back', async () => {
    const { bucket, store } = await openWorld(servers)
    buckets.push(bucket)
    for (const folder of folders) await store.put(`${folder}/drafts/large`, 'x'.repeat(9_000_000))
    gate.refuse = ({ method, url = '' }) =>
      method === 'POST' && url.includes('/late?uploadId') ? { status: 403, code: 'AccessDenied' } : undefined
    const moves = folders.flatMap(folder =>
      ['late', 'large'].map(name => [`${folder}/drafts/large`, `${folder}/${name}`] as const),
    )
    expect(await moveAll(gate.endpoint, bucket, moves)).toEqual(['refused', 'moved', 'refused', 'moved'])
    expect(exchanges.filter(({ method, url }) => method === 'DELETE' && url.includes('/late?uploadId'))).toHaveLength(2)
  })

  const callsIn = ({ lake }: Account): readonly Call[] =>
    recorded(exchanges, Object.fromEntries(buckets.map(bucket => [`arn:aws:s3:::${bucket}`, lake])))

  it.each(stages)('is what their role may in %s, and the table has no other', stage => {
    const of = account(made[stage])
    expect(compare(NAMES.roles.glue, callsIn(of), of, REASONS)).toEqual(NOTHING_ODD)
  })

  it('would not be allowed with any permission less, but for those that Glue uses in the name of their role', () => {
    const more = spare(NAMES.roles.glue, callsIn(account(made.prod)), made.prod)
    expect([...new Set(more)]).toEqual([
      'ReadCode: s3:GetObject',
      'Log: logs:CreateLogStream',
      'Log: logs:PutLogEvents',
    ])
  })
})
