import { literal as quotedText } from '../dialects/snowflake.ts'
import { UserError } from '../error.ts'
import { type DataType, type Typed, typeText, VARCHAR } from './types.ts'

const cast =
  (type: string) =>
  (value: string): string =>
    `${quotedText(value)}::${type}`

/** How each type's value is written so that it has the type. A NUMBER's digits say its scale. */
const WRITERS: Readonly<Record<string, (value: string) => string>> = {
  NUMBER: value => (value.startsWith('-') ? `(${value})` : value),
  FLOAT: cast('float'),
  VARCHAR: quotedText,
  BOOLEAN: value => value,
  DATE: cast('date'),
  TIMESTAMP_NTZ: cast('timestamp_ntz'),
  VARIANT: value => `parse_json(${quotedText(value)})`,
}

/**
 * A value as a literal of Snowflake's SQL that has the value's type.
 *
 * @throws UserError for a type that cannot be written
 */
export function literal({ type, value }: Typed): string {
  const write = WRITERS[type.name]
  if (write === undefined) throw new UserError(`a value of the type ${type.name} cannot stand in a statement`)
  if (value !== null) return write(value)
  // What has no length is cast to nothing longer than it must be.
  return type === VARCHAR ? 'null::varchar' : `null::${typeText(type)}`
}

/** A literal that needs no engine to be read: a whole or decimal number, a text without escapes, a truth, NULL. */
export function plainLiteral(text: string): Typed | undefined {
  const trimmed = text.trim()
  const number = /^(-?)(\d+)(?:\.(\d+))?$/.exec(trimmed)
  if (number !== null) {
    const [, sign = '', whole = '', fraction] = number
    const digits = whole.replace(/^0+(?=\d)/, '')
    const value = `${sign}${digits}${fraction === undefined ? '' : `.${fraction}`}`
    return { type: { name: 'NUMBER', precision: 38, scale: fraction?.length ?? 0 }, value }
  }
  if (/^'(?:[^'\\]|'')*'$/.test(trimmed)) return { type: VARCHAR, value: trimmed.slice(1, -1).replaceAll("''", "'") }
  if (/^(true|false)$/i.test(trimmed)) return { type: { name: 'BOOLEAN' }, value: trimmed.toLowerCase() }
  return /^null$/i.test(trimmed) ? { type: VARCHAR, value: null } : undefined
}

/** A value in another type where that changes nothing but the type; undefined where the engine must convert it. */
export function sameIn({ type, value }: Typed, to: DataType): Typed | undefined {
  if (value === null) return { type: to, value }
  if (type.name !== to.name) return undefined
  if (to.name === 'NUMBER') {
    const digits = value.replace(/^-/, '')
    const isWhole = (to.scale ?? 0) === 0 && /^\d+$/.test(digits) && digits.length <= Math.min(to.precision ?? 38, 26)
    return isWhole ? { type: to, value: value === '-0' ? '0' : value } : undefined
  }
  if (to.length !== undefined && [...value].length > to.length) return undefined
  return { type: to, value }
}
