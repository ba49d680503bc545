import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type CompileOptions, compileProject } from '../../src/compile/compile.ts'
import { describeError, UserError, UserErrors } from '../../src/error.ts'
import { type Action, type Graph, targetName } from '../../src/graph/types.ts'

/** The settings of a fixture that says nothing about its own. */
const SETTINGS = { warehouse: 'snowflake', defaultDatabase: 'DB', defaultSchema: 'S', assertionSchema: 'CHECKS' }

/** Writes files into a new folder, and returns it. A dataform.json is added unless one is given. */
export function project(files: Readonly<Record<string, string | object>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'compile-')))
  const settings = 'dataform.json' in files || 'workflow_settings.yaml' in files ? {} : { 'dataform.json': SETTINGS }
  for (const [file, content] of Object.entries({ ...settings, ...files })) write(folder, file, content)
  return folder
}

/** Writes one file of a project; an object becomes JSON, and over SETTINGS where the file is dataform.json. */
export function write(folder: string, file: string, content: string | object): void {
  const text =
    typeof content === 'string' ? content : json(file === 'dataform.json' ? { ...SETTINGS, ...content } : content)
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

type Files = Parameters<typeof project>[0]

/** Compiles a fixture without the cache. */
export function compiled(files: Files, overrides: CompileOptions['overrides'] = {}): Promise<Graph> {
  return compileProject({ projectDir: project(files), overrides, useCache: false })
}

/** The errors of a project's compile. Whatever is no UserError is thrown on: it would reach people as a stack. */
export async function errorsIn(projectDir: string): Promise<readonly UserError[]> {
  try {
    await compileProject({ projectDir, useCache: false })
    return []
  } catch (error) {
    if (error instanceof UserErrors) return error.errors
    if (error instanceof UserError) return [error]
    throw error
  }
}

/** The errors of a fixture as people read them, in the order of their places. */
export async function errorsOf(files: Files): Promise<readonly string[]> {
  return (await errorsIn(project(files))).map(describeError).sort()
}

type OfType<A extends Action, T> = A extends { type: infer K } ? (T extends K ? A : never) : never

/** The action of this name, `SCHEMA.NAME` or `NAME`. */
export function actionOf<T extends Action['type']>(graph: Graph, name: string, type: T): OfType<Action, T> {
  const found = graph.actions.filter(action => [action.target.name, targetName(action.target)].includes(name))
  const [action] = found
  if (action === undefined || found.length > 1 || action.type !== type) {
    throw new Error(`${found.length} actions are called ${name}: ${found.map(({ type }) => type).join(', ')}`)
  }
  return action as OfType<Action, T>
}
