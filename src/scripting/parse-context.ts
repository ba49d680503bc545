import type { FragmentContext } from './fragment.ts'
import type { NameKind } from './names.ts'
import type { Token } from './tokens.ts'
import type { Statement } from './tree.ts'

/** A BREAK or CONTINUE whose loop is not read to its end, where the label stands. */
export interface Jump {
  readonly label: string
  readonly token: Token
}

/** What a statement is read with. */
export interface ParseContext extends FragmentContext {
  /** What RETURN gives back; undefined where it may be either. */
  readonly returns: 'value' | 'table' | undefined
  readonly isInLoop: boolean
  readonly jumps: Jump[]
  /** Takes statements up to a word that ends them. */
  readonly statements: (context: ParseContext, ...ends: readonly string[]) => readonly Statement[]
}

/** The context within a branch, a loop or a block: names of its own. */
export function within(context: ParseContext, changes: Partial<ParseContext> = {}): ParseContext {
  return { ...context, names: context.names.inner(), ...changes }
}

/** Declares a name. Throws UserError where the block has it already. */
export function declare({ reader, names }: ParseContext, name: string, kind: NameKind, token: Token): void {
  if (names.owns(name)) reader.fail(`${name} is declared twice in one block`, token)
  names.declare(name, kind)
}

/** Takes a name of something declared. Throws UserError where it is not, or is of another kind. */
export function readDeclared({ reader, names }: ParseContext, what: string, ...kinds: readonly NameKind[]): string {
  const token = reader.peek()
  const name = reader.expectName(what)
  const kind = names.find(name)
  if (kind === undefined) reader.fail(`${what} ${token.text} is not declared`, token)
  else if (!kinds.includes(kind)) reader.fail(`${token.text} is no ${what.replace(/^(the|a|an) /, '')}`, token)
  return name
}

/** Takes variables that receive something: `:a, :b`, also without colons where Snowflake takes them so. */
export function readTargets(context: ParseContext, needsColon: boolean): readonly string[] {
  const { reader } = context
  const found: string[] = []
  do {
    if (!reader.takeSign(':') && needsColon) reader.expectSign(':')
    found.push(readDeclared(context, 'the variable', 'variable'))
  } while (reader.takeSign(','))
  return found
}
