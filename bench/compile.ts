import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRoot } from './helpers/root.ts'
import { machine, median, megabytes, milliseconds, print, timeNode } from './helpers/timing.ts'

const MODELS = 2_000
const REPETITIONS = 5
/** How much longer a compile to procedures may take than a compile. */
const BAR = 1.5

/** Of ten models: what each is, and what it reads is the model before it in its layer. */
const KINDS = [
  'table',
  'table',
  'table',
  'table',
  'table',
  'view',
  'view',
  'incremental',
  'incremental',
  'merge',
] as const

const NEWER = '$' + '{when(incremental(), `where changed_at > (select max(changed_at) from $' + '{self()})`)}'

/** A model in the size of a small real one, with two assertions in its config. */
function model(index: number): string {
  const kind = KINDS[index % KINDS.length] ?? 'table'
  const config = [
    `  type: "${kind === 'merge' ? 'incremental' : kind}",`,
    ...(kind === 'merge' ? ['  uniqueKey: ["id"],'] : []),
    `  description: "Model ${index}.",`,
    '  assertions: { uniqueKey: ["id"], rowConditions: ["amount >= 0"] },',
    `  tags: ["${index < MODELS / 2 ? 'first' : 'second'}"]`,
  ]
  const source = index < 10 ? 'SOURCE' : `M${index - 10}`
  return `config {
${config.join('\n')}
}
with changed as (
  select id, customer, amount, changed_at from \${ref("${source}")}
  ${kind === 'incremental' || kind === 'merge' ? NEWER : ''}
), ranked as (
  select c.*, row_number() over (partition by c.id order by c.changed_at desc) as place from changed c
)
select r.id, r.customer, coalesce(r.amount, 0) as amount, r.changed_at
from ranked r
where r.place = 1
`
}

function writeProject(folder: string): void {
  mkdirSync(join(folder, 'definitions', 'models'), { recursive: true })
  const settings = { warehouse: 'snowflake', defaultDatabase: 'DB', defaultSchema: 'W', assertionSchema: 'A' }
  writeFileSync(join(folder, 'dataform.json'), JSON.stringify(settings))
  const source =
    'config { type: "declaration", name: "SOURCE", columns: { id: "", customer: "", amount: "", changed_at: "" } }\n'
  writeFileSync(join(folder, 'definitions', 'source.sqlx'), source)
  for (let index = 0; index < MODELS; index += 1)
    writeFileSync(join(folder, 'definitions', 'models', `M${index}.sqlx`), model(index))
  const procedures = `procedures:
  - { name: SP_FIRST, tags: [first] }
  - { name: SP_SECOND, tags: [second] }
master: { name: SP_ALL }
task: { name: TASK_ALL, schedule: USING CRON 0 6 * * * UTC, warehouse: WH }
`
  writeFileSync(join(folder, 'definitions', 'procedures.yaml'), procedures)
}

/** A compile of 2,000 models with 4,000 assertions to procedures, as a multiple of the compile alone, in the same rounds. */
export async function run(): Promise<number> {
  const root = findRoot()
  const dataform = join(root, 'bin', 'dataform.mjs')
  const project = mkdtempSync(join(tmpdir(), 'bench-compile-'))
  const cases = [
    { name: 'compile', flags: [], cold: true },
    { name: 'compile --procedures', flags: ['--procedures'], cold: true },
    { name: 'compile, cached', flags: [], cold: false },
    { name: 'compile --procedures, cached', flags: ['--procedures'], cold: false },
  ]
  const figures = new Map(cases.map(({ name }) => [name, [] as { ms: number; peak: number }[]]))
  try {
    writeProject(project)
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      for (const { name, flags, cold } of cases) {
        if (cold) rmSync(join(project, '.local'), { recursive: true, force: true })
        figures.get(name)?.push(timeNode([dataform, 'compile', project, ...flags], root))
      }
    }
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
  const middle = (name: string, of: 'ms' | 'peak'): number =>
    median((figures.get(name) ?? []).map(figure => figure[of]))
  print(`${MODELS} models, ${2 * MODELS} assertions, medians of ${REPETITIONS}, whole processes (${machine()})`)
  for (const { name } of cases)
    print(
      `  ${name.padEnd(30)} ${milliseconds(middle(name, 'ms')).padStart(10)} ${megabytes(middle(name, 'peak')).padStart(8)}`,
    )
  const ratio = middle('compile --procedures', 'ms') / middle('compile', 'ms')
  print(`  to procedures over compile alone: ${ratio.toFixed(2)} (at most ${BAR})`)
  return ratio <= BAR ? 0 : 1
}
