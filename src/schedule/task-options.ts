import * as v from 'valibot'
import { UserError } from '../error.ts'
import { readInterval } from './interval.ts'
import { parseSchedule } from './schedule.ts'

/** Warehouse sizes that a serverless task may have, in order. */
const SIZES = ['XSMALL', 'SMALL', 'MEDIUM', 'LARGE', 'XLARGE', 'XXLARGE'] as const
const SEVEN_DAYS = 7 * 24 * 3600

/** What is an option of the task itself in SQL, and so no session parameter, with the key that gives it here. */
const OWN_KEYS: Readonly<Record<string, string>> = {
  WAREHOUSE: 'warehouse',
  USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE: 'serverless.initialSize',
  SERVERLESS_TASK_MIN_STATEMENT_SIZE: 'serverless.minSize',
  SERVERLESS_TASK_MAX_STATEMENT_SIZE: 'serverless.maxSize',
  TARGET_COMPLETION_INTERVAL: 'serverless.targetCompletion',
  SCHEDULE: 'schedule',
  USER_TASK_TIMEOUT_MS: 'timeout',
  SUSPEND_TASK_AFTER_NUM_FAILURES: 'suspendAfterFailures',
  TASK_AUTO_RETRY_ATTEMPTS: 'autoRetry',
  USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS: 'minimumTriggerInterval',
  ERROR_INTEGRATION: 'errorIntegration',
  SUCCESS_INTEGRATION: 'successIntegration',
  ALLOW_OVERLAPPING_EXECUTION: 'allowOverlap',
  OVERLAP_POLICY: 'allowOverlap',
  COMMENT: 'comment',
  CONFIG: 'config',
  FINALIZE: 'finalizer',
}

const text = v.string('must be a string')
const part = '(?:[A-Za-z_][A-Za-z0-9_$]*|"(?:[^"]|"")+")'
const name = v.pipe(
  text,
  v.regex(new RegExp(`^${part}$`), 'must be one name, quoted where it has other signs than letters'),
)
const taskName = v.pipe(text, v.regex(new RegExp(`^${part}(?:\\.${part}){0,2}$`), 'must be the name of a task'))
const size = v.picklist(SIZES, `must be one of ${SIZES.join(', ')}`)

/** A duration within limits in seconds. */
const duration = (least: number, most: number, limits: string) =>
  v.pipe(
    text,
    v.check(written => {
      const seconds = readInterval(written)
      return seconds !== undefined && seconds >= least && seconds <= most
    }, `must be a duration of ${limits}, such as "90 MINUTES"`),
  )

const whole = (least: number, most: number, limits: string) =>
  v.pipe(
    v.number(`must be ${limits}`),
    v.check(value => Number.isInteger(value) && value >= least && value <= most, `must be ${limits}`),
  )

const schedule = v.pipe(
  text,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    try {
      parseSchedule(dataset.value)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      addIssue({ message: [error.message, error.remedy].filter(words => words !== undefined).join('; ') })
    }
  }),
)

const parameters = v.pipe(
  v.record(v.string(), v.union([v.string(), v.number(), v.boolean()], 'must be a text, a number, true or false')),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const [key, value] of Object.entries(dataset.value)) {
      const fault = parameterFault(key.toUpperCase(), value)
      if (fault !== undefined) addIssue({ message: `${key} ${fault}` })
    }
  }),
)

function parameterFault(key: string, value: unknown): string | undefined {
  const own = OWN_KEYS[key]
  if (own !== undefined) return `is an option of the task: give it as ${own}`
  if (!/^[A-Z][A-Z0-9_]*$/.test(key)) return 'is not the name of a session parameter'
  if (key === 'SEARCH_PATH') return 'cannot be set for a task: write names with their database and schema'
  if (key === 'AUTOCOMMIT' && /^false$/i.test(String(value))) return 'cannot be false in a task'
  return undefined
}

