import type { Statement, Tables, Text, Version, VersionRow } from './model.ts'

/** What makes a version the same one: its key, start and tracked values, never its end. */
export const versionId = ({ k, start, a, b }: Pick<Version, 'k' | 'start' | 'a' | 'b'>): string =>
  `${k} ${start} ${a === null ? 'null' : `'${a}'`} ${b === null ? 'null' : `'${b}'`}`

/** A new version's row. */
function insert({ k, a, b, start, end, first }: Version, point: number): VersionRow {
  const endKnownFrom = end === null ? null : point
  const isCurrent = end === null
  return { k, a, b, u: undefined, start, end, endKnownFrom, isCurrent, knownFrom: point, knownTo: null, first }
}

function statementOf({ k, a, b, start, end, first, endKnownFrom, knownFrom, knownTo }: Statement): Statement {
  return { k, a, b, start, end, first, endKnownFrom, knownFrom, knownTo }
}

/** A row once a publication says `version` of it, undefined where it is not believed; and the statement that this ends. */
function restate(row: VersionRow, version: Version | undefined, point: number): readonly [VersionRow, Statement?] {
  const isBelieved = row.knownTo === null
  if (version === undefined) return [isBelieved ? { ...row, knownTo: point, isCurrent: false } : row]
  const { end, first } = version
  if (isBelieved && first === row.first) {
    if (end === row.end) return [row]
    if (row.end === null) return [{ ...row, end, endKnownFrom: point, isCurrent: false }]
  }
  const past = statementOf(isBelieved ? { ...row, knownTo: point } : row)
  return [{ ...insert(version, point), u: row.u }, past]
}

/** The tables once the publication `point` makes us believe exactly `versions`. */
export function publish(
  tables: Tables,
  versions: readonly Version[],
  newest: ReadonlyMap<string, Text>,
  point: number,
): Tables {
  const left = new Map(versions.map(version => [versionId(version), version]))
  const history = [...tables.history]
  const dim = tables.dim.map(before => {
    const [row, past] = restate(before, left.get(versionId(before)), point)
    left.delete(versionId(before))
    if (past !== undefined) history.push(past)
    return row
  })
  for (const version of left.values()) dim.push(insert(version, point))
  return { dim: dim.map(row => (row.u === newest.get(row.k) ? row : { ...row, u: newest.get(row.k) })), history }
}
