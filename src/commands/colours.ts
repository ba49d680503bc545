import pc from 'picocolors'
import type { Effects } from '../effects.ts'

/** Colours of the terminal; none where it has none or NO_COLOR is set. */
export function colours(effects: Effects): ReturnType<typeof pc.createColors> {
  return pc.createColors(effects.useColour)
}
