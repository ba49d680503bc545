import { contracts } from './cleaning.ts'

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gu

/** Whether any object of a JSON text, at any depth, has a key twice. The text must be one that JSON.parse takes. */
export function hasTwice(text: string): boolean {
  const tokens = text.match(TOKEN) ?? []
  const open: Set<string>[] = []
  for (const [at, token] of tokens.entries()) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (tokens[at + 1] === ':') {
      const keys = open.at(-1)
      const key = JSON.parse(token) as string
      if (keys?.has(key)) return true
      keys?.add(key)
    }
  }
  return false
}

/** The object that a row is; undefined for what is no JSON object or has a key twice. */
export function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value !== 'object' || value === null || Array.isArray(value) || hasTwice(text)) return undefined
    return value as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** Things that JSON.parse takes and that may be quarantined all the same: what cannot be kept exactly, or not as UTF-8. */
const MAY_GO = /\\u(?:d[89a-f]|0000)|[0-9.]{16,}|[eE][+-]?\d{3,}/i

/** Whether an event's row is one that nothing is wrong with, so that quarantining it would lose data. */
export function isFineEvent(text: string): boolean {
  const row = objectOf(text)
  if (row === undefined || MAY_GO.test(text)) return false
  return contracts.activity_logs.columns.every(({ name, type, required, pattern, accepted }) => {
    const value = Object.hasOwn(row, name) ? row[name] : undefined
    if (value === undefined || value === null) return required !== true
    if (type === 'VARIANT') return true
    if (typeof value !== 'string') return false
    // The day after the file's is the last that is taken.
    if (type === 'TIMESTAMP_NTZ') return /^\d{4}-01-(0[1-9]|1\d)T10:00:00Z$/.test(value) && value < '2025-01-03'
    return (pattern === undefined || new RegExp(pattern).test(value)) && (accepted?.includes(value) ?? true)
  })
}
