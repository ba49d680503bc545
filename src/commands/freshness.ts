import { compileProject } from '../compile/compile.ts'
import { type RelationFreshness, readFreshness } from '../run/freshness.ts'
import { openProject } from '../run/project-run.ts'
import type { Verb } from './program.ts'
import { overrides, PROJECT_FLAGS, projectDir } from './project-flags.ts'
import { textTable } from './table.ts'

/** `dataform freshness`: how far the relations reach that have a rule, and whether that is late. */
export const freshness: Verb = {
  name: 'freshness',
  args: ['[project-dir]'],
  summary: 'tells which relations wait for their upstream, and how late it is',
  flags: [
    { flags: '--credentials <file>', summary: 'instead of .df-credentials.json' },
    { flags: '--json', summary: 'prints one JSON document and nothing else' },
    ...PROJECT_FLAGS,
  ],
  run: async (args, options, effects) => {
    const settings = {
      projectDir: projectDir(args, effects),
      overrides: overrides(options),
      credentialsFile: options.credentials as string | undefined,
    }
    const graph = await compileProject(settings)
    const engine = await openProject(settings, graph, effects, false)
    try {
      const relations = await readFreshness(graph, engine, effects.now())
      effects.stdout(options.json === true ? `${JSON.stringify({ relations }, null, 2)}\n` : textOf(relations))
      return relations.some(({ status }) => status === 'error') ? 1 : 0
    } finally {
      await engine.close()
    }
  },
}

function textOf(relations: readonly RelationFreshness[]): string {
  if (relations.length === 0) return 'No relation of this project has a freshness.\n'
  const rows = relations.map(({ relation, newest, expectedBy, status }) => [relation, newest, expectedBy, status])
  return `${textTable(['relation', 'newest', 'next expected by', 'status'], rows)}\n`
}
