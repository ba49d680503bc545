import { type Counts, runSoak } from '../helpers/soak.ts'
import { checkSql, GROUPS } from '../history/sql-case.ts'

/** Histories side by side through the SQL of an scd2 on DuckDB, compared with the oracle after every load. */
async function check(seed: number): Promise<Counts> {
  return { histories: GROUPS, ...(await checkSql({ seed, numRuns: 1 })) }
}

/** `npm run soak -- history`: 15,000 histories through the real SQL. */
export function run(argv: readonly string[]): Promise<number> {
  return runSoak({ name: 'history', count: 15_000 / GROUPS, check }, argv)
}
