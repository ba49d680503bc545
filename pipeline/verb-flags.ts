import { join, resolve } from 'node:path'
import { isDate } from '../ingestion-lambda/keys.ts'
import type { Flag, Options } from '../src/commands/program.ts'
import type { Effects } from '../src/effects.ts'
import { UserError } from '../src/index.ts'
import { packageRoot } from '../src/project/paths.ts'
import { bucketOf } from './open-lake.ts'

export const LAKE: Flag = {
  flags: '--lake <place>',
  summary: 'the lake, a folder or s3://BUCKET; .local/lake unless told',
}
export const WAREHOUSE: Flag = {
  flags: '--warehouse <dir>',
  summary: "the warehouse's folder; .local/warehouse unless told",
}
export const JSON_FLAG: Flag = { flags: '--json', summary: 'prints one JSON document and nothing else' }
export const VERBOSE: Flag = { flags: '--verbose', summary: 'shows the causes of errors' }

/** The folders that a verb works on. */
export function places(options: Options, effects: Effects) {
  const word = (value: unknown, otherwise: string): string =>
    resolve(effects.cwd, typeof value === 'string' ? value : otherwise)
  const told = text(options.lake)
  const isBucket = told !== undefined && bucketOf(told) !== undefined
  return {
    projectDir: packageRoot(),
    lake: isBucket ? told : word(told, join(packageRoot(), '.local', 'lake')),
    warehouse: word(options.warehouse, join(packageRoot(), '.local', 'warehouse')),
  }
}

/** A flag's text; undefined where it was not given. */
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
/** Prints the one JSON document of `--json`. */
export const print = (effects: Effects, value: unknown): void => effects.stdout(`${JSON.stringify(value, null, 2)}\n`)

/** A share between 0 and 1; usage error otherwise. */
export function share(value: string): number {
  const number = Number(value)
  if (!(number >= 0 && number <= 1)) throw new UserError(`${value} is no share between 0 and 1`, { exitCode: 2 })
  return number
}

/** The range of `--from` and `--to`, which must be given and in order; usage error otherwise. */
export function range(options: Options): { readonly from: string; readonly to: string } {
  const [from, to] = [day(options, 'from'), day(options, 'to')]
  if (from <= to) return { from, to }
  throw new UserError(`--from ${from} is after --to ${to}`, { exitCode: 2 })
}

/** A day of a flag that must be given; usage error otherwise. */
export function day(options: Options, name: string): string {
  const value = text(options[name])
  if (value === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(value) || !isDate(value))
    throw new UserError(`--${name} takes a day, YYYY-MM-DD${value === undefined ? '' : `, not ${value}`}`, {
      exitCode: 2,
    })
  return value
}
