/** Mutants that change nothing, by a piece of how the soak shows them, and why. */
export const EQUIVALENT: readonly { readonly shown: string; readonly why: string }[] = []
