import type { Engine } from '../../src/engines/engine.ts'
import type { Scd2Action } from '../../src/graph/types.ts'
import { plan } from '../../src/plan/plan.ts'
import type { Step } from '../../src/plan/types.ts'
import { executeOn } from '../helpers/scratch.ts'
import { scd2, t } from '../plan/fixtures.ts'
import type { Delivery, Load, Statement, Tables, Text, VersionRow } from './model.ts'

const FIRST_DAY = Date.UTC(2025, 0, 1)
const DAY = 86_400_000

/** Day numbers as the SQL spells them. */
export const date = (day: number): string => new Date(FIRST_DAY + day * DAY).toISOString().slice(0, 10)
const dayOf = (text: string): number => Math.round((Date.parse(`${text.slice(0, 10)}T00:00:00Z`) - FIRST_DAY) / DAY)
const literal = (value: Text): string => (value === null ? 'null' : `'${value}'`)

/** The model under test: one source table, rows in the order of revisions. */
export const historyAction = (maxVanishedShare: number): Scd2Action =>
  scd2({
    query: { sql: 'select k, a, b, u, revision, business_date from TELCO_DB.STAGING.S', file: '' },
    scd2: { ...scd2().scd2, unknownKeys: t('U', 'STAGING'), revision: 'revision', maxVanishedShare },
  })

/** A row of the dimension by what its surrogate key is made from. */
export interface KeyedRow extends Pick<Statement, 'k' | 'a' | 'b'> {
  readonly start: string
  readonly sk: string
}

/** What is kept beside versions, as rows of text. */
export interface Told {
  /** Revisions: day, revision, publication, complete, rows. */
  readonly ledger: readonly string[]
  /** What is held: day, rows, the day it was compared with, the keys of that one, how many of them vanished. */
  readonly held: readonly string[]
  /** The unknown member, and earlier statements whose untracked attribute is not that of their version. */
  readonly odd: readonly string[]
}

/** An scd2 on a scratch engine, loaded batch by batch as a run would. */
export interface World {
  readonly load: (load: Load) => Promise<number>
  readonly tables: () => Promise<Tables>
  /** Every believed row without the knowledge axis, as text. */
  readonly believed: () => Promise<string>
  /** Every row ever published with its surrogate key and the date on which it starts. */
  readonly keyed: () => Promise<readonly KeyedRow[]>
  /** Every row of every table that a load may leave behind, as text. */
  readonly dump: () => Promise<string>
  /** What the ledger has, in the order of its numbers, and what waits: in the words of `told`. */
  readonly told: () => Promise<Told>
  /** Gives the tables that all relations share rows of another one, of the same days and contents. */
  readonly crowd: () => Promise<void>
}

/** A step with its load's statements changed. */
const altered = (step: Step, alter: (sql: string) => string): Step => ({
  ...step,
  load: step.load.map(each => ({ ...each, text: { ...each.text, sql: alter(each.text.sql) } })),
})

/** Makes the empty world, `alter` breaking its statements. Each call takes a scratch engine of its own. */
export async function openWorld(
  engine: Engine,
  limit: number,
  alter: (sql: string) => string = sql => sql,
): Promise<World> {
  const action = historyAction(limit)
  const execute = (...statements: readonly string[]): Promise<void> => executeOn(engine, statements)
  const read = async (sql: string) => (await engine.query({ sql, file: '' }, 1_000_000)).rows
  const makePlan = async () =>
    plan([action], await engine.state(['TELCO_DB']), { engine: 'duckdb', fullRefresh: false, fullAssertions: false })
  await execute(
    'create schema if not exists TELCO_DB.STAGING',
    'create table TELCO_DB.STAGING.S (k varchar, a varchar, b varchar, u varchar, revision number(18,0), business_date date)',
    'create table TELCO_DB.STAGING.U (k varchar, revision number(18,0), business_date date)',
  )
  const { signal } = new AbortController()
  await engine.setup(await makePlan(), signal)
  return {
    load: async ({ batch, approved }) => {
      for (const delivery of approved) {
        await execute(...fill([delivery]))
        await approve(engine, action, execute)
      }
      await execute(...fill(batch))
      const made = await makePlan()
      let rows = 0
      for (const step of made.steps) rows += (await engine.run(altered(step, alter), signal)).rows ?? 0
      return rows
    },
    tables: async () => ({
      dim: (await read(`select ${COLUMNS} from TELCO_DB.DW.DIM where sk <> -1`)).map(versionRow),
      history: (await read(`select ${COLUMNS} from TELCO_DB.DW.DIM_HISTORY`)).map(statement),
    }),
    keyed: async () => (await read(KEYED)).map(keyedRow),
    believed: async () => JSON.stringify(await read(BELIEVED)),
    dump: async () => {
      const tables: unknown[] = []
      for (const sql of LEFT_BEHIND) tables.push(await read(sql))
      return JSON.stringify(tables)
    },
    told: async () => {
      const lines = async (sql: string) => (await read(sql)).map(row => row.join(' '))
      return {
        ledger: await lines(LEDGER),
        held: await lines(HELD),
        odd: [...(await lines(UNKNOWN)), ...(await lines(STALE))],
      }
    },
    crowd: () => execute(...CROWD),
  }
}

const COLUMNS = `k, a, b, cast(effective_start_date as date), cast(effective_end_date as date), join_start_date < effective_start_date,
  end_known_from, known_from, known_to, u, is_current`
