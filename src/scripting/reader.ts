import { RefusedConstruct, UserError } from '../error.ts'
import { nameOf, type Source, type Token, tokens } from './tokens.ts'

/** Reads the tokens of a script from left to right. */
export interface Reader {
  readonly source: Source
  readonly tokens: readonly Token[]
  /** The token at hand, or one after it. */
  readonly peek: (ahead?: number) => Token
  /** Takes the token at hand. */
  readonly next: () => Token
  /** The index of the token at hand in `tokens`. */
  readonly position: () => number
  readonly isWord: (...words: readonly string[]) => boolean
  readonly isSign: (text: string) => boolean
  /** Takes the token at hand where it is this word. */
  readonly takeWord: (word: string) => boolean
  readonly takeSign: (text: string) => boolean
  /** @throws UserError where something else stands there */
  readonly expectWord: (...words: readonly string[]) => Token
  readonly expectSign: (text: string) => Token
  /** Takes a name; as Snowflake compares it. */
  readonly expectName: (what: string) => string
  /** @throws UserError always, at a token or at the one at hand */
  readonly fail: (message: string, token?: Token) => never
  /** @throws RefusedConstruct always */
  readonly refuse: (construct: string, token?: Token) => never
}

/** Reads a text. Throws UserError where its tokens cannot be told. */
export function createReader(source: Source): Reader {
  const all = tokens(source)
  const last = all.at(-1) as Token
  let index = 0
  const peek = (ahead = 0): Token => all[index + ahead] ?? last
  const place = (token: Token) => ({ file: source.file || undefined, line: token.line })
  const fail = (message: string, token = peek()): never => {
    throw new UserError(message, place(token))
  }
  const next = (): Token => {
    const token = peek()
    index += 1
    return token
  }
  const isWord = (...words: readonly string[]): boolean => words.includes(peek().word) && peek().word !== ''
  const isSign = (text: string): boolean => peek().kind === 'sign' && peek().text === text
  const expected = (what: string): never => fail(`${what} was expected and ${shown(peek())} was found`)
  return {
    source,
    tokens: all,
    peek,
    next,
    position: () => index,
    isWord,
    isSign,
    takeWord: word => isWord(word) && next() !== undefined,
    takeSign: text => isSign(text) && next() !== undefined,
    expectWord: (...words) => (isWord(...words) ? next() : expected(words.join(' or '))),
    expectSign: text => (isSign(text) ? next() : expected(text)),
    expectName: what => (['word', 'quoted'].includes(peek().kind) ? nameOf(next()) : expected(what)),
    fail,
    refuse: (construct, token = peek()) => {
      throw new RefusedConstruct(construct, place(token))
    },
  }
}

/** A token as a message names it. */
export function shown(token: Token): string {
  return token.kind === 'end'
    ? 'the end of the text'
    : token.text.length > 40
      ? `${token.text.slice(0, 40)}…`
      : token.text
}
