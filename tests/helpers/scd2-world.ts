import fc from 'fast-check'
import type { Engine } from '../../src/engines/engine.ts'
import type { Scd2Action } from '../../src/graph/types.ts'
import { plan } from '../../src/plan/plan.ts'
import { scd2 } from '../plan/fixtures.ts'
import type { Snapshot, SnapshotRow, Version } from './scd2-oracle.ts'

const FIRST_DAY = Date.UTC(2025, 0, 1)
const DAY = 86_400_000

/** Day numbers as the SQL spells them. */
export const date = (day: number): string => new Date(FIRST_DAY + day * DAY).toISOString().slice(0, 10)
const dayOf = (text: string): number => Math.round((Date.parse(`${text.slice(0, 10)}T00:00:00Z`) - FIRST_DAY) / DAY)

const text = fc.constantFrom(null, '', 'p', 'q')
const keys = ['x', 'y', 'z', 'w']

/** Snapshots on ascending days with gaps; keys vanish and return, rows cannot be read, values are NULL, '' and ties. */
export const histories: fc.Arbitrary<readonly (readonly Snapshot[])[]> = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 3 }),
      rows: fc.array(fc.record({ k: fc.constantFrom(...keys), a: text, b: text, u: text }), {
        minLength: 1,
        maxLength: 4,
      }),
      unreadable: fc.array(fc.constantFrom(...keys, null), { maxLength: 2 }),
      cut: fc.boolean(),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map(drawn => {
    const batches: Snapshot[][] = [[]]
    let day = 0
    for (const { gap, rows, unreadable, cut } of drawn) {
      day += gap
      const byKey = new Map(rows.map((row): [string, SnapshotRow] => [row.k, row]))
      const readable = unreadable.filter(key => key === null || !byKey.has(key))
      if (cut && batches.at(-1)?.length !== 0) batches.push([])
      batches.at(-1)?.push({ day, rows: [...byKey.values()], unreadable: readable })
    }
    return batches
  })

const literal = (value: string | null): string => (value === null ? 'null' : `'${value}'`)

/** An scd2 over one source table on a scratch engine, loaded batch by batch as a run would. */
export interface Scd2World {
  readonly load: (snapshots: readonly Snapshot[]) => Promise<number>
  readonly versions: () => Promise<readonly Version[]>
  readonly dump: () => Promise<string>
}

/** Makes the empty world. Each call takes a scratch engine of its own. */
export async function scd2World(engine: Engine, action: Scd2Action = scd2()): Promise<Scd2World> {
  const signal = new AbortController().signal
  const execute = async (...statements: readonly string[]): Promise<void> => {
    const setup = statements.map(sql => ({ kind: 'execute', text: { sql, file: '' } }) as const)
    await engine.setup({ engine: 'duckdb', setup, steps: [], confirmations: [] }, signal)
  }
  await execute(
    'create schema if not exists TELCO_DB.STAGING',
    'create table TELCO_DB.STAGING.S (k varchar, a varchar, b varchar, u varchar, business_date date)',
    'create table TELCO_DB.STAGING.U (k varchar, business_date date)',
  )
  const fill = async (snapshots: readonly Snapshot[]): Promise<void> => {
    const rows = snapshots.flatMap(({ day, rows }) =>
      rows.map(row => `(${[row.k, row.a, row.b, row.u].map(literal).join(', ')}, '${date(day)}'::date)`),
    )
    const unreadable = snapshots.flatMap(({ day, unreadable }) =>
      unreadable.map(key => `(${literal(key)}, '${date(day)}'::date)`),
    )
    await execute(
      'delete from TELCO_DB.STAGING.S',
      'delete from TELCO_DB.STAGING.U',
      ...(rows.length === 0 ? [] : [`insert into TELCO_DB.STAGING.S values ${rows.join(', ')}`]),
      ...(unreadable.length === 0 ? [] : [`insert into TELCO_DB.STAGING.U values ${unreadable.join(', ')}`]),
    )
  }
  const read = async (sql: string) => (await engine.query({ sql, file: '' }, 10_000)).rows
  return {
    load: async snapshots => {
      await fill(snapshots)
      const made = plan([action], await engine.state(['TELCO_DB']), {
        engine: 'duckdb',
        fullRefresh: false,
        fullAssertions: false,
      })
      await engine.setup(made, signal)
      let rows = 0
      for (const step of made.steps) rows += (await engine.run(step, signal)).rows ?? 0
      return rows
    },
    versions: async () =>
      (
        await read(`select k, a, b, u, cast(effective_start_date as date), cast(effective_end_date as date), known_from, end_known_from, join_start_date < effective_start_date
from TELCO_DB.DW.DIM where sk <> -1 order by k, effective_start_date`)
      ).map(([k, a, b, u, start, end, knownFrom, endKnownFrom, first]) => ({
        k: k ?? '',
        a: a ?? null,
        b: b ?? null,
        u: u ?? null,
        start: dayOf(start ?? ''),
        end: end == null ? null : dayOf(end),
        knownFrom: Number(knownFrom),
        endKnownFrom: endKnownFrom == null ? null : Number(endKnownFrom),
        first: first?.toLowerCase() === 'true',
      })),
    dump: async () =>
      JSON.stringify([
        await read('select * from TELCO_DB.DW.DIM order by sk'),
        await read(
          'select dataset, business_date, content_hash, rev_seq from TELCO_DB.DATAFORM.LEDGER order by rev_seq',
        ),
      ]),
  }
}
