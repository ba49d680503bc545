import { createReader, type Reader } from '../../src/scripting/reader.ts'
import { type Token, unquoted } from '../../src/scripting/tokens.ts'

/** A task that a CREATE TASK statement makes. */
export interface CreatedTask {
  /** With its database and schema, in upper case but for quoted parts. */
  readonly name: string
  /** As the validator of tasks takes them: what it cannot know is left for it to refuse. */
  readonly options: Readonly<Record<string, unknown>>
}

type Value = string | number | boolean

const seconds = (value: Value): string => `${value} SECONDS`
const isTrue = (value: Value): boolean => value === true || value === 'ALLOW_ALL_OVERLAP'
const serverless = (key: string) => (value: Value) => ({ serverless: { [key]: value } })

/** What each property of CREATE TASK is among the options. Every other one is a session parameter. */
const PROPERTIES: Readonly<Record<string, (value: Value) => Readonly<Record<string, unknown>>>> = {
  WAREHOUSE: value => ({ warehouse: value }),
  USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE: serverless('initialSize'),
  SERVERLESS_TASK_MIN_STATEMENT_SIZE: serverless('minSize'),
  SERVERLESS_TASK_MAX_STATEMENT_SIZE: serverless('maxSize'),
  TARGET_COMPLETION_INTERVAL: serverless('targetCompletion'),
  SCHEDULE: value => ({ schedule: value }),
  USER_TASK_TIMEOUT_MS: value => ({ timeout: seconds(Math.ceil(Number(value) / 1000)) }),
  SUSPEND_TASK_AFTER_NUM_FAILURES: value => ({ suspendAfterFailures: value }),
  TASK_AUTO_RETRY_ATTEMPTS: value => ({ autoRetry: value }),
  USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS: value => ({ minimumTriggerInterval: seconds(value) }),
  ERROR_INTEGRATION: value => ({ errorIntegration: value }),
  SUCCESS_INTEGRATION: value => ({ successIntegration: value }),
  ALLOW_OVERLAPPING_EXECUTION: value => ({ allowOverlap: isTrue(value) }),
  COMMENT: value => ({ comment: value }),
  FINALIZE: value => ({ finalizer: value }),
}

/**
 * Reads a CREATE TASK statement in the order that Snowflake documents: properties, AFTER, WHEN, AS. What is executed is not read.
 *
 * @throws UserError for what is out of order, twice or missing
 */
export function readCreateTask(sql: string, file: string, line: number): CreatedTask {
  const reader = createReader({ text: sql, file, line })
  reader.expectWord('CREATE')
  const isReplaced = reader.takeWord('OR')
  if (isReplaced) reader.expectWord('REPLACE')
  reader.expectWord('TASK')
  if (!isReplaced && reader.takeWord('IF')) for (const word of ['NOT', 'EXISTS']) reader.expectWord(word)
  const name = readName(reader)
  let options: Readonly<Record<string, unknown>> = readProperties(reader)
  if (reader.takeWord('AFTER')) {
    const after = [readName(reader)]
    while (reader.takeSign(',')) after.push(readName(reader))
    options = { ...options, after }
  }
  if (reader.takeWord('WHEN')) {
    const from = reader.peek().start
    while (!reader.isWord('AS') && reader.peek().kind !== 'end') reader.next()
    options = { ...options, when: sql.slice(from, reader.peek().start).trim() }
  }
  reader.expectWord('AS')
  if (reader.peek().kind === 'end') reader.fail('nothing follows AS: the task would do nothing')
  return { name, options }
}

function readProperties(reader: Reader): Readonly<Record<string, unknown>> {
  let [options, parameters]: Readonly<Record<string, unknown>>[] = [{}, {}]
  const seen = new Set<string>()
  while (!reader.isWord('AFTER', 'WHEN', 'AS')) {
    const token = reader.next()
    if (token.word === '') reader.fail(`a property was expected and ${token.text || 'the end'} was found`, token)
    if (seen.has(token.word)) reader.fail(`${token.word} is given twice`, token)
    seen.add(token.word)
    reader.expectSign('=')
    const value = readValue(reader)
    const property = PROPERTIES[token.word]?.(value)
    if (property === undefined) parameters = { ...parameters, [token.word]: value }
    else {
      const inner = { ...(options?.serverless as object | undefined), ...(property.serverless as object | undefined) }
      options = { ...options, ...property, ...(Object.keys(inner).length > 0 ? { serverless: inner } : {}) }
    }
    reader.takeSign(',')
  }
  return Object.keys(parameters ?? {}).length > 0 ? { ...options, parameters } : (options ?? {})
}

function readValue(reader: Reader): Value {
  const token = reader.peek()
  if (token.kind === 'string' || token.kind === 'dollar') return unquoted(reader.next())
  if (token.kind === 'number') return Number(reader.next().text)
  if (reader.isWord('TRUE', 'FALSE')) return reader.next().word === 'TRUE'
  return readName(reader)
}

/** A name with dots, as a task is named elsewhere. */
function readName(reader: Reader): string {
  const parts: string[] = []
  do parts.push(partOf(reader, reader.next()))
  while (reader.takeSign('.'))
  return parts.join('.')
}

function partOf(reader: Reader, token: Token): string {
  if (token.kind === 'quoted') return token.text
  return token.kind === 'word'
    ? token.word
    : reader.fail(`a name was expected and ${token.text || 'the end'} was found`, token)
}
