import { describe, expect, it } from 'vitest'
import { checkTask, checkTasks } from '../../src/schedule/index.ts'

const root = { schedule: 'USING CRON 0 5 * * * Europe/Berlin', warehouse: 'TRANSFORM_WH' }
const child = { after: ['ROOT'], warehouse: 'TRANSFORM_WH' }

describe('checkTask', () => {
  it.each([
    ['a root', root],
    [
      'a root with all that it may have',
      {
        ...root,
        timeout: '90 MINUTES',
        suspendAfterFailures: 0,
        autoRetry: 30,
        errorIntegration: 'TASK_ERRORS',
        successIntegration: '"Task successes"',
        allowOverlap: false,
        when: "SYSTEM$STREAM_HAS_DATA('S')",
        comment: '',
        parameters: { TIMEZONE: 'UTC', QUERY_TAG: 'load', STATEMENT_TIMEOUT_IN_SECONDS: 60, AUTOCOMMIT: true },
        config: { environment: 'production' },
      },
    ],
    ['an interval', { schedule: '10 SECONDS', warehouse: 'W' }],
    ['the shortest and the longest timeout', { ...root, timeout: '0 S' }],
    ['the longest timeout', { ...root, timeout: '604800 SECONDS' }],
    ['serverless without a size', { schedule: root.schedule, serverless: {} }],
    [
      'serverless with sizes',
      {
        schedule: root.schedule,
        serverless: { initialSize: 'SMALL', minSize: 'SMALL', maxSize: 'XXLARGE', targetCompletion: '24 HOURS' },
      },
    ],
    ['a child', child],
    ['a child with a timeout and a condition', { ...child, timeout: '1 HOUR', when: 'TRUE', comment: 'Loads.' }],
    ['a child of two', { after: ['ROOT', 'DB.SC."a b"'], warehouse: 'W' }],
    ['a finalizer', { finalizer: 'ROOT', serverless: { initialSize: 'XSMALL' } }],
    ['a triggered task', { when: "SYSTEM$STREAM_HAS_DATA('S')", warehouse: 'W', minimumTriggerInterval: '10 SECONDS' }],
    ['a triggered serverless task', { when: 'TRUE', serverless: { targetCompletion: '10 S' } }],
  ])('nothing is wrong with %s', (_, options) => {
    expect(checkTask(options)).toEqual([])
  })

  it.each([
    [{}, ['give exactly one of warehouse and serverless', 'schedule is missing']],
    [{ ...root, serverless: {} }, ['give exactly one of warehouse and serverless']],
    [{ schedule: root.schedule }, ['give exactly one of warehouse and serverless']],
    [{ warehouse: 'W' }, ['schedule is missing']],
    [{ ...root, warehouse: 'MY WH' }, ['warehouse must be one name']],
    [{ ...root, warehouse: 'A.B' }, ['warehouse must be one name']],
    [{ ...root, warehouse: '' }, ['warehouse must be one name']],
    [{ ...root, when: '' }, ['when must not be empty']],
    [{ ...root, schedule: '0 5 * * *' }, ['schedule "0 5 * * *" is no schedule; write "USING CRON']],
    [
      { ...root, schedule: 'USING CRON 0 5 * * 7 UTC' },
      ['schedule 7 cannot stand in the field for the day of the week; write 0 to 6'],
    ],
    [{ ...root, schedule: 5 }, ['schedule must be a string']],
    [{ ...root, timeout: '605000 SECONDS' }, ['timeout must be a duration of 0 to 168 HOURS']],
    [{ ...root, timeout: '1 day' }, ['timeout must be a duration']],
    [{ ...root, timeout: 3_600_000 }, ['timeout must be a string']],
    [{ ...root, suspendAfterFailures: -1 }, ['suspendAfterFailures must be a whole number from 0']],
    [{ ...root, suspendAfterFailures: 1.5 }, ['suspendAfterFailures must be a whole number from 0']],
    [{ ...root, autoRetry: 31 }, ['autoRetry must be a whole number from 0 to 30']],
    [{ ...root, autoRetry: '3' }, ['autoRetry must be a whole number from 0 to 30']],
    [
      { ...root, minimumTriggerInterval: '10 SECONDS' },
      ['minimumTriggerInterval is for a task that a stream triggers'],
    ],
    [
      { when: 'TRUE', warehouse: 'W', minimumTriggerInterval: '9 SECONDS' },
      ['minimumTriggerInterval must be a duration of 10 SECONDS'],
    ],
    [
      { when: 'TRUE', warehouse: 'W', minimumTriggerInterval: '169 HOURS' },
      ['minimumTriggerInterval must be a duration of 10 SECONDS'],
    ],
    [{ when: 'TRUE', serverless: {} }, ['serverless.targetCompletion is needed']],
    [{ ...root, allowOverlap: true }, ['allowOverlap must be false']],
    [{ ...root, errorIntegration: 'a-b' }, ['errorIntegration must be one name']],
    [
      { schedule: root.schedule, serverless: { initialSize: 'X3LARGE' } },
      ['serverless.initialSize must be one of XSMALL, SMALL'],
    ],
    [{ schedule: root.schedule, serverless: { initialSize: 'small' } }, ['serverless.initialSize must be one of']],
    [
      { schedule: root.schedule, serverless: { targetCompletion: '25 HOURS' } },
      ['serverless.targetCompletion must be a duration'],
    ],
    [
      { schedule: root.schedule, serverless: { initialSize: 'SMALL', minSize: 'LARGE' } },
      ['serverless.initialSize is below minSize'],
    ],
    [
      { schedule: root.schedule, serverless: { initialSize: 'LARGE', maxSize: 'SMALL' } },
      ['serverless.maxSize is below initialSize'],
    ],
    [
      { schedule: root.schedule, serverless: { minSize: 'LARGE', maxSize: 'SMALL' } },
      ['serverless.maxSize is below minSize'],
    ],
    [{ ...root, parameters: { SEARCH_PATH: 'A' } }, ['parameters SEARCH_PATH cannot be set for a task']],
    [{ ...root, parameters: { autocommit: false } }, ['parameters autocommit cannot be false']],
    [
      { ...root, parameters: { USER_TASK_TIMEOUT_MS: 1 } },
      ['parameters USER_TASK_TIMEOUT_MS is an option of the task: give it as timeout'],
    ],
    [{ ...root, parameters: { 'A; DROP': 1 } }, ['parameters A; DROP is not the name of a session parameter']],
    [{ ...root, parameters: { TIMEZONE: null } }, ['parameters.TIMEZONE must be a text']],
    [{ ...root, colour: 'red' }, ['colour is no option of a task']],
    [{ ...root, serverles: {} }, ['serverles is no option of a task']],
    [{ ...child, schedule: root.schedule }, ['a task with after has no schedule']],
    [{ ...child, autoRetry: 1 }, ['autoRetry belongs to the root task']],
    [{ ...child, suspendAfterFailures: 1 }, ['suspendAfterFailures belongs to the root task']],
    [{ ...child, allowOverlap: false }, ['allowOverlap belongs to the root task']],
    [{ ...child, config: {} }, ['config belongs to the root task']],
    [{ ...child, after: [] }, ['after must name a task']],
    [{ ...child, after: 'ROOT' }, ['after must be a list of tasks']],
    [{ ...child, after: ['ROOT', 'ROOT'] }, ['after must name each task once']],
    [{ ...child, after: Array.from({ length: 101 }, (_, index) => `T${index}`) }, ['after may name 100 tasks at most']],
    [{ ...child, after: ['A.B.C.D'] }, ['after.0 must be the name of a task']],
    [{ finalizer: 'ROOT', warehouse: 'W', schedule: root.schedule }, ['a finalizer has no schedule']],
    [{ finalizer: 'ROOT', warehouse: 'W', after: ['A'] }, ['a finalizer runs after all tasks']],
    [null, ['must be an object of known options']],
  ])('%j', (options, messages) => {
    const found = checkTask(options)
    expect(found.map((message, index) => message.slice(0, messages[index]?.length))).toEqual(messages)
  })
})

