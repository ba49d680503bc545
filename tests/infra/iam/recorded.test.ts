import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NAMES } from '../../../infra/stages.ts'
import type { RawVersion } from '../../../ingestion-lambda/ledger.ts'
import { buildLambda } from '../../../scripts/lambda.mjs'
import { customer, good, keys, ndjson, PLAN_HEADER } from '../../ingestion/samples.ts'
import { runBundle } from '../../ingestion-lambda/bundle.ts'
import type { Exchange } from '../../ingestion-lambda/proxy.ts'
import { openWorld, type Servers, startServers, type World } from '../../ingestion-lambda/world.ts'
import { openMachine } from '../machine.ts'
import { stages, templates } from '../templates.ts'
import { type Account, account, type Call } from './account.ts'
import { compare, NOTHING_ODD, recorded } from './recorded.ts'
import { spare } from './spare.ts'
import { taskCalls, taskStates } from './tasks.ts'

const made = templates()

const ONE_RIGHT = 'to put an object is one right, whether whole or in parts'
const LISTED =
  'nobody asks by prefix; S3 says that an object is missing to who may list, and these are the folders where it may be'
/** What the function's role may do though its code does not ask for it. */
const FUNCTION_REASONS: Readonly<Record<string, string>> = {
  'begin an upload to ledger/': ONE_RIGHT,
  'begin an upload to arrivals/': ONE_RIGHT,
  'write over arrivals/':
    'a mark says nothing but its name: written again it is the same, so no bucket policy guards it',
  'list raw/': LISTED,
  'list rejected/': LISTED,
  'list ledger/': LISTED,
  'take messages': 'Lambda takes them in the name of the role',
  'finish messages': 'Lambda does it in the name of the role, for what the function has not named as failed',
  'log as the function': 'Lambda sends what the function prints',
  trace: 'Lambda traces its functions in the name of their roles',
}
/** What the machine's role may do though no state of the machine asks for it. */
const MACHINE_REASONS: Readonly<Record<string, string>> = {
  'deliver logs': 'Step Functions sets up the log of a state machine in the name of its role',
  trace: 'Step Functions traces executions in the name of their role',
}

describe('the function', () => {
  let servers: Servers
  let world: World
  let handler = ''
  let outcomes: readonly string[] = []
  const exchanges: Exchange[] = []
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lambda-'))
    handler = join(folder, 'handler.mjs')
    await buildLambda(folder)
    servers = await startServers()
    servers.proxy.answered = exchange => exchanges.push(exchange)
    world = await openWorld(servers)
    const raws = await files(world)
    // Copies that break off are taken back, and their messages come again; then one by one all messages come once more.
    servers.proxy.refuse = ({ method, url = '' }) =>
      method === 'POST' && url.includes('uploadId') ? { status: 403, code: 'AccessDenied' } : undefined
    const broken = await run(raws)
    servers.proxy.refuse = () => undefined
    outcomes = [broken, await run(raws), await run(raws)]
    rmSync(folder, { recursive: true, force: true })
  }, 120_000)
  afterAll(async () => servers?.stop())

  const run = async (raws: readonly RawVersion[]): Promise<string> => {
    const { endpoint } = servers.proxy
    const { answer, log } = await runBundle(raws, {
      handler,
      endpoint,
      bucket: world.bucket,
      topicArn: servers.topicArn,
    })
    const said = [...log.matchAll(/"outcome":"(\w+)"/g)].map(([, outcome]) => outcome)
    return [...said, `${answer?.batchItemFailures.length} failed`].join(' ')
  }

  it('did all that it can do with a file', () => {
    const all = 'accepted accepted accepted duplicate rejected rejected rejected vanished 0 failed'
    // Only what needs no copy is done at first: an empty file is put, and one that is gone is an entry.
    expect(outcomes).toEqual(['rejected vanished 6 failed', all, all])
  })

  const callsIn = (of: Account): readonly Call[] =>
    recorded(exchanges, { [`arn:aws:s3:::${world.bucket}`]: of.lake, [servers.topicArn]: of.arn('Alerts') })

  it.each(stages)('may make every call that it made in %s, and the table has no other', stage => {
    const of = account(made[stage])
    expect(compare(NAMES.roles.ingestion, callsIn(of), of, FUNCTION_REASONS)).toEqual(NOTHING_ODD)
  })

  it('could not have made them with any permission less, but for those that Lambda uses in its name', () => {
    expect(spare(NAMES.roles.ingestion, callsIn(account(made.prod)), made.prod)).toEqual([
      'TakeMessages: sqs:ReceiveMessage',
      'TakeMessages: sqs:DeleteMessage',
      'TakeMessages: sqs:GetQueueAttributes',
      'TakeMessages: sqs:ChangeMessageVisibility',
      'Log: logs:CreateLogStream',
      'Log: logs:PutLogEvents',
      'Trace: xray:PutTraceSegments',
      'Trace: xray:PutTelemetryRecords',
      'Trace: xray:GetSamplingRules',
      'Trace: xray:GetSamplingTargets',
    ])
  })
})

