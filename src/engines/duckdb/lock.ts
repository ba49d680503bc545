import { closeSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../error.ts'

const NAME = '.lock'
/** A lock without a holder is one that is being written, or that a full disk left empty: it gets this long. */
const LOOKS = 5
const PAUSE_MS = 20

/**
 * Takes a warehouse's folder for this process; returns how to give it back. DuckDB's own lock would let nobody read either,
 * would not say who holds it in words that people can act on, and does not hold within one process.
 *
 * @throws UserError that names the holder
 */
export function lockWarehouse(folder: string): () => void {
  const file = place(folder)
  const mine = JSON.stringify({ pid: process.pid, born: bornAt(process.pid), since: new Date().toISOString() })
  for (let look = 0; ; look++) {
    if (create(file, mine, folder)) return () => rmSync(file, { force: true })
    const text = readLock(file)
    const holder = holderOf(text)
    if ((holder !== undefined && isAlive(holder)) || look > 2 * LOOKS) throw held(folder, holder)
    if (holder === undefined && look < LOOKS) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    // Its process has ended without giving it back: a kill, or a machine that stopped.
    else removeStale(file, text)
  }
}

function place(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true })
    return join(realpathSync(folder), NAME)
  } catch (error) {
    throw cannotWrite(folder, error)
  }
}

/** False where there is a lock already. */
function create(file: string, content: string, folder: string): boolean {
  try {
    const handle = openSync(file, 'wx', 0o600)
    try {
      writeSync(handle, content)
    } catch (error) {
      rmSync(file, { force: true })
      throw error
    } finally {
      closeSync(handle)
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cannotWrite(folder, error)
  }
}

/** Removes the lock that was read. Where another process was faster and holds it now, that one's lock stays. */
function removeStale(file: string, text: string | undefined): void {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  if (readLock(aside) === text) rmSync(aside, { force: true })
  else renameSync(aside, file)
}

interface Holder {
  readonly pid: number
  readonly since: string
  /** What `bornAt` said of the process. */
  readonly born?: string | undefined
}

function readLock(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function holderOf(text: string | undefined): Holder | undefined {
  try {
    const holder = JSON.parse(text ?? '') as Holder
    return Number.isInteger(holder.pid) && holder.pid > 0 ? holder : undefined
  } catch {
    return undefined
  }
}

function isAlive({ pid, born }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = bornAt(pid)
  // Another process may have the number since: in a container every start has the same.
  return born === undefined || now === undefined || born === now
}

/** What tells a process from a later one with its number, where the system says it: the clock tick of its start. */
function bornAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before, in parentheses, may hold anything; the start is the 22nd field of all.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function held(folder: string, holder: Holder | undefined): UserError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid}, since ${holder.since}`
  return new UserError(`the warehouse ${folder} is in use by ${who}`, {
    remedy: 'wait until that run has ended, or end it; a warehouse takes one process at a time',
  })
}

function cannotWrite(folder: string, cause: unknown): UserError {
  return new UserError(`the warehouse's folder ${folder} cannot be written: ${(cause as Error).message}`, {
    remedy: 'check the folder, its permissions and the free space on its disk',
    cause,
  })
}
