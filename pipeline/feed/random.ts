/** Chance that is the same for the same seed, on every machine. */
export interface Random {
  /** At least 0, less than 1. */
  readonly next: () => number
  /** A whole number from `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number
  readonly pick: <T>(values: readonly T[]) => T
  readonly chance: (probability: number) => boolean
}

/** mulberry32: small, fast, and good enough for a feed. Source: Tommy Ettinger, public domain. */
export function random(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    between,
    chance: probability => next() < probability,
    pick: values => values[between(0, values.length - 1)] as (typeof values)[number],
  }
}
