import { segments } from '../../src/dialects/tokens.ts'

/** What is broken, one place at a time: a word of SQL, and what stands there instead. */
const BREAKS: readonly (readonly [from: RegExp, to: string])[] = [
  [/ <= /g, ' < '],
  [/ < /g, ' <= '],
  [/ >= /g, ' > '],
  [/ > /g, ' >= '],
  [/ = /g, ' <> '],
  [/ <> /g, ' = '],
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/\band\b/g, 'or'],
  [/\bor\b/g, 'and'],
  [/\bnot exists\b/g, 'exists'],
  [/(?<!not )\bexists\b/g, 'not exists'],
  [/\bnot in\b/g, 'in'],
  [/(?<!not )\bin(?= \()/g, 'not in'],
  [/\bnot (?!in\b|exists\b|null\b|matched\b)/g, ''],
  [/\bis null\b/g, 'is not null'],
  [/\bis not null\b/g, 'is null'],
  [/\bmax\(/g, 'min('],
  [/\bmin\(/g, 'max('],
  [/\blag\(/g, 'lead('],
  [/\blead\(/g, 'lag('],
  [/\bleast\(/g, 'greatest('],
  [/\bgreatest\(/g, 'least('],
  [/(?<=order by [\w.]+) desc\b/g, ''],
  [/\bdistinct /g, ''],
  [/\bleft join\b/g, 'join'],
  [/\bunion\b(?! all)/g, 'union all'],
  [/\bunion all\b/g, 'union'],
  [/\bfalse\b/g, 'true'],
  [/\btrue\b/g, 'false'],
  [/= 1\b/g, '= 2'],
  // A condition, whether it ends the list or not.
  [/\band (?:not )?[\w.]+ (?:is null|is not null|(?:<|>|<=|>=|=|<>) [\w.]+)(?=\s|\))/g, ''],
]

/** A statement with one place broken. */
export interface Mutant {
  readonly of: string
  readonly sql: string
  /** The place with what stands around it, before and after. */
  readonly shown: string
}

const AROUND = 45

/** Every mutant of a statement of Snowflake's SQL. Names and texts stay as they are. */
export function mutantsOf(statement: string): readonly Mutant[] {
  const code = segments(statement)
    .map(({ kind, text }) => (kind === 'code' ? text : text.replaceAll(/[^\n]/g, '¤')))
    .join('')
  return BREAKS.flatMap(([from, to]) =>
    [...code.matchAll(from)].map(({ 0: found, index }) => {
      const end = index + found.length
      const [before, after] = [statement.slice(0, index), statement.slice(end)]
      const shown = `${before.slice(-AROUND)}[${found} → ${to}]${after.slice(0, AROUND)}`
      return { of: statement, sql: `${before}${to}${after}`, shown: shown.replaceAll(/\s+/g, ' ') }
    }),
  )
}
