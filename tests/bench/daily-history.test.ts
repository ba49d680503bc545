import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFeed } from '../../bench/daily/feed.ts'
import type { FeedSize } from '../../bench/daily/rows.ts'
import { type Bench, prepareWarehouse } from '../../bench/daily/states.ts'
import { literal, openDatabase } from '../../bench/helpers/duckdb.ts'
import { copyProject } from '../../bench/helpers/project.ts'
import { findRoot } from '../../bench/helpers/root.ts'

const size: FeedSize = { customers: 1000, eventsPerDay: 40, changedOneOf: 20 }
const days = 6
const late = 4
const home = mkdtempSync(join(tmpdir(), 'bench-daily-'))

async function openBench(isWritten: boolean): Promise<Bench> {
  const root = findRoot()
  const project = join(home, 'project')
  copyProject(root, project)
  const made = Array.from({ length: days }, (_, at) => at + 1)
  const feed = join(home, 'feed')
  const files = await makeFeed(feed, size, { last: days, made, revised: late }, () => undefined)
  return { root, size, isWritten, feed, files, states: join(home, String(isWritten)), project, reference: undefined }
}

// A load of several days numbers its publications otherwise; the day that one is of is the same.
const dayOfPublication = (column: string): string =>
  `(select min(l.business_date) from W.DATAFORM.LEDGER l where l.dataset = 'DW.DIM_CUSTOMER' and l.publication = ${column})`
const contents: Readonly<Record<string, string>> = {
  versions: `select * replace (${['known_from', 'end_known_from'].map(name => `${dayOfPublication(name)} as ${name}`).join(', ')}) from W.DW.DIM_CUSTOMER order by customer_sk`,
  facts: 'select * exclude (known_from) from W.DW.FACT_ACTIVITY order by event_id',
  plans: 'select * from W.DW.DIM_PLAN order by plan_sk',
  prices: 'select * from W.DW.PLAN_PRICE order by all',
  ledger: 'select dataset, business_date, row_count, complete, source from W.DATAFORM.LEDGER order by all',
  copied: 'select relation, file, consumed from W.DATAFORM.LOAD_HISTORY order by all',
  corrections: 'select * from W.DW.ACTIVITY_ATTRIBUTION order by all',
}

async function read(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const database = await openDatabase()
  try {
    await database.run(`attach ${literal(join(folder, 'TELCO_DB.duckdb'))} as W (read_only)`)
    const found: Record<string, unknown> = {}
    for (const [name, sql] of Object.entries(contents)) found[name] = await database.texts(sql)
    return found
  } finally {
    database.close()
  }
}

describe('a history that is written', () => {
  let written: Bench
  let loaded: Bench

  beforeAll(async () => {
    written = await openBench(true)
    loaded = await openBench(false)
  })
  afterAll(() => rmSync(home, { recursive: true, force: true }))

  it.each([
    ['with every day', undefined],
    ['without the customers of one', late],
  ])('%s is what loads of its days leave', async (_, without) => {
    const folders = [await prepareWarehouse(written, days, without), await prepareWarehouse(loaded, days, without)]
    const [ours, theirs] = await Promise.all(folders.map(read))
    expect(ours).toEqual(theirs)
    expect(ours?.facts).toHaveLength(days * size.eventsPerDay)
  })
})