const BELIEVED = `select sk, k, a, b, u, effective_start_date, effective_end_date, join_start_date, is_current
from TELCO_DB.DW.DIM where known_to is null order by sk`
const KEYED = `select sk, k, a, b, to_varchar(effective_start_date, 'YYYY-MM-DD') from TELCO_DB.DW.DIM where sk <> -1`
const OWN = "where dataset = 'DW.DIM'"
const LEDGER = `select business_date, rev_seq, publication, complete, row_count from TELCO_DB.DATAFORM.LEDGER ${OWN}`
const HELD = `select business_date, row_count, base_date, base_count, vanished from TELCO_DB.DATAFORM.HELD ${OWN}`
const UNKNOWN =
  'select k, a, is_current, known_from, effective_start_date = join_start_date from TELCO_DB.DW.DIM where sk = -1'
const STALE = `select h.k, h.u, d.u from TELCO_DB.DW.DIM_HISTORY h join TELCO_DB.DW.DIM d on d.sk = h.sk where not equal_null(h.u, d.u)`
const LEFT_BEHIND = [
  'select * from TELCO_DB.DW.DIM order by sk, known_from',
  'select * from TELCO_DB.DW.DIM_HISTORY order by sk, known_from',
  `select dataset, business_date, content_hash, rev_seq, publication, complete from TELCO_DB.DATAFORM.LEDGER ${OWN} order by rev_seq`,
  `select dataset, business_date, content_hash, vanished, base_count from TELCO_DB.DATAFORM.HELD ${OWN} order by 1, 2, 3`,
  'select * from TELCO_DB.DATAFORM.DW__DIM__SIGHTINGS order by 1, 2, 3',
  'select * from TELCO_DB.DATAFORM.DW__DIM__UNTRACKED order by 1, 2',
]

/** Another relation's days, its approvals of what is held here, and approvals of the same content on another day. */
const CROWD = [
  `insert into TELCO_DB.DATAFORM.LEDGER (dataset, business_date, content_hash, rev_seq, publication, row_count, complete, loaded_at)
select 'DW.OTHER', cast(dateadd(day, -50, l.business_date) as date), l.content_hash, 0, 0, 1, true, sysdate() from TELCO_DB.DATAFORM.LEDGER l ${OWN}
union all
select 'DW.OTHER', cast(dateadd(day, 1, l.business_date) as date), 'other', 0, 0, 1, true, sysdate() from TELCO_DB.DATAFORM.LEDGER l ${OWN}`,
  `insert into TELCO_DB.DATAFORM.APPROVALS (dataset, business_date, content_hash, approved_at)
select 'DW.OTHER', h.business_date, h.content_hash, sysdate() from TELCO_DB.DATAFORM.HELD h ${OWN}
union all
select 'DW.DIM', cast(dateadd(day, 500, h.business_date) as date), h.content_hash, sysdate() from TELCO_DB.DATAFORM.HELD h ${OWN}`,
]

/** Statements that make the source hold these deliveries and nothing else. */
function fill(batch: readonly Delivery[]): readonly string[] {
  const rows = batch.flatMap((delivery, index) =>
    delivery.rows.map(
      row => `(${[row.k, row.a, row.b, row.u].map(literal).join(', ')}, ${index + 1}, '${date(delivery.day)}'::date)`,
    ),
  )
  const unreadable = batch.flatMap((delivery, index) =>
    delivery.unreadable.map(key => `(${literal(key)}, ${index + 1}, '${date(delivery.day)}'::date)`),
  )
  return [
    'delete from TELCO_DB.STAGING.S',
    'delete from TELCO_DB.STAGING.U',
    ...(rows.length === 0 ? [] : [`insert into TELCO_DB.STAGING.S values ${rows.join(', ')}`]),
    ...(unreadable.length === 0 ? [] : [`insert into TELCO_DB.STAGING.U values ${unreadable.join(', ')}`]),
  ]
}

/** Approves the content that the source holds now, by the very hash that the load finds. */
async function approve(
  engine: Engine,
  action: Scd2Action,
  execute: (...statements: readonly string[]) => Promise<void>,
): Promise<void> {
  const made = plan([action], await engine.state(['TELCO_DB']), {
    engine: 'duckdb',
    fullRefresh: false,
    fullAssertions: false,
  })
  const [step] = made.steps
  if (step === undefined) throw new Error('no step')
  const days = step.load.findIndex(({ text }) => text.sql.startsWith('insert into TELCO_DB.DATAFORM.DW__DIM__DAYS'))
  await execute(
    ...[...step.prepare, ...step.load.slice(0, days + 1)].map(({ text }) => text.sql),
    `insert into TELCO_DB.DATAFORM.APPROVALS (dataset, business_date, content_hash, approved_at)
select 'DW.DIM', business_date, content_hash, sysdate() from TELCO_DB.DATAFORM.DW__DIM__DAYS`,
  )
}

type Cells = readonly (string | null)[]
const number = (cell: string | null | undefined): number | null => (cell == null ? null : Number(cell))

function statement(cells: Cells): Statement {
  const [k, a, b, start, end, first, endKnownFrom, knownFrom, knownTo] = cells
  return {
    k: k ?? '',
    a: a ?? null,
    b: b ?? null,
    start: dayOf(start ?? ''),
    end: end == null ? null : dayOf(end),
    first: first?.toLowerCase() === 'true',
    endKnownFrom: number(endKnownFrom),
    knownFrom: Number(knownFrom),
    knownTo: number(knownTo),
  }
}

const keyedRow = ([sk, k, a, b, start]: Cells): KeyedRow => ({
  sk: sk ?? '',
  k: k ?? '',
  a: a ?? null,
  b: b ?? null,
  start: start ?? '',
})

function versionRow(cells: Cells): VersionRow {
  return { ...statement(cells), u: cells[9] ?? null, isCurrent: cells[10]?.toLowerCase() === 'true' }
}
