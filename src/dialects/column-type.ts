const NUMBERS = new Set(['NUMBER', 'DECIMAL', 'NUMERIC', 'DEC'])
const WHOLE = new Set(['INT', 'INTEGER', 'BIGINT', 'SMALLINT', 'TINYINT', 'BYTEINT'])
const FLOATS = new Set(['FLOAT', 'FLOAT4', 'FLOAT8', 'DOUBLE', 'DOUBLEPRECISION', 'REAL'])
/** Types with a size, by all their names: the stored name, and the size where none is written. */
const SIZED: Readonly<Record<string, readonly [name: string, size: number]>> = {
  VARCHAR: ['VARCHAR', 16_777_216],
  STRING: ['VARCHAR', 16_777_216],
  TEXT: ['VARCHAR', 16_777_216],
  NVARCHAR: ['VARCHAR', 16_777_216],
  CHAR: ['VARCHAR', 1],
  CHARACTER: ['VARCHAR', 1],
  NCHAR: ['VARCHAR', 1],
  BINARY: ['BINARY', 8_388_608],
  VARBINARY: ['BINARY', 8_388_608],
  TIME: ['TIME', 9],
  DATETIME: ['TIMESTAMP_NTZ', 9],
  TIMESTAMP_NTZ: ['TIMESTAMP_NTZ', 9],
  TIMESTAMPNTZ: ['TIMESTAMP_NTZ', 9],
  TIMESTAMP_LTZ: ['TIMESTAMP_LTZ', 9],
  TIMESTAMPLTZ: ['TIMESTAMP_LTZ', 9],
  TIMESTAMP_TZ: ['TIMESTAMP_TZ', 9],
  TIMESTAMPTZ: ['TIMESTAMP_TZ', 9],
}
const PLAIN = new Set(['DATE', 'BOOLEAN', 'VARIANT', 'OBJECT', 'ARRAY', 'GEOGRAPHY', 'GEOMETRY'])

/**
 * A column's type as DESCRIBE TABLE tells it: `decimal(10)` is `NUMBER(10,0)`, `string` is `VARCHAR(16777216)`.
 *
 * @returns undefined for a type that is stored otherwise from account to account, or that is not known here
 */
export function storedType(type: string): string | undefined {
  const [, name = '', size, scale] =
    /^([A-Z_0-9]+)(?:\((\d+)(?:,(\d+))?\))?$/.exec(type.toUpperCase().replaceAll(/\s/g, '')) ?? []
  if (NUMBERS.has(name)) return `NUMBER(${size ?? 38},${scale ?? 0})`
  if (WHOLE.has(name)) return 'NUMBER(38,0)'
  if (FLOATS.has(name)) return 'FLOAT'
  const sized = Object.hasOwn(SIZED, name) ? SIZED[name] : undefined
  if (sized !== undefined) return `${sized[0]}(${size ?? sized[1]})`
  return PLAIN.has(name) ? name : undefined
}
