import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { textTable } from '../src/commands/table.ts'
import { installPeer } from './helpers/peers.ts'
import { print, progress } from './helpers/timing.ts'
import { dbt } from './history/dbt.ts'
import { ours } from './history/ours.ts'
import { scenarios } from './history/scenarios.ts'
import { sqlmesh } from './history/sqlmesh.ts'
import { type Tool, writeDeliveries } from './history/tool.ts'
import { type Verdict, verdictOf } from './history/verdict.ts'

const about = `Gives dbt snapshots, SQLMesh and this project the same daily snapshots, and judges their tables of versions alike.
  --ours  this project alone: nothing is installed
`
const columns = [...dbt.columns, ...sqlmesh.columns, ...ours.columns]

/** A scenario's verdicts by column. */
type Line = ReadonlyMap<string, Verdict>

/** Runs every scenario on some tools, one after another, each in a temporary folder. */
async function judgeTools(tools: readonly Tool[], home: string): Promise<readonly Line[]> {
  const lines: Line[] = []
  for (const [index, scenario] of scenarios.entries()) {
    const files = await writeDeliveries(scenario.deliveries, join(home, `${index}`, 'deliveries'))
    const outcomes = tools.map((tool, at) => {
      const folder = join(home, `${index}`, `${at}`)
      mkdirSync(folder)
      return tool.run(scenario, files, folder)
    })
    const all = (await Promise.all(outcomes)).flat()
    lines.push(new Map(all.map(outcome => [outcome.tool, verdictOf(scenario, outcome)])))
    progress(`${index + 1}/${scenarios.length} ${scenario.name}`)
  }
  return lines
}

function show(lines: readonly Line[], shown: readonly string[]): void {
  const cell = (verdict: Verdict | undefined): string =>
    `${verdict?.word ?? '-'}${verdict?.word === 'wrong' && verdict.green ? ', green' : ''}`
  const rows = scenarios.map(({ name }, index) => [name, ...shown.map(column => cell(lines[index]?.get(column)))])
  print(textTable(['', ...shown], rows))
  print('\n"green": the table is wrong, and the tool reported success, its own tests or audits included.\n')
  for (const [index, { name, note }] of scenarios.entries()) {
    print(name)
    if (note !== undefined) print(`  (${note})`)
    for (const column of shown) print(`  ${column.padEnd(18)} ${lines[index]?.get(column)?.detail ?? ''}`.trimEnd())
  }
}

/** Prints right and wrong for every tool. Exit code 1 where this project is not right in a scenario. */
export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { ours: { type: 'boolean' }, help: { type: 'boolean' } } })
  if (values.help) {
    print(about)
    return 0
  }
  const tools = values.ours ? [ours] : [dbt, sqlmesh, ours]
  if (!values.ours) for (const peer of ['dbt', 'sqlmesh'] as const) installPeer(peer)
  const home = mkdtempSync(join(tmpdir(), 'bench-history-'))
  try {
    const lines = await judgeTools(tools, home)
    show(
      lines,
      columns.filter(column => lines[0]?.has(column)),
    )
    return lines.every(line => ours.columns.every(column => line.get(column)?.word === 'right')) ? 0 : 1
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
