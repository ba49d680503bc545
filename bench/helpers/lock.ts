import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Takes a lock for the life of this process; one that a dead process left is taken over. Throws where another measures. */
export function lock(file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
  } catch (error) {
    const holder = Number(readFileSync(file, 'utf8'))
    if (isAlive(holder)) {
      throw new Error(`process ${holder} is measuring already (${file}): wait until it has ended`, { cause: error })
    }
    writeFileSync(file, String(process.pid))
  }
  process.on('exit', () => rmSync(file, { force: true }))
}
