import { list, type PolicyStatement } from './policy.ts'
import { matches, matchesArn } from './wildcards.ts'

type Test = (wanted: readonly string[], given: string | undefined) => boolean

const some =
  (compare: (wanted: string, given: string) => boolean): Test =>
  (wanted, given) =>
    given !== undefined && wanted.some(value => compare(value, given))
/** A negated operator is true where the key is missing. */
const none =
  (compare: (wanted: string, given: string) => boolean): Test =>
  (wanted, given) =>
    given === undefined || !wanted.some(value => compare(value, given))

const same = (wanted: string, given: string): boolean => wanted === given
const OPERATORS: Readonly<Record<string, Test>> = {
  Bool: some((wanted, given) => wanted.toLowerCase() === given.toLowerCase()),
  StringEquals: some(same),
  StringNotEquals: none(same),
  StringLike: some(matches),
  StringNotLike: none(matches),
  ArnEquals: some(matchesArn),
  ArnLike: some(matchesArn),
  ArnNotEquals: none(matchesArn),
  Null: (wanted, given) => wanted.includes(String(given === undefined)),
}

/** Whether all conditions of a statement hold. Throws for an operator that it does not know, instead of guessing. */
export function holds(
  condition: NonNullable<PolicyStatement['Condition']>,
  context: Readonly<Record<string, string>>,
): boolean {
  // Names of keys have no case.
  const given = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]))
  return Object.entries(condition).every(([name, keys]) => {
    const isOptional = name.endsWith('IfExists')
    const test = OPERATORS[isOptional ? name.slice(0, -'IfExists'.length) : name]
    if (test === undefined) throw new Error(`the evaluator does not know the operator ${name}`)
    return Object.entries(keys).every(([key, wanted]) => {
      const value = given.get(key.toLowerCase())
      return (isOptional && value === undefined) || test(list(wanted), value)
    })
  })
}