describe('checkTasks', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`C${index}`, child]))

  it('nothing is wrong with a graph, and with two', () => {
    const graph = {
      ROOT: root,
      A: child,
      B: child,
      C: { ...child, after: ['A', 'B'] },
      F: { finalizer: 'ROOT', warehouse: 'W' },
    }
    expect(checkTasks(graph)).toEqual([])
    expect(checkTasks({ ...graph, OTHER: root, G: { finalizer: 'OTHER', warehouse: 'W' } })).toEqual([])
    expect(checkTasks({ ROOT: root, ...many(100) })).toEqual([])
  })

  it.each([
    ['an option', { ROOT: { ...root, autoRetry: 31 } }, ['ROOT: autoRetry must be a whole number from 0 to 30']],
    [
      'an unknown task',
      { ROOT: root, A: { ...child, after: ['ROOT', 'X'] } },
      ['A: after names X, which is no task here'],
    ],
    [
      'a circle',
      { ROOT: root, A: { ...child, after: ['ROOT', 'B'] }, B: { ...child, after: ['A'] } },
      ['A: after leads into a circle, so it would never run', 'B: after leads into a circle, so it would never run'],
    ],
    [
      'a task after itself',
      { ROOT: root, A: { ...child, after: ['A'] } },
      ['A: after leads into a circle, so it would never run'],
    ],
    [
      'two roots',
      { ROOT: root, OTHER: root, A: { ...child, after: ['ROOT', 'OTHER'] } },
      ['A: it runs after tasks of two root tasks, and a graph has one'],
    ],
    [
      'a finalizer of a child',
      { ROOT: root, A: child, F: { finalizer: 'A', warehouse: 'W' } },
      ['F: finalizer names A, which is no root task here'],
    ],
    [
      'a finalizer of nothing',
      { ROOT: root, F: { finalizer: 'X', warehouse: 'W' } },
      ['F: finalizer names X, which is no root task here'],
    ],
    [
      'two finalizers',
      { ROOT: root, F: { finalizer: 'ROOT', warehouse: 'W' }, G: { finalizer: 'ROOT', warehouse: 'W' } },
      ['ROOT: a root task has one finalizer, and F and G are two'],
    ],
    [
      'a task after a finalizer',
      { ROOT: root, F: { finalizer: 'ROOT', warehouse: 'W' }, A: { ...child, after: ['F'] } },
      ['A: after names F, and nothing runs after a finalizer'],
    ],
    ['too many children', { ROOT: root, ...many(101) }, ['ROOT: 100 tasks at most may run after one']],
  ])('%s', (_, tasks, messages) => {
    expect(checkTasks(tasks)).toEqual(messages)
  })

  it('a graph has 1000 tasks at most, its finalizer among them', () => {
    const chain = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `C${index}`,
          index === 0 ? root : { ...child, after: [`C${index - 1}`] },
        ]),
      )
    const finalizer = { F: { finalizer: 'C0', warehouse: 'W' } }
    expect(checkTasks({ ...chain(999), ...finalizer })).toEqual([])
    expect(checkTasks({ ...chain(1000), ...finalizer })).toEqual(['C0: its graph has more than 1000 tasks'])
  })
})
