import { closeSync, mkdirSync, openSync, readFileSync, realpathSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../error.ts'

const NAME = '.lock'

/**
 * Takes a warehouse's folder for this process; returns how to give it back. DuckDB's own lock would let nobody read either,
 * and would not say who holds it in words that people can act on.
 *
 * @throws UserError that names the holder
 */
export function lockWarehouse(folder: string): () => void {
  mkdirSync(folder, { recursive: true })
  const file = join(realpathSync(folder), NAME)
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = openSync(file, 'wx', 0o600)
      writeSync(handle, JSON.stringify({ pid: process.pid, since: new Date().toISOString() }))
      closeSync(handle)
      return () => rmSync(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw cannotWrite(folder, error)
      const holder = holderOf(file)
      if (attempt > 2 || (holder !== undefined && isAlive(holder.pid))) throw held(folder, holder)
      // Its process has ended without giving it back: a kill, or a machine that stopped.
      rmSync(file, { force: true })
    }
  }
}

interface Holder {
  readonly pid: number
  readonly since: string
}

function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
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
