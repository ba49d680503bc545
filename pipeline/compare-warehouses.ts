import { join, resolve } from 'node:path'
import { quoted, type Worker, withWorker } from './worker.ts'

/** How one table of two warehouses compares. */
export interface Comparison {
  readonly relation: string
  readonly rows: number
  /** Of the live rows, whatever their order; equal rows give equal hashes. */
  readonly hash: string
  readonly replayedHash: string
  /** Rows that only one side has. */
  readonly missing: number
  readonly extra: number
  /** Some of them, each with the side that has it. */
  readonly examples: readonly string[]
}

const EXAMPLES = 5

/** Compares every table of the schema DW of two warehouses, row by row and column by column. */
export async function compareWarehouses(live: string, replayed: string): Promise<readonly Comparison[]> {
  return withWorker(async worker => {
    for (const [name, folder] of Object.entries({ live, replayed }))
      await worker.run(`attach ${quoted(join(resolve(folder), 'TELCO_DB.duckdb'))} as ${name} (read_only)`)
    const tables = await worker.all(
      `select distinct table_name as name from duckdb_tables() where database_name in ('live', 'replayed') and schema_name = 'DW' order by 1`,
    )
    const compared: Comparison[] = []
    for (const { name } of tables) compared.push(await compareTable(worker, String(name)))
    return compared
  })
}

async function compareTable(worker: Worker, name: string): Promise<Comparison> {
  const side = (database: string): string => `select * from ${database}.DW."${name}"`
  const only = (one: string, other: string): string => `(${side(one)} except all ${side(other)})`
  const hashed = `select count(*) as n, cast(sum(cast(hash(t) as hugeint)) as varchar) as h from`
  const [left] = await worker.all(`${hashed} live.DW."${name}" t`)
  const [right] = await worker.all(`${hashed} replayed.DW."${name}" t`)
  const shown = (hash: unknown): string =>
    BigInt(String(hash ?? 0))
      .toString(16)
      .padStart(16, '0')
  const found = { relation: `DW.${name}`, rows: Number(left?.n), hash: shown(left?.h), replayedHash: shown(right?.h) }
  if (left?.n === right?.n && left?.h === right?.h) return { ...found, missing: 0, extra: 0, examples: [] }
  const count = async (from: string): Promise<number> =>
    Number((await worker.all(`select count(*) as n from ${from}`))[0]?.n)
  const some = async (label: string, from: string): Promise<readonly string[]> =>
    (await worker.all(`select cast(t as varchar) as row from ${from} t limit ${EXAMPLES}`)).map(
      ({ row }) => `${label} ${String(row)}`,
    )
  const [lost, added] = [only('live', 'replayed'), only('replayed', 'live')]
  return {
    ...found,
    missing: await count(lost),
    extra: await count(added),
    examples: [...(await some('only live:', lost)), ...(await some('only replayed:', added))],
  }
}