const OPTIONS = v.strictObject(
  {
    schedule: v.optional(schedule),
    after: v.optional(
      v.pipe(
        v.array(taskName, 'must be a list of tasks'),
        v.minLength(1, 'must name a task'),
        v.maxLength(100, 'may name 100 tasks at most'),
        v.check(names => new Set(names).size === names.length, 'must name each task once'),
      ),
    ),
    /** The root task that this one finalizes. */
    finalizer: v.optional(taskName),
    warehouse: v.optional(name),
    serverless: v.optional(
      v.strictObject(
        {
          initialSize: v.optional(size),
          minSize: v.optional(size),
          maxSize: v.optional(size),
          targetCompletion: v.optional(duration(10, 86_400, '10 SECONDS to 24 HOURS')),
        },
        'must be { initialSize, minSize, maxSize, targetCompletion }',
      ),
    ),
    timeout: v.optional(duration(0, SEVEN_DAYS, '0 to 168 HOURS (0 stands for the most)')),
    suspendAfterFailures: v.optional(whole(0, Number.MAX_SAFE_INTEGER, 'a whole number from 0 (never) on')),
    autoRetry: v.optional(whole(0, 30, 'a whole number from 0 to 30')),
    minimumTriggerInterval: v.optional(duration(10, SEVEN_DAYS, '10 SECONDS to 168 HOURS')),
    errorIntegration: v.optional(name),
    successIntegration: v.optional(name),
    allowOverlap: v.optional(v.literal(false, 'must be false: two runs at once would load the same files twice')),
    when: v.optional(v.pipe(text, v.nonEmpty('must not be empty'))),
    comment: v.optional(v.string('must be a string')),
    parameters: v.optional(parameters),
    config: v.optional(v.record(v.string(), v.unknown(), 'must be an object')),
  },
  'must be an object of known options',
)

/** The options of a task. Durations are written as Snowflake's intervals are: `90 MINUTES`. */
export type TaskOptions = v.InferOutput<typeof OPTIONS>

/** Rules over several options, each with what is wrong where it holds. */
const FAULTS: readonly (readonly [isFault: (task: TaskOptions) => boolean, message: string])[] = [
  [
    task => (task.warehouse === undefined) === (task.serverless === undefined),
    'give exactly one of warehouse and serverless: it decides who pays for what',
  ],
  [
    task => isRoot(task) && task.schedule === undefined && task.when === undefined,
    'schedule is missing: a task without schedule, after, finalizer and when runs only by hand',
  ],
  [task => task.after !== undefined && task.schedule !== undefined, 'a task with after has no schedule: its root has'],
  [task => task.finalizer !== undefined && task.schedule !== undefined, 'a finalizer has no schedule: its root has'],
  [
    task => task.finalizer !== undefined && task.after !== undefined,
    'a finalizer runs after all tasks: leave after out',
  ],
  [task => !isRoot(task) && task.autoRetry !== undefined, 'autoRetry belongs to the root task: it retries the graph'],
  [task => !isRoot(task) && task.suspendAfterFailures !== undefined, 'suspendAfterFailures belongs to the root task'],
  [task => !isRoot(task) && task.allowOverlap !== undefined, 'allowOverlap belongs to the root task'],
  [task => !isRoot(task) && task.config !== undefined, 'config belongs to the root task, and all tasks read it'],
  [
    task => task.minimumTriggerInterval !== undefined && !isTriggered(task),
    'minimumTriggerInterval is for a task that a stream triggers: one with when and no schedule',
  ],
  [
    task => isTriggered(task) && task.serverless !== undefined && task.serverless.targetCompletion === undefined,
    'serverless.targetCompletion is needed where a stream triggers the task',
  ],
  [
    ({ serverless = {} }) => isSmaller(serverless.initialSize, serverless.minSize),
    'serverless.initialSize is below minSize',
  ],
  [
    ({ serverless = {} }) => isSmaller(serverless.maxSize, serverless.initialSize),
    'serverless.maxSize is below initialSize',
  ],
  [({ serverless = {} }) => isSmaller(serverless.maxSize, serverless.minSize), 'serverless.maxSize is below minSize'],
]

/** Whether a task begins a graph or stands alone. */
export function isRoot({ after, finalizer }: TaskOptions): boolean {
  return after === undefined && finalizer === undefined
}

const isTriggered = (task: TaskOptions): boolean =>
  isRoot(task) && task.schedule === undefined && task.when !== undefined

const isSmaller = (one: TaskSize | undefined, other: TaskSize | undefined): boolean =>
  one !== undefined && other !== undefined && SIZES.indexOf(one) < SIZES.indexOf(other)
type TaskSize = (typeof SIZES)[number]

/** What is wrong with the options of one task, as Snowflake documents them: a sentence each, which begins with the option. */
export function checkTask(options: unknown): readonly string[] {
  const parsed = v.safeParse(OPTIONS, options)
  if (parsed.success) return FAULTS.filter(([isFault]) => isFault(parsed.output)).map(([, message]) => message)
  return parsed.issues.map(issue => {
    const path = v.getDotPath(issue)
    const message =
      issue.type === 'strict_object' && issue.expected === 'never' ? 'is no option of a task' : issue.message
    return path === null ? message : `${path} ${message}`
  })
}
