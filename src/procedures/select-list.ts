import { nameOf, type Token, tokens } from '../scripting/tokens.ts'

/** One entry of a SELECT's list: a column with its name, or all columns of one source, or of all. */
export type Item =
  | { readonly kind: 'column'; readonly name: string | undefined; readonly line: number }
  | {
      readonly kind: 'star'
      /** The alias of the source; undefined is every source. */
      readonly of: string | undefined
      readonly without: readonly string[]
      readonly renamed: ReadonlyMap<string, string>
      readonly line: number
    }

/** What a SELECT reads: a relation by its full name, or by a name of WITH; or a query in parentheses. */
export interface SourceOf {
  readonly alias: string | undefined
  readonly relation?: readonly string[] | undefined
  readonly query?: Query | undefined
}

/** The first SELECT of a query, which names its columns, with the queries of its WITH. */
export interface Query {
  readonly ctes: ReadonlyMap<string, { readonly columns: readonly string[]; readonly query: Query }>
  readonly items: readonly Item[]
  readonly sources: readonly SourceOf[]
}

/** What ends FROM's list of sources in a SELECT. */
const AFTER_FROM = new Set([
  'WHERE',
  'GROUP',
  'HAVING',
  'QUALIFY',
  'ORDER',
  'LIMIT',
  'UNION',
  'EXCEPT',
  'MINUS',
  'INTERSECT',
  'CONNECT',
  'WINDOW',
])
const JOINING = new Set([
  'JOIN',
  'INNER',
  'LEFT',
  'RIGHT',
  'FULL',
  'CROSS',
  'NATURAL',
  'LATERAL',
  'ASOF',
  'ON',
  'USING',
  'OUTER',
  'SAMPLE',
  'TABLESAMPLE',
  'PIVOT',
  'UNPIVOT',
  'MATCH_RECOGNIZE',
  'AT',
  'BEFORE',
  'AS',
])

/** Words of an expression: what comes after one is no alias. */
const OPERATORS = new Set([
  'NOT',
  'AND',
  'OR',
  'IS',
  'IN',
  'LIKE',
  'ILIKE',
  'RLIKE',
  'REGEXP',
  'ESCAPE',
  'BETWEEN',
  'DISTINCT',
  'FROM',
  'PRIOR',
  'CONNECT_BY_ROOT',
])

/**
 * Reads what a query's columns follow from, and no more of it: types, conditions and expressions are skipped.
 *
 * @throws UserError where a text does not end; what cannot be read has no items
 */
export function readQuery(sql: string, file: string, line: number): Query {
  return queryOf(tokens({ text: sql, file, line }).slice(0, -1))
}

function queryOf(all: readonly Token[]): Query {
  const list = withoutParentheses(all)
  const ctes = new Map<string, { columns: readonly string[]; query: Query }>()
  let at = 0
  if (list[0]?.word === 'WITH') {
    at = list[1]?.word === 'RECURSIVE' ? 2 : 1
    for (;;) {
      const name = list[at]
      if (name === undefined) break
      at += 1
      let columns: readonly string[] = []
      if (isSign(list[at], '(')) {
        const end = closing(list, at)
        columns = list
          .slice(at + 1, end)
          .filter(isName)
          .map(nameOf)
        at = end + 1
      }
      // AS
      at += 1
      const end = closing(list, at)
      ctes.set(nameOf(name), { columns, query: queryOf(list.slice(at + 1, end)) })
      at = end + 1
      if (!isSign(list[at], ',')) break
      at += 1
    }
  }
  return { ctes, ...selectOf(withoutParentheses(list.slice(at))) }
}

function selectOf(list: readonly Token[]): Pick<Query, 'items' | 'sources'> {
  if (list[0]?.word !== 'SELECT') return { items: [], sources: [] }
  const start = ['DISTINCT', 'ALL'].includes(list[1]?.word ?? '') ? 2 : 1
  const from = topLevel(list, start, token => token.word === 'FROM' || AFTER_FROM.has(token.word))
  const items = split(list.slice(start, from)).map(itemOf)
  const end = topLevel(list, from, token => AFTER_FROM.has(token.word))
  return { items, sources: list[from]?.word === 'FROM' ? sourcesOf(list.slice(from + 1, end)) : [] }
}

function itemOf(list: readonly Token[]): Item {
  const line = list[0]?.line ?? 1
  const star = list.findIndex((token, index) => isSign(token, '*') && (index === 0 || isSign(list[index - 1], '.')))
  if (star === 0 || (star > 0 && list.slice(0, star).every(token => isName(token) || isSign(token, '.')))) {
    const of = star === 0 ? undefined : nameOf(list[star - 2] as Token)
    return { kind: 'star', of, ...changesOf(list.slice(star + 1)), line }
  }
  const last = list.at(-1)
  const before = list.at(-2)
  if (last === undefined || !isName(last)) return { kind: 'column', name: undefined, line }
  const isPlain = list.length === 1 || isSign(before, '.') || before?.word === 'AS'
  // `x y`, an alias without AS, comes after whatever ends an expression.
  const isAlias =
    before !== undefined &&
    !OPERATORS.has(before.word) &&
    (isName(before) ||
      isSign(before, ')') ||
      isSign(before, ']') ||
      ['string', 'number', 'quoted'].includes(before.kind))
  const named = isPlain || (isAlias && last.word !== 'END')
  return { kind: 'column', name: named ? nameOf(last) : undefined, line }
}

