/** Whether a text is what a pattern says, in which `*` is any characters and `?` is one. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}

/** The same for ARNs, whose first five parts match each for itself: `*` does not reach over a colon there. */
export function matchesArn(pattern: string, arn: string): boolean {
  const [wanted, given] = [parts(pattern), parts(arn)]
  return wanted.length === given.length && wanted.every((part, at) => matches(part, given[at] ?? ''))
}

function parts(arn: string): readonly string[] {
  const all = arn.split(':')
  return all.length <= 6 ? all : [...all.slice(0, 5), all.slice(5).join(':')]
}
