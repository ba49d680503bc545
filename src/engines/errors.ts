import { UserError } from '../error.ts'

/** A write that met another's, or a session that was lost before anything was committed: worth another try. */
export class TransientError extends UserError {
  override readonly name = 'TransientError'
}

/** Whether trying again may help. */
export function isTransient(error: unknown): boolean {
  return error instanceof TransientError
}
