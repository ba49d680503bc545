import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import type { Effects } from '../effects.ts'
import { describeError, UserError, UserErrors } from '../error.ts'
import { packageRoot } from '../project/paths.ts'

/** A flag as commander spells it (`--tags <list>`), what it does, and how its value is read. */
export interface Flag {
  readonly flags: string
  readonly summary: string
  readonly parse?: ((value: string, previous: unknown) => unknown) | undefined
}

export type Options = Readonly<Record<string, unknown>>

/** One verb: a file of its own, and a line in a registry. */
export interface Verb {
  readonly name: string
  /** Positional arguments as commander spells them, e.g. `[project-dir]`. */
  readonly args: readonly string[]
  readonly summary: string
  readonly flags: readonly Flag[]
  readonly hidden?: boolean | undefined
  /** Returns the exit code. */
  readonly run: (args: readonly string[], options: Options, effects: Effects) => Promise<number>
}

/** Lists take commas and repeats. */
export function list(value: string, previous: unknown): readonly string[] {
  return [...(Array.isArray(previous) ? (previous as string[]) : []), ...value.split(',').filter(item => item !== '')]
}

/** A whole number; usage error otherwise. */
export function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new UserError(`${value} is not a whole number`, { exitCode: 2 })
  return Number(value)
}

/** The version of this package. */
function version(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version
}

/** Reads the command line and runs its verb. Errors are shown once each; only `--verbose` shows stacks. */
export async function main(
  name: string,
  summary: string,
  verbs: readonly Verb[],
  argv: readonly string[],
  effects: Effects,
): Promise<number> {
  let code = 0
  const program = new Command(name)
    .description(summary)
    .exitOverride()
    .configureOutput({
      writeOut: effects.stdout,
      writeErr: effects.stderr,
      // What was given to an option that nobody knows may be a secret.
      outputError: (text, write) => write(text.replace(/(unknown option '--[\w-]+)=[^\n]*(?=')/, '$1')),
    })
    .version(version(), '--version', 'shows the version')
    .showHelpAfterError(`Run ${name} help for the verbs and their flags.`)
    .helpOption('--help', 'shows what a verb takes')
    .helpCommand('help [command]', 'shows what a verb takes')
  for (const verb of verbs) {
    const command = program
      .command([verb.name, ...verb.args].join(' '), { hidden: verb.hidden === true })
      .description(verb.summary)
    for (const { flags, summary, parse } of verb.flags) {
      if (parse === undefined) command.option(flags, summary)
      else command.option(flags, summary, parse)
    }
    command.action(async () => {
      code = await verb.run(command.args, command.opts(), effects)
    })
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    return showError(error, argv.includes('--verbose'), effects)
  }
}

/** Shows an error and returns the exit code that it means. */
export function showError(error: unknown, verbose: boolean, effects: Effects): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof UserErrors) {
    effects.stderr(`${error.errors.map(each => `error: ${describeError(each)}`).join('\n')}\n`)
    return 1
  }
  if (error instanceof UserError) {
    effects.stderr(`error: ${describeError(error)}\n`)
    if (verbose && error.cause !== undefined) effects.stderr(`${causeText(error.cause)}\n`)
    return error.exitCode
  }
  effects.stderr(
    `${error instanceof Error ? error.stack : String(error)}\nThis is a defect of the program, not of your project.\n`,
  )
  return 1
}

function causeText(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}
