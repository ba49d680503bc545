import type { Case } from './case.ts'
import type { Version } from './model.ts'
import { hold, type Property } from './property.ts'
import { versionId } from './publish.ts'

/** Every version known at any point. */
function eachVersion({ known }: Case, check: (version: Version) => void): number {
  for (const { versions } of known) versions.forEach(check)
  return known.reduce((count, { versions }) => count + versions.length, 0)
}

/** Every two versions of one key that follow each other, at any point. */
function eachPair({ known }: Case, check: (one: Version, next: Version) => void): number {
  let pairs = 0
  for (const { versions } of known) {
    versions.forEach((next, index) => {
      const one = versions[index - 1]
      if (one?.k !== next.k) return
      pairs += 1
      check(one, next)
    })
  }
  return pairs
}

/** What the rows look like, whatever they say. */
export const shape: readonly Property[] = [
  {
    name: 'V4 no overlap for a key at any K',
    check: of =>
      eachPair(of, (one, next) => hold(one.end !== null && one.end <= next.start, 'two versions overlap', one, next)),
  },
  {
    name: 'V5 a version starts before it ends',
    check: of =>
      eachVersion(of, version =>
        hold(version.end === null || version.start < version.end, 'ends before it starts', version),
      ),
  },
  {
    name: 'V6 at most one open version for a key',
    check: ({ known }) => {
      for (const { versions } of known) {
        const open = versions.filter(({ end }) => end === null).map(({ k }) => k)
        hold(new Set(open).size === open.length, 'two open versions of one key', versions)
      }
      return known.length
    },
  },
  {
    name: 'V8 neighbouring versions differ',
    check: of =>
      eachPair(of, (one, next) =>
        hold(one.end !== next.start || one.a !== next.a || one.b !== next.b, 'nothing changed between', one, next),
      ),
  },
  {
    name: 'V22 one row for each version ever published',
    check: ({ steps }) => {
      for (const { tables } of steps)
        hold(new Set(tables.dim.map(versionId)).size === tables.dim.length, 'two rows of one version', tables.dim)
      return steps.length
    },
  },
]
