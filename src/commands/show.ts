import { compileProject } from '../compile/compile.ts'
import { relation } from '../dialects/snowflake.ts'
import { UserError } from '../error.ts'
import { selectActions } from '../graph/select.ts'
import type { Graph } from '../graph/types.ts'
import { counted } from '../report/results.ts'
import { openProject } from '../run/project-run.ts'
import { type Verb, wholeNumber } from './program.ts'
import { overrides, PROJECT_FLAGS, projectDir } from './project-flags.ts'
import { textTable } from './table.ts'

const FEW = 20

/** `dataform show`: rows of a relation, or of a query. */
export const show: Verb = {
  name: 'show',
  args: ['[action]', '[project-dir]'],
  summary: 'prints rows of an action, or of a query',
  flags: [
    { flags: '--sql <query>', summary: 'a query in Snowflake SQL, instead of an action' },
    { flags: '--limit <n>', summary: `how many rows; ${FEW} unless told`, parse: wholeNumber },
    { flags: '--credentials <file>', summary: 'instead of .df-credentials.json' },
    { flags: '--json', summary: 'prints one JSON document and nothing else' },
    ...PROJECT_FLAGS,
  ],
  run: async (args, options, effects) => {
    const query = options.sql as string | undefined
    const [name, folder] = query === undefined ? args : [undefined, ...args]
    if (query === undefined && name === undefined) throw new UserError('show needs an action or --sql', { exitCode: 2 })
    const settings = {
      projectDir: projectDir(folder === undefined ? [] : [folder], effects),
      overrides: overrides(options),
      credentialsFile: options.credentials as string | undefined,
    }
    const graph = await compileProject(settings)
    const sql = query ?? selectAll(graph, name ?? '')
    const engine = await openProject(settings, graph, effects, false)
    try {
      const { columns, rows, truncated } = await engine.query(
        { sql, file: query === undefined ? '' : '--sql', line: 1 },
        (options.limit as number | undefined) ?? FEW,
      )
      if (options.json === true) effects.stdout(`${JSON.stringify({ columns, rows, truncated }, null, 2)}\n`)
      else
        effects.stdout(
          `${textTable(columns, rows)}\n${counted(rows.length, 'row')}${truncated ? ', and more: raise --limit' : ''}\n`,
        )
      return 0
    } finally {
      await engine.close()
    }
  },
}

function selectAll(graph: Graph, name: string): string {
  const found = selectActions(graph, { actions: [name] }).filter(
    action => action.type !== 'operations' || action.hasOutput,
  )
  const [only] = found
  if (only !== undefined && found.length === 1) return `select * from ${relation(only.target)}`
  const candidates = found.map(action => `${action.target.schema}.${action.target.name}`).join(', ')
  throw new UserError(found.length === 0 ? `${name} has no rows to show` : `${name} is ambiguous: ${candidates}`, {
    remedy: 'name one relation',
  })
}
