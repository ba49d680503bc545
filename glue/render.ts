import type { Contract, Contracts } from '../ingestion-lambda/contract.ts'
import { LEVELS, PATTERNS } from './rules.ts'
import { badRows, goodRows, judgeRows } from './sql/clean.ts'
import { SPARK } from './sql/engine.ts'
import {
  badInput,
  COUNT_MARKS,
  goodInput,
  inputColumns,
  isSnapshot,
  markRows,
  NEIGHBOURS,
  NO_BAD_ROWS,
  neighbourRows,
  outputs,
} from './sql/stage.ts'

/** All that the Spark jobs take from the contracts, the rules and the SQL: what becomes `rendered.json`. */
export function renderJobs(contracts: Contracts): unknown {
  const all = Object.values(contracts)
  const each = <T>(make: (contract: Contract) => T): Readonly<Record<string, T>> =>
    Object.fromEntries(all.map(contract => [contract.dataset, make(contract)]))
  return {
    datasets: all.map(({ dataset }) => dataset),
    levels: LEVELS,
    patterns: PATTERNS,
    clean: each(renderClean),
    countMarks: COUNT_MARKS,
    stage: each(renderStage),
  }
}

const renderClean = (contract: Contract) => ({
  format: contract.format,
  judged: judgeRows(contract, SPARK),
  good: goodRows(contract, SPARK),
  bad: badRows(contract, SPARK),
})

function renderStage(contract: Contract) {
  const neighbour = NEIGHBOURS[contract.dataset]
  return {
    isSnapshot: isSnapshot(contract),
    columns: inputColumns(contract, SPARK),
    input: goodInput(contract, 'good_rows', SPARK),
    badRows: badInput('bad_files'),
    noBadRows: badInput(NO_BAD_ROWS),
    marked: markRows(contract, SPARK),
    outputs: outputs(contract, SPARK).map(({ folder, query, isMain }) => ({ folder, sql: query, isMain })),
    neighbour: neighbour && {
      dataset: neighbour.dataset,
      days: neighbour.days,
      map: neighbour.map,
      table: neighbour.rows.table,
      columns: neighbour.rows.columns,
      rows: neighbourRows(neighbour, 'neighbour_files'),
    },
  }
}
