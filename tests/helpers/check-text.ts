import { splitStatements } from '../../src/dialects/statements.ts'
import { segments } from '../../src/dialects/tokens.ts'
import { UserError } from '../../src/error.ts'
import { checkTask, checkTasks } from '../../src/schedule/index.ts'
import { parseProcedures } from '../../src/scripting/index.ts'
import { loadParser, type Parser } from '../../src/transpile/parser.ts'
import { ddlInTransactions, type Fault, sqlOf, unevenLists } from './check-script.ts'
import { type CreatedTask, readCreateTask } from './create-task.ts'
import { parseErrors } from './sqlfluff.ts'

/** What can find a fault in a text: two parsers of SQL, the interpreter of scripts, and the validator of tasks. */
export type Check = 'sqlfluff' | 'polyglot' | 'interpreter' | 'tasks'

/** What a check finds wrong. The line is one of the text, from 1. */
export interface Finding extends Fault {
  readonly name: string
  readonly check: Check
}

/**
 * All that the checks find in a text for Snowflake: a deployment, a procedure, a task. Nothing for a valid one. The body of a
 * procedure is to stand between `$$`.
 */
export function checkText(name: string, sql: string): Promise<readonly Finding[]> {
  return checkTexts(new Map([[name, sql]]))
}

/** As `checkText`, for many texts at the price of one: sqlfluff takes seconds to start. */
export async function checkTexts(sqlByName: ReadonlyMap<string, string>): Promise<readonly Finding[]> {
  const [parsed, { parse }] = [await parseErrors(sqlByName), await loadParser()]
  return [
    ...parsed.map(error => ({ ...error, check: 'sqlfluff' as const })),
    ...[...sqlByName].flatMap(([name, sql]) => {
      const found: Finding[] = []
      checkStatements(sql, { parse, report: (check, fault) => found.push({ name, check, ...fault }) })
      return found
    }),
  ]
}

interface Context {
  readonly parse: Parser['parse']
  readonly report: (check: Check, fault: Fault) => void
}

/** The checks of each statement by what it is. */
function checkStatements(text: string, context: Context): void {
  const tasks: CreatedTask[] = []
  for (const { sql, line = 1 } of splitStatements({ sql: text, file: '', line: 1 })) {
    const [first, second] = keywords(sql)
    if (first === 'CREATE' && second === 'PROCEDURE') checkProcedure(sql, line, context)
    else if (first === 'CREATE' && second === 'TASK') tasks.push(...checkTaskStatement(sql, line, context))
    // The parser knows no statements about tasks.
    else if (second !== 'TASK') checkSql(sql, line, context)
  }
  const graph = Object.fromEntries(tasks.map(task => [task.name, task.options]))
  const named = tasks.flatMap(({ options }) => [options.after ?? [], options.finalizer ?? []].flat())
  // What tasks break together can be told where the text has all that they name.
  const isWhole = named.every(other => Object.hasOwn(graph, String(other)))
  if (isWhole && tasks.every(task => checkTask(task.options).length === 0))
    for (const message of checkTasks(graph)) context.report('tasks', { line: 1, message })
}

function checkProcedure(sql: string, line: number, context: Context): void {
  attempt('interpreter', line, context, () => {
    const procedures = parseProcedures(`${'\n'.repeat(line - 1)}${sql}`, '')
    for (const fault of ddlInTransactions(procedures)) context.report('interpreter', fault)
    for (const inner of sqlOf(procedures)) checkSql(inner.sql, inner.line, context)
  })
}

function checkTaskStatement(sql: string, line: number, context: Context): readonly CreatedTask[] {
  const tasks: CreatedTask[] = []
  attempt('tasks', line, context, () => void tasks.push(readCreateTask(sql, '', line)))
  for (const { options } of tasks) for (const message of checkTask(options)) context.report('tasks', { line, message })
  return tasks
}

function checkSql(sql: string, line: number, context: Context): void {
  attempt('polyglot', line, context, () => {
    for (const message of unevenLists(context.parse(sql))) context.report('polyglot', { line, message })
  })
}

/** Reports what is thrown, with the line it names itself where it does. */
function attempt(check: Check, line: number, { report }: Context, act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const own = error instanceof UserError ? error.place.line : undefined
    report(check, { line: own ?? line, message: error.message })
  }
}

/** The first word of a statement and the kind of thing that it is about. */
function keywords(sql: string): readonly string[] {
  const code = segments(sql).filter(({ kind }) => kind === 'code')
  const words =
    code
      .map(({ text }) => text)
      .join(' ')
      .toUpperCase()
      .match(/\w+/g) ?? []
  return words
    .filter((word, at) => at === 0 || !['OR', 'REPLACE', 'ALTER', 'SECURE', 'TEMPORARY'].includes(word))
    .slice(0, 2)
}
