import type { Engine, Rows } from '../engines/engine.ts'
import { describeError, UserError } from '../error.ts'
import type { Graph, UnitTest } from '../graph/types.ts'
import { planUnitTest } from '../plan/unit-test.ts'

/** How a unit test ended: no message means that it passed. */
export interface UnitTestResult {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly messages: readonly string[]
}

/** Runs a project's unit tests, each on a scratch warehouse of its own. */
export async function runUnitTests(
  graph: Graph,
  open: (databases: readonly string[]) => Promise<Engine>,
): Promise<readonly UnitTestResult[]> {
  const results: UnitTestResult[] = []
  for (const test of graph.tests)
    results.push({ name: test.name, file: test.file, line: test.line, messages: await runOne(test, graph, open) })
  return results
}

const LIMIT = 10_000

async function runOne(
  test: UnitTest,
  graph: Graph,
  open: (databases: readonly string[]) => Promise<Engine>,
): Promise<readonly string[]> {
  const signal = new AbortController().signal
  let engine: Engine | undefined
  try {
    const made = planUnitTest(test, graph)
    engine = await open(made.databases)
    for (const stage of made.stages) {
      const plan = stage(await engine.state(made.databases))
      await engine.setup(plan, signal)
      for (const step of plan.steps) await engine.run(step, signal)
    }
    const actual = await engine.query(made.actual(await engine.state(made.databases)), LIMIT)
    const expected = await engine.query(made.expected, LIMIT)
    return compareRows(actual, expected, made.ordered)
  } catch (error) {
    if (error instanceof UserError) return [describeError(error)]
    throw error
  } finally {
    await engine?.close()
  }
}

/** Dataform's comparison: the number of rows, the names of columns, then each cell; numbers without trailing zeros. */
export function compareRows(actual: Rows, expected: Rows, ordered: boolean): readonly string[] {
  if (actual.rows.length !== expected.rows.length) {
    return [`Expected ${expected.rows.length} rows, but saw ${actual.rows.length} rows.`]
  }
  const names = (rows: Rows): readonly string[] => rows.columns.map(name => name.toUpperCase())
  const [wanted, found] = [names(expected), names(actual)]
  const list = (columns: readonly string[]): string => [...columns].sort().join(', ')
  if (list(wanted) !== list(found)) return [`Expected columns ${list(wanted)}, but saw ${list(found)}.`]
  const cells = (rows: Rows, columns: readonly string[]): readonly (readonly (string | null)[])[] => {
    const picked = rows.rows.map(row => wanted.map(name => plain(row[columns.indexOf(name)] ?? null)))
    return ordered ? picked : picked.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  const [left, right] = [cells(actual, found), cells(expected, wanted)]
  return right.flatMap((row, index) =>
    row.flatMap((cell, at) => {
      const saw = left[index]?.[at] ?? null
      if (saw === cell) return []
      const show = (value: string | null): string => (value === null ? 'null' : `"${value}"`)
      return [`For row ${index} and column "${wanted[at]}": expected ${show(cell)}, but saw ${show(saw)}.`]
    }),
  )
}

function plain(value: string | null): string | null {
  return value !== null && /^-?\d+\.\d+$/.test(value) ? value.replace(/\.?0+$/, '') : value
}