/** EXCLUDE and RENAME behind a star; REPLACE changes no name. */
function changesOf(list: readonly Token[]): { without: readonly string[]; renamed: ReadonlyMap<string, string> } {
  const [without, renamed] = [[] as string[], new Map<string, string>()]
  for (let at = 0; at < list.length; at += 1) {
    const word = list[at]?.word
    if (word !== 'EXCLUDE' && word !== 'RENAME') continue
    const inParentheses = isSign(list[at + 1], '(')
    const end = inParentheses ? closing(list, at + 1) : list.length
    const names = list.slice(at + (inParentheses ? 2 : 1), end).filter(isName)
    if (word === 'EXCLUDE') without.push(...(inParentheses ? names : names.slice(0, 1)).map(nameOf))
    // Each is `from AS to`: three words.
    else for (let first = 0; first < names.length; first += 3) addRename(renamed, names.slice(first, first + 3))
    at = inParentheses ? end : at + 1
  }
  return { without, renamed }
}

function addRename(renamed: Map<string, string>, [from, , to]: readonly Token[]): void {
  if (from !== undefined && to !== undefined) renamed.set(nameOf(from), nameOf(to))
}

function sourcesOf(list: readonly Token[]): readonly SourceOf[] {
  const sources: SourceOf[] = []
  let expects = true
  for (let at = 0; at < list.length; at += 1) {
    const token = list[at] as Token
    if (isSign(token, ',') || token.word === 'JOIN') {
      expects = true
      continue
    }
    if (!expects) {
      if (isSign(token, '(')) at = closing(list, at)
      continue
    }
    if (token.word === 'LATERAL') continue
    expects = false
    if (isSign(token, '(')) {
      const end = closing(list, at)
      sources.push({ query: queryOf(list.slice(at + 1, end)), alias: aliasAfter(list, end) })
      at = end
      continue
    }
    const path = [token]
    while (isSign(list[at + 1], '.') && list[at + 2] !== undefined) {
      path.push(list[at + 2] as Token)
      at += 2
    }
    // A function that gives rows, e.g. FLATTEN: its columns are nobody's to list.
    if (isSign(list[at + 1], '(')) {
      at = closing(list, at + 1)
      sources.push({ alias: aliasAfter(list, at) })
    } else sources.push({ relation: path.map(nameOf), alias: aliasAfter(list, at) ?? nameOf(path.at(-1) as Token) })
  }
  return sources
}

function aliasAfter(list: readonly Token[], at: number): string | undefined {
  const next = list[at + 1]?.word === 'AS' ? list[at + 2] : list[at + 1]
  return next !== undefined && isName(next) && !JOINING.has(next.word) ? nameOf(next) : undefined
}

/** `(select …)` without its parentheses. */
function withoutParentheses(list: readonly Token[]): readonly Token[] {
  return isSign(list[0], '(') && ['SELECT', 'WITH'].includes(list[1]?.word ?? '')
    ? withoutParentheses(list.slice(1, closing(list, 0)))
    : list
}

/** Splits at commas outside parentheses. */
function split(list: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of list) {
    if (isSign(token, '(') || isSign(token, '[')) depth += 1
    if (isSign(token, ')') || isSign(token, ']')) depth -= 1
    if (depth === 0 && isSign(token, ',')) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts.filter(part => part.length > 0)
}

/** The index of the first token from `start` that is wanted and in no parentheses; the list's length where there is none. */
function topLevel(list: readonly Token[], start: number, isWanted: (token: Token) => boolean): number {
  for (let at = start; at < list.length; at += 1) {
    const token = list[at] as Token
    if (isSign(token, '(')) at = closing(list, at)
    else if (isWanted(token) && !isSign(list[at - 1], '.') && !isComparison(list, at)) return at
  }
  return list.length
}

/** FROM of `IS DISTINCT FROM` begins no list of sources. */
function isComparison(list: readonly Token[], at: number): boolean {
  return (
    list[at]?.word === 'FROM' && list[at - 1]?.word === 'DISTINCT' && ['IS', 'NOT'].includes(list[at - 2]?.word ?? '')
  )
}

/** The index of the parenthesis that closes the one at `open`. */
function closing(list: readonly Token[], open: number): number {
  let depth = 0
  for (let at = open; at < list.length; at += 1) {
    if (isSign(list[at], '(')) depth += 1
    else if (isSign(list[at], ')')) depth -= 1
    if (depth === 0) return at
  }
  return list.length
}

const isSign = (token: Token | undefined, text: string): boolean => token?.kind === 'sign' && token.text === text
const isName = (token: Token): boolean => token.kind === 'word' || token.kind === 'quoted'
