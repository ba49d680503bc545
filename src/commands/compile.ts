import { compileProject } from '../compile/compile.ts'
import { toDot } from '../graph/dot.ts'
import { type Action, type Graph, targetName } from '../graph/types.ts'
import { counted } from '../report/results.ts'
import type { Written } from './procedures.ts'
import type { Verb } from './program.ts'
import { COMMON_FLAGS, duration, overrides, PROJECT_FLAGS, projectDir } from './project-flags.ts'

/** `dataform compile`: the graph for people, for programs, or for Graphviz. */
export const compile: Verb = {
  name: 'compile',
  args: ['[project-dir]'],
  summary: 'compiles the project and shows its actions',
  flags: [
    {
      flags: '--procedures',
      summary: 'writes Snowflake procedures, their task and the deployment to target/snowflake',
    },
    { flags: '--dot', summary: 'prints the graph in the language of Graphviz' },
    ...COMMON_FLAGS,
    ...PROJECT_FLAGS,
  ],
  run: async (args, options, effects) => {
    const plain = options.json !== true && options.dot !== true
    if (plain) effects.stdout('Compiling...\n\n')
    const graph = await compileProject({
      projectDir: projectDir(args, effects),
      overrides: overrides(options),
      timeoutMs: duration(options.timeout),
      onProjectOutput: effects.stderr,
    })
    if (options.procedures === true) {
      const { writeProcedures } = await import('./procedures.ts')
      const written = writeProcedures(graph, projectDir(args, effects), effects)
      effects.stdout(options.json === true ? `${JSON.stringify(written, null, 2)}\n` : procedureListing(written))
      return 0
    }
    if (options.json === true) effects.stdout(`${JSON.stringify(graph.raw, null, 4)}\n`)
    else if (options.dot === true) effects.stdout(`${toDot(graph.actions)}\n`)
    else effects.stdout(listing(graph))
    return 0
  },
}

const HEADINGS: readonly (readonly [string, (action: Action) => boolean])[] = [
  ['dataset(s)', action => !['assertion', 'operations', 'declaration'].includes(action.type)],
  ['assertion(s)', action => action.type === 'assertion'],
  ['operation(s)', action => action.type === 'operations'],
]

function listing(graph: Graph): string {
  const actions = graph.actions.filter(action => action.type !== 'declaration')
  const groups = HEADINGS.flatMap(([heading, belongs]) => {
    const members = actions.filter(belongs)
    if (members.length === 0) return []
    const named = members.map(action => {
      const kind = heading === 'dataset(s)' ? ` [${action.type}]` : ''
      return `  ${targetName(action.target)}${kind}${action.disabled ? ' [disabled]' : ''}`
    })
    return [`${members.length} ${heading}:`, ...named]
  })
  return [`Compiled ${actions.length} action(s).`, ...groups, ''].join('\n')
}

function procedureListing({ files, folder }: Written): string {
  return `Compiled ${counted(files.length, 'file')} to ${folder}:\n${files.map(file => `  ${file}`).join('\n')}\n`
}
