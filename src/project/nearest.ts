/** The names most like a wrong one, best first: at most `count`, none that differ in more than half of their letters. */
export function nearest(wrong: string, names: readonly string[], count = 3): readonly string[] {
  const target = wrong.toLowerCase()
  return [...new Set(names)]
    .map(name => ({ name, distance: distance(target, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, Math.ceil(Math.max(name.length, target.length) / 2.5)))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name)
}

/** `did you mean …?`, or undefined where nothing is near. */
export function didYouMean(wrong: string, names: readonly string[]): string | undefined {
  const near = nearest(wrong, names)
  return near.length === 0 ? undefined : `did you mean ${near.join(', ')}?`
}

/** Levenshtein's distance: insertions, deletions and replacements, a letter each. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
