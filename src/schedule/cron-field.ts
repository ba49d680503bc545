import { UserError } from '../error.ts'

/** One of the five fields of a cron expression, read. */
export interface CronField {
  /** Whether it is `*` and so restricts nothing. */
  readonly isAny: boolean
  /** What matches, in order; all that there are for `*`. */
  readonly values: readonly number[]
  /** What `L` gives: LAST_DAY in the day of the month, and the days whose last one in a month is meant in the day of the week. */
  readonly lasts: readonly number[]
}

/** The days of a cron expression and its times, each field read. */
export interface CronFields {
  readonly minute: CronField
  readonly hour: CronField
  readonly day: CronField
  readonly month: CronField
  readonly weekday: CronField
}

/** `L` as the day of the month. */
export const LAST_DAY = 0

/** What a field may hold. `names` stand for the numbers from `min` on. */
interface FieldRule {
  readonly key: keyof CronFields
  readonly label: string
  readonly min: number
  readonly max: number
  readonly names: readonly string[]
  /** How `L` is written here; undefined where there is no last. */
  readonly last?: RegExp
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const

const RULES: readonly FieldRule[] = [
  { key: 'minute', label: 'minute', min: 0, max: 59, names: [] },
  { key: 'hour', label: 'hour', min: 0, max: 23, names: [] },
  { key: 'day', label: 'day of the month', min: 1, max: 31, names: [], last: /^L$/i },
  { key: 'month', label: 'month', min: 1, max: 12, names: MONTHS },
  { key: 'weekday', label: 'day of the week', min: 0, max: 6, names: WEEKDAYS, last: /^([0-6])L$/i },
]

/** What other crons know and Snowflake does not, each with what to write instead. */
const FOREIGN: readonly (readonly [sign: RegExp, remedy: string])[] = [
  [/#/, 'Snowflake knows no # : the last Friday of a month is 5L; no other one of a month can be named'],
  [/\?/, 'write * instead of ?'],
  [/\dW|W\d|LW/i, 'Snowflake knows no nearest working day: name the days'],
]

/**
 * Reads the five fields of a cron expression as Snowflake documents them.
 *
 * @throws UserError that names the field and what may stand there
 */
export function readFields(expression: string): CronFields {
  const texts = expression.split(/\s+/)
  if (texts.length !== RULES.length)
    throw new UserError(`a cron expression has five fields, and ${expression} has ${texts.length}`, {
      remedy: 'write minute, hour, day of the month, month and day of the week: 0 5 * * *',
    })
  const fields = RULES.map((rule, index) => [rule.key, readField(rule, texts[index] ?? '')] as const)
  return Object.fromEntries(fields) as unknown as CronFields
}

function readField(rule: FieldRule, text: string): CronField {
  const all = range(rule.min, rule.max, 1)
  if (text === '*') return { isAny: true, values: all, lasts: [] }
  const [values, lasts] = [new Set<number>(), new Set<number>()]
  for (const item of text.split(',')) {
    const last = rule.last?.exec(item)
    if (last) lasts.add(last[1] === undefined ? LAST_DAY : Number(last[1]))
    else for (const value of readItem(rule, item)) values.add(value)
  }
  return { isAny: false, values: [...values].sort((a, b) => a - b), lasts: [...lasts].sort((a, b) => a - b) }
}

/** `5`, `MON`, `1-5`, `MON-FRI`, or one of these or `*` with a step: from a single value, a step goes on to the end. */
function readItem(rule: FieldRule, item: string): readonly number[] {
  const parts = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(item)
  if (parts === null) refuse(rule, item)
  const [, star, from = '', to, stepText] = parts
  if (star !== undefined && stepText === undefined)
    refuse(rule, item, '* stands alone: leave the other values of the list out')
  const step = stepText === undefined ? undefined : readStep(rule, item, stepText)
  const first = star === undefined ? readValue(rule, item, from) : rule.min
  if (to === undefined) return step === undefined ? [first] : range(first, rule.max, step)
  const last = readValue(rule, item, to)
  if (last < first) refuse(rule, item, 'a range begins with the smaller value: write two ranges with a comma')
  return range(first, last, step ?? 1)
}

function readStep(rule: FieldRule, item: string, text: string): number {
  const [step, most] = [Number(text), rule.max - rule.min]
  if (step < 1 || step > most) refuse(rule, item, `a step is a number from 1 to ${most}`)
  return step
}

function readValue(rule: FieldRule, item: string, text: string): number {
  const named = rule.names.indexOf(text.toUpperCase())
  const value = named >= 0 ? named + rule.min : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= rule.min && value <= rule.max)) refuse(rule, item)
  return value
}

function refuse(rule: FieldRule, item: string, remedy?: string): never {
  const names = rule.names.length === 0 ? '' : ` or ${rule.names[0]} to ${rule.names.at(-1)}`
  const last =
    rule.key === 'day' ? ', or L for the last day' : rule.key === 'weekday' ? ', or 5L for the last Friday' : ''
  throw new UserError(`${item === '' ? 'an empty value' : item} cannot stand in the field for the ${rule.label}`, {
    remedy:
      FOREIGN.find(([sign]) => sign.test(item))?.[1] ?? remedy ?? `write ${rule.min} to ${rule.max}${names}${last}`,
  })
}

function range(first: number, last: number, step: number): readonly number[] {
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step)
}
