import { UserError } from '../error.ts'

/** A question to a person at a terminal. */
export interface Question {
  readonly message: string
  /** An example, shown where nothing was typed yet. */
  readonly example?: string | undefined
  /** Is typed unseen. */
  readonly isSecret?: boolean | undefined
  /** May be left empty. */
  readonly isOptional?: boolean | undefined
  /** One of these instead of a text: the value, and what people read. */
  readonly choices?: readonly (readonly [value: string, label: string])[] | undefined
}

/**
 * Asks a person; loaded at the first question.
 *
 * @returns undefined where an optional answer was left empty
 * @throws UserError with exit code 130 where the person gave up
 */
export async function ask({ message, example, isSecret, isOptional, choices }: Question): Promise<string | undefined> {
  const { isCancel, password, select, text } = await import('@clack/prompts')
  const validate = (value: string | undefined): string | undefined =>
    isOptional === true || (value ?? '').trim() !== '' ? undefined : 'this is needed'
  const answer =
    choices !== undefined
      ? await select({ message, options: choices.map(([value, label]) => ({ value, label })) })
      : isSecret === true
        ? await password({ message, validate })
        : await text({ message, placeholder: example, validate })
  if (isCancel(answer)) throw givenUp()
  // A secret may begin with a space.
  const given = isSecret === true ? answer : (answer ?? '').trim()
  return given === '' || given === undefined ? undefined : given
}

/** Asks whether to go on; no unless told. */
export async function confirmed(message: string): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message, initialValue: false })
  if (isCancel(answer)) throw givenUp()
  return answer
}

function givenUp(): UserError {
  return new UserError('interrupted, and nothing was written', { exitCode: 130 })
}
