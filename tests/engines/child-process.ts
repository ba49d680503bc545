import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { packageRoot } from '../../src/project/paths.ts'
import { bundle } from '../helpers/bundle.ts'
import type { Answer } from './child.ts'

/** The bundle of `child.ts`, below the project so that its packages are found: Node 20 runs no TypeScript. */
export interface Child {
  /** Starts a command; the caller ends the process. `shell` goes before it, e.g. a limit. */
  readonly start: (args: readonly string[], shell?: string) => ChildProcess
  /** Runs a command to its end. */
  readonly run: (args: readonly string[], shell?: string) => Promise<Ended>
  /** A process that reads one warehouse after the other. */
  readonly serve: () => Server
  readonly remove: () => void
}

export interface Ended {
  readonly exit: number | null
  readonly signal: NodeJS.Signals | null
  /** The last line, as `child.ts` answers; undefined where the process ended without one. */
  readonly answer: Answer | undefined
  readonly lines: readonly string[]
  readonly stderr: string
}

export interface Server {
  /** Reads the warehouse in a folder. Where the process ends over it, that is the answer, and the next one gets a new process. */
  readonly read: (path: string) => Promise<Answer | 'the process ended'>
  readonly end: () => void
}

/** Builds the child. */
export async function buildChild(): Promise<Child> {
  const outfile = await bundle(packageRoot(), 'tests/engines/child.ts', 'engines-child')
  const start: Child['start'] = (args, shell) =>
    shell === undefined
      ? spawn(process.execPath, [outfile, ...args])
      : spawn('bash', ['-c', `${shell}; exec "$@"`, 'bash', process.execPath, outfile, ...args])
  return {
    start,
    run: (args, shell) => ended(start(args, shell)),
    serve: () => serve(start),
    remove: () => rmSync(outfile, { force: true }),
  }
}

function serve(start: Child['start']): Server {
  let child: ChildProcess | undefined
  let answered: (line: string | undefined) => void = () => undefined
  const open = (): ChildProcess => {
    const opened = start(['serve'])
    createInterface({ input: opened.stdout as Readable }).on('line', line => answered(line))
    opened.on('close', () => {
      if (child === opened) child = undefined
      answered(undefined)
    })
    return opened
  }
  return {
    read: path =>
      new Promise(resolve => {
        answered = line => resolve(parse(line) ?? 'the process ended')
        child ??= open()
        child.stdin?.write(`${path}\n`)
      }),
    end: () => child?.kill(),
  }
}

/** Waits until a process says a line; false where it ends before. */
export function says(child: ChildProcess, line: string): Promise<boolean> {
  return new Promise(resolve => {
    createInterface({ input: child.stdout as Readable }).on('line', said => said === line && resolve(true))
    child.on('close', () => resolve(false))
  })
}

/** Waits for the end of a process. */
export function ended(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', data => {
    stdout += data
  })
  child.stderr?.on('data', data => {
    stderr += data
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit, signal) => {
      const lines = stdout.split('\n').filter(line => line !== '')
      resolve({ exit, signal, answer: parse(lines.at(-1)), lines, stderr })
    })
  })
}

function parse(line: string | undefined): Answer | undefined {
  try {
    return line === undefined ? undefined : (JSON.parse(line) as Answer)
  } catch {
    return undefined
  }
}
