import type { Reader } from './reader.ts'

/** A type of Snowflake's. */
export interface DataType {
  /** `NUMBER`, `FLOAT`, `VARCHAR`, `BOOLEAN`, `DATE`, `TIMESTAMP_NTZ`, `VARIANT`; of a result also another engine type's name. */
  readonly name: string
  /** Of a NUMBER. */
  readonly precision?: number | undefined
  readonly scale?: number | undefined
  /** Of a VARCHAR, in characters; undefined where it has no limit of its own. */
  readonly length?: number | undefined
}

/** A value as a result holds it: its text, null for NULL; a BOOLEAN is `true` or `false`, a VARIANT is JSON. */
export type Value = string | null

/** A value with its type. */
export interface Typed {
  readonly type: DataType
  readonly value: Value
}

export const VARCHAR: DataType = { name: 'VARCHAR' }
export const BOOLEAN: DataType = { name: 'BOOLEAN' }
export const INTEGER: DataType = { name: 'NUMBER', precision: 38, scale: 0 }

/** What each name of a type stands for. */
const NAMES: Readonly<Record<string, DataType>> = {
  ...named('NUMBER DECIMAL NUMERIC DEC INT INTEGER BIGINT SMALLINT TINYINT BYTEINT', INTEGER),
  ...named('FLOAT FLOAT4 FLOAT8 DOUBLE REAL', { name: 'FLOAT' }),
  ...named('VARCHAR STRING TEXT NVARCHAR', VARCHAR),
  ...named('CHAR CHARACTER NCHAR', { name: 'VARCHAR', length: 1 }),
  ...named('BOOLEAN BOOL', BOOLEAN),
  ...named('DATE', { name: 'DATE' }),
  ...named('TIMESTAMP_NTZ TIMESTAMPNTZ DATETIME TIMESTAMP', { name: 'TIMESTAMP_NTZ' }),
  ...named('VARIANT', { name: 'VARIANT' }),
}

const WITH_SCALE = new Set(['NUMBER', 'DECIMAL', 'NUMERIC', 'DEC'])
const REFUSED = new Set(
  'TIME TIMESTAMP_LTZ TIMESTAMP_TZ TIMESTAMPLTZ TIMESTAMPTZ BINARY VARBINARY OBJECT ARRAY MAP VECTOR GEOGRAPHY GEOMETRY FILE DECFLOAT'.split(
    ' ',
  ),
)

function named(names: string, type: DataType): Readonly<Record<string, DataType>> {
  return Object.fromEntries(names.split(' ').map(name => [name, type]))
}

/** Whether a word is the name of a type. */
export function isTypeName(word: string): boolean {
  return Object.hasOwn(NAMES, word) || REFUSED.has(word)
}

/** Reads a type. Throws RefusedConstruct for one that values here cannot have, UserError for none. */
export function readType(reader: Reader): DataType {
  const token = reader.peek()
  const type = Object.hasOwn(NAMES, token.word) ? NAMES[token.word] : undefined
  if (REFUSED.has(token.word)) reader.refuse(`the type ${token.word}`)
  if (type === undefined) return reader.fail(`the type ${token.text || 'of this'} is not known`)
  reader.next()
  if (token.word === 'DOUBLE') reader.takeWord('PRECISION')
  if (!reader.isSign('(')) return type
  const sizes = readSizes(reader)
  if (type.name === 'VARCHAR' && sizes.length === 1) return { ...type, length: sizes[0] }
  if (!WITH_SCALE.has(token.word) || sizes.length > 2) return reader.fail(`${token.word} takes no such size`, token)
  const [precision = 38, scale = 0] = sizes
  if (precision > 38 || scale > precision) return reader.fail(`NUMBER(${precision},${scale}) is not possible`, token)
  return { name: 'NUMBER', precision, scale }
}

function readSizes(reader: Reader): readonly number[] {
  reader.expectSign('(')
  const sizes: number[] = []
  do {
    const token = reader.next()
    if (!/^\d+$/.test(token.text)) reader.fail('a whole number was expected as a size', token)
    sizes.push(Number(token.text))
  } while (reader.takeSign(','))
  reader.expectSign(')')
  return sizes
}

/** A type as it is written. */
export function typeText({ name, precision, scale, length }: DataType): string {
  if (name === 'NUMBER') return `number(${precision ?? 38},${scale ?? 0})`
  return length === undefined ? name.toLowerCase() : `${name.toLowerCase()}(${length})`
}
