import { type Find, type FragmentContext, fragment, referenceAt } from './fragment.ts'
import { isGlobal } from './names.ts'
import { nameOf, type Token } from './tokens.ts'
import type { Fragment } from './tree.ts'
import { isTypeName } from './types.ts'

/** Words of an expression that name nothing. */
const WORDS = new Set(
  `AND OR NOT NULL TRUE FALSE IS IN LIKE ILIKE RLIKE REGEXP BETWEEN CASE WHEN THEN ELSE END AS ESCAPE DISTINCT FROM INTERVAL
EXISTS ANY ALL COLLATE CURRENT_USER CURRENT_TIME LOCALTIME CURRENT_ROLE`.split(/\s+/),
)
/** Functions whose first argument may be the name of a unit. */
const WITH_UNIT = new Set(
  'DATEADD DATEDIFF DATE_TRUNC DATE_PART TIMESTAMPADD TIMESTAMPDIFF TIMEADD TIMEDIFF TRUNC EXTRACT LAST_DAY'.split(' '),
)

/**
 * Takes an expression: everything up to a token that ends it, outside of parentheses and of CASE … END.
 *
 * @param ends words and signs that end it
 * @throws UserError where none of them comes, and for a name that is not declared
 */
export function readExpression(context: FragmentContext, ...ends: readonly string[]): Fragment {
  const start = context.reader.position()
  skipTo(context, ends)
  return fragment(start, context.reader.position(), context, variables(start))
}

/** Passes over tokens up to one that ends what stands here. */
export function skipTo({ reader }: FragmentContext, ends: readonly string[]): void {
  const first = reader.peek()
  let [depth, cases] = [0, 0]
  for (;;) {
    const token = reader.peek()
    if (token.kind === 'end') reader.fail(`${ends[0]} is missing after what starts here`, first)
    const text = token.word || (token.kind === 'sign' ? token.text : '')
    if (depth === 0 && cases === 0 && ends.includes(text)) return
    if (depth === 0 && cases === 0 && (text === 'END' || text === ';'))
      reader.fail(`${ends[0]} is missing before ${text}`, token)
    if (text === ';') reader.fail(`${depth > 0 ? ') is' : 'END is'} missing before ;`, token)
    if (text === ')' && depth === 0) reader.fail('this ) closes nothing', token)
    depth += text === '(' ? 1 : text === ')' ? -1 : 0
    cases += text === 'CASE' ? 1 : text === 'END' ? -1 : 0
    reader.next()
  }
}

/** An open parenthesis: what stands before it, and whether a query stands in it. */
interface Parenthesis {
  readonly function: string
  readonly isQuery: boolean
  readonly opened: number
}

/** Finds the variables of an expression, which need no colon outside of queries. */
function variables(start: number): Find {
  const open: Parenthesis[] = []
  let seen = start
  return (all, index, context) => {
    for (; seen <= index; seen += 1) follow(all, seen, open)
    if (open.some(({ isQuery }) => isQuery)) return undefined
    const token = all[index] as Token
    if (token.kind === 'parameter') context.reader.refuse(`the session variable ${token.text}`, token)
    if (!isName(all, index, open)) return undefined
    const name = nameOf(token)
    if (context.names.find(name) === undefined && !isGlobal(name) && (WORDS.has(token.word) || isOther(token)))
      return undefined
    const { reference, next } = referenceAt(all, index, context)
    return { part: { kind: 'value', ...reference }, next }
  }
}

/** Functions of the clock stand without parentheses too; `fragment` replaces them. */
function isOther(token: Token): boolean {
  return /^(CURRENT_TIMESTAMP|CURRENT_DATE|LOCALTIMESTAMP|SYSTIMESTAMP)$/.test(token.word)
}

function follow(all: readonly Token[], index: number, open: Parenthesis[]): void {
  const { kind, text } = all[index] as Token
  if (kind !== 'sign') return
  if (text === ')') open.pop()
  if (text !== '(') return
  const isQuery = ['SELECT', 'WITH'].includes(all[index + 1]?.word ?? '')
  open.push({ function: all[index - 1]?.word ?? '', isQuery, opened: index })
}

/** Whether a token names a value: no function, no type, no field, no unit. */
function isName(all: readonly Token[], index: number, open: readonly Parenthesis[]): boolean {
  const [before, token, after] = [all[index - 1], all[index] as Token, all[index + 1]]
  if (token.kind !== 'word' && token.kind !== 'quoted') return false
  if (before?.kind === 'sign' && ['.', '::', ':'].includes(before.text)) return false
  if (after?.kind === 'sign' && ['(', '=>'].includes(after.text)) return false
  if (isTypeName(token.word) && (before?.word === 'AS' || after?.kind === 'string')) return false
  const inner = open.at(-1)
  return !(
    inner !== undefined &&
    inner.opened === index - 1 &&
    WITH_UNIT.has(inner.function) &&
    token.kind === 'word' &&
    after?.text !== '.' &&
    /^(,|FROM)$/i.test(after?.text ?? '')
  )
}
