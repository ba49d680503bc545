import { existsSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { colours } from '../src/commands/colours.ts'
import type { Effects } from '../src/effects.ts'
import { textTable } from '../src/index.ts'
import { generate } from './feed/generate.ts'
import { folderOf, openLake } from './open-lake.ts'
import { LAKE_STAGE, type PipelineOptions } from './project.ts'
import { QUESTIONS, withWarehouse } from './questions.ts'
import { runPipeline } from './run.ts'
import { runSummary } from './summary.ts'

/** A feed small enough for seconds and large enough for answers; a few faults, so that quarantine can be seen. */
const FEED = { customers: 500, days: 90, start: '2025-01-01', seed: 1, faults: 0.002 }

/** `npm start`: makes a feed where there is none, runs the line, prints the answers and where to look. */
export async function start(
  places: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>,
  effects: Effects,
): Promise<number> {
  const c = colours(effects)
  const heading = (text: string): void => effects.stdout(`\n${c.bold(text)}\n`)
  effects.stdout(`${c.bold('Telco Customer 360')}  from raw files to answers\n`)
  const feed = join(places.projectDir, '.local', 'feed')
  const lake = await openLake(places, effects)
  if ((await lake.archived()).length === 0) {
    heading('1  A feed')
    const made = generate({ ...FEED, out: feed })
    effects.stdout(
      `made ${made.files} files for ${FEED.customers} customers over ${FEED.days} days, with ${made.faults} faults\n`,
    )
    const { keys } = await lake.land(feed, undefined)
    effects.stdout(`landed ${keys.length} files in ${relative(effects.cwd, lake.folder)}/raw\n`)
  }
  rememberWarehouse(places)
  heading('2  The line: validate, clean, stage, load, assert')
  const result = await runPipeline({ ...places, badShare: 0.5, quiet: false }, { ...effects, stderr: () => undefined })
  effects.stdout(runSummary(result))
  if (result.run.exitCode !== 0) return result.run.exitCode
  heading('3  Answers')
  await withWarehouse(places, effects, async ask => {
    for (const { question, sql } of QUESTIONS) {
      const { columns, rows } = await ask(sql)
      effects.stdout(`\n${c.cyan(question)}\n${textTable(columns, rows)}\n`)
    }
  })
  heading('4  Look further')
  effects.stdout(`report     ${relative(effects.cwd, join(places.projectDir, 'target', 'assertions', 'report.html'))}
a table    npx dataform show DIM_CUSTOMER
a query    npx dataform show --sql "select * from TELCO_DB.MART.CHURN_BY_PLAN"
run again  npx dataform run
every row  npx customer360 reconcile
`)
  return 0
}

/** Lets a plain `dataform run` find the same warehouse and lake. A file that is there already is somebody's choice. */
function rememberWarehouse(places: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>): void {
  const { projectDir, warehouse } = places
  const file = join(projectDir, '.df-credentials.json')
  if (existsSync(file)) return
  const from = (path: string): string => relative(projectDir, path)
  const credentials = {
    type: 'duckdb',
    path: from(warehouse),
    stages: { [LAKE_STAGE]: from(join(folderOf(places), 'staging')) },
  }
  writeFileSync(file, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
}
