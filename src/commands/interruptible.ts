import type { Effects } from '../effects.ts'
import { UserError } from '../error.ts'

/**
 * Carries something out until Ctrl-C.
 *
 * @param remedy what people can do after they interrupted it
 * @throws UserError with exit code 130 where they did
 */
export async function interruptible(
  effects: Effects,
  remedy: string,
  use: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const controller = new AbortController()
  const stopListening = effects.onInterrupt(() => controller.abort(new Error('interrupted')))
  try {
    return await use(controller.signal)
  } catch (cause) {
    if (!controller.signal.aborted) throw cause
    throw new UserError('interrupted', { remedy, exitCode: 130, cause })
  } finally {
    stopListening()
  }
}