/** A file for each thing that becomes of one. */
async function files(world: World): Promise<readonly RawVersion[]> {
  const content: readonly (readonly [string, Buffer | string])[] = [
    [keys.customers, good.customers],
    [`${keys.plans}.gz`, gzipSync(good.plans)],
    [keys.logs, good.logs],
    [keys.logs, good.logs],
    [keys.plans, `${PLAN_HEADER}\n`],
    [keys.plans, ''],
    ['raw/invoices/invoices_20240502.csv', 'x'],
    [keys.customers, ndjson(customer(1))],
  ]
  const raws: RawVersion[] = []
  for (const [key, bytes] of content) raws.push(await world.deliver(key, bytes))
  const gone = raws.at(-1)
  if (gone !== undefined) await world.lose(gone)
  return raws
}

describe('the state machine', () => {
  it.each(stages)(
    'executed to each of its tasks, asks for nothing in %s that its role may not, nor for less',
    async stage => {
      const machine = await openMachine({ job: async () => undefined })
      await machine.start({ scheduled: '2025-01-01T06:00:00Z', attempt: '1' })
      await machine.started.get('day-2025-01-01-1')
      await machine.start({})
      const template = made[stage]
      expect(new Set(machine.asked.map(({ state }) => state))).toEqual(new Set(taskStates(template)))
      const of = account(template)
      const calls = taskCalls(machine.asked, template).map(call =>
        call.resource === 'arn:machine' ? { ...call, resource: of.arn('Run') } : call,
      )
      expect(compare(NAMES.roles.orchestration, calls, of, MACHINE_REASONS)).toEqual(NOTHING_ODD)
      const more = spare(NAMES.roles.orchestration, calls, template)
      expect(more.filter(each => !/^(DeliverLogs|Trace): /.test(each))).toEqual([])
    },
  )
})

describe('the reader of Snowflake', () => {
  // Nothing of ours runs there. "Configuring a Snowflake storage integration to access Amazon S3" says what a stage takes that is
  // only read, https://docs.snowflake.com/en/user-guide/data-load-s3-config-storage-integration: these four.
  const DOCUMENTED = ['s3:GetBucketLocation', 's3:GetObject', 's3:GetObjectVersion', 's3:ListBucket']

  it.each(stages)('may in %s what Snowflake documents, below staging/, and the table has no other', stage => {
    const of = account(made[stage])
    const calls = DOCUMENTED.map(action => ({
      action,
      resource: action.startsWith('s3:GetObject') ? `${of.lake}/staging/customers/x` : of.lake,
      ...(action === 's3:ListBucket' && { context: { 's3:prefix': 'staging/customers/' } }),
    }))
    expect(compare(NAMES.roles.snowflake, calls, of, {})).toEqual(NOTHING_ODD)
    expect(spare(NAMES.roles.snowflake, calls, made[stage])).toEqual([])
  })
})
