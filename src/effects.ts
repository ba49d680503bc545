/** Everything a command does to the world outside its arguments and its files. Tests pass a fake of this and nothing else. */
export interface Effects {
  /** Writes to standard output, no newline added. */
  stdout(text: string): void
  /** Writes to standard error, no newline added. */
  stderr(text: string): void
  /** Whether standard error is a terminal: progress is redrawn there and plain lines are printed elsewhere. */
  readonly isTerminal: boolean
  /** Whether a person can be asked: standard input and output are a terminal. */
  readonly isInteractive?: boolean | undefined
  /** Whether to colour: a terminal and no NO_COLOR. */
  readonly useColour: boolean
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  now(): Date
  /** Calls back at the first Ctrl-C (SIGINT) or SIGTERM; returns how to stop listening. A second signal ends the process with 130. */
  onInterrupt(callback: () => void): () => void
}

// A reader that has seen enough (`| head`) closes its pipe: what was begun goes on to its end, and prints to nobody.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

/** The real world. */
export const realEffects: Effects = {
  stdout: text => void process.stdout.write(text),
  stderr: text => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  useColour: process.stdout.isTTY === true && !process.env.NO_COLOR,
  isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true,
  // A terminal that does not tell its size says 0.
  columns: process.stderr.columns || 80,
  env: process.env,
  cwd: process.cwd(),
  now: () => new Date(),
  onInterrupt: callback => {
    let count = 0
    const listener = (): void => {
      count += 1
      if (count === 1) callback()
      else process.exit(130)
    }
    process.on('SIGINT', listener)
    process.on('SIGTERM', listener)
    return () => {
      process.off('SIGINT', listener)
      process.off('SIGTERM', listener)
    }
  },
}

/**
 * Ends the process with this code as soon as all that was printed is out. What is left open goes with the process, which costs
 * less than taking it apart.
 */
export function leave(code: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}
