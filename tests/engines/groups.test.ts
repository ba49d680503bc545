import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { GROUP_ROWS } from '../../src/engines/duckdb/attach.ts'
import { executeOn } from '../helpers/scratch.ts'
import { never, openWarehouse, plainDuckDb, temporaryFolder } from './world.ts'

const root = temporaryFolder()
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Rows that fill one group, and more of the next than a group of ours has. */
const ROWS = 2 * GROUP_ROWS + 70_000
const made = [
  'create schema W.DW',
  `create table W.DW.A as select i as id, 'v' || i % 89 as v, case when i % 7 <> 0 then i / 3 end as n from range(${ROWS}) r(i)`,
  'create table W.DW.P (id bigint primary key, v varchar)',
  "insert into W.DW.P select i, 'p' || i from range(70000) r(i)",
]
/** What a load does, in words of both engines. */
const changes = (round: number): readonly string[] => [
  `insert into W.DW.A select id + ${round * ROWS}, v || 'n', n from W.DW.A where id < 90000`,
  `update W.DW.A set v = v || 'u' where mod(id, 97) = ${round}`,
  `delete from W.DW.A where mod(id, 53) = ${round}`,
  `insert into W.DW.P select id + ${round * 70000}, v || 'n' from W.DW.P where id < 40000`,
  `delete from W.DW.P where mod(id, 41) = ${round}`,
]
const contents = (table: string): string =>
  `select count(*), sum(id), md5(string_agg(concat_ws('|', t), ',' order by id)) from W.DW.${table} t`

const attach = (file: string): string => `attach '${file}' as W`
const read = async (file: string): Promise<unknown> => [
  await plainDuckDb(attach(file), contents('A')),
  await plainDuckDb(attach(file), contents('P')),
]

describe('a file of groups that are larger than those of the engine', () => {
  test('keeps its rows, whatever is written into it, and is read by DuckDB alone', async () => {
    const folder = join(root, 'warehouse')
    mkdirSync(folder)
    const [file, other] = [join(folder, 'TELCO_DB.duckdb'), join(root, 'other.duckdb')]
    for (const each of [file, other]) await plainDuckDb(attach(each), ...made)
    for (const round of [1, 2, 3]) {
      const engine = await openWarehouse(folder)
      const ours = changes(round).map(sql => sql.replaceAll('W.DW', 'TELCO_DB.DW'))
      await executeOn(engine, ours, never)
      await engine.close()
      await plainDuckDb(attach(other), ...changes(round))
      expect(await read(file)).toEqual(await read(other))
    }
  })
})
