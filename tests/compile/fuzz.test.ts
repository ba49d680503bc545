import { rmSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorsIn, project } from './project.ts'

const GOOD = [
  `config {
  type: "incremental",
  uniqueKey: ["id"],
  tags: ["daily"],
  columns: { id: "its number", 'note': { description: "words {" } },
  snowflake: { clusterBy: ["id"] },
  assertions: { nonNull: ["id"], rowConditions: ["id > 0"] }
}

js {
  const half = x => \`\${x} / 2\`
}

select id, \${half('amount')} as half, 'a } brace' as "b { c" -- a note }
from \${ref("source")} /* and { another */
\${when(incremental(), \`where id > (select max(id) from \${self()})\`)}

pre_operations {
  delete from \${self()} where id is null
  ---
  select '---'
}

post_operations { grant select on \${self()} to role reader }
`,
  `config {
  type: "scd2",
  key: "k",
  businessDate: "d",
  tracked: ["a", "b"],
  untracked: ["c"],
  unknownKeys: "source"
}
select * from \${ref({ schema: "S", name: "source" })}
`,
  `config { type: "test", dataset: "source" }
input "source" {
  select 1 as id
}
select 1 as id
`,
]

const INSERTED = ['{', '}', '${', '`', '"', "'", ',', ':', '[', ')', '---', 'config {', 'js {', '\\', '\n', '/*', '*/']
const WORDS = ['input "x" {', 'pre_operations {', '\0', '\uFEFF', '__proto__: 1,', 'constructor', 'null', '${ref(', ';']

/** A place as a share of the text's length, so that shrinking keeps its meaning. */
const place = fc.integer({ min: 0, max: 999 })
const change = fc.oneof(
  fc.record({ at: place, insert: fc.constantFrom(...INSERTED, ...WORDS) }),
  fc.record({ at: place, remove: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ at: place, repeat: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ cut: place }),
)
const mutant = fc.record({ of: fc.nat(GOOD.length - 1), changes: fc.array(change, { minLength: 1, maxLength: 3 }) })
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function changed(text: string, change: Change): string {
  if ('cut' in change) return text.slice(0, Math.floor((text.length * change.cut) / 1000))
  const at = Math.floor((text.length * change.at) / 1000)
  if ('insert' in change) return text.slice(0, at) + change.insert + text.slice(at)
  if ('remove' in change) return text.slice(0, at) + text.slice(at + change.remove)
  return text.slice(0, at + change.repeat) + text.slice(at)
}

/** Whether a message tells of the inside of a program and not of a file of the project. */
const INSIDE = /node_modules|bundle\.js|compile-child|\n\s+at |is not a function or its return value|Cannot read prop/

describe('broken SQLX', () => {
  test('F93: what is changed at random compiles, or is told with file and line, and never as a stack', async () => {
    let broken = 0
    await fc.assert(
      fc.asyncProperty(fc.array(mutant, { minLength: 24, maxLength: 24 }), async mutants => {
        const sources = mutants.map(({ of, changes }) => changes.reduce(changed, GOOD[of] ?? ''))
        const files = Object.fromEntries(sources.map((text, index) => [`definitions/m${index}.sqlx`, text]))
        const folder = project({ 'definitions/source.sqlx': 'config { type: "view" }\nselect 1 as id\n', ...files })
        const errors = await errorsIn(folder)
        rmSync(folder, { recursive: true })
        for (const { message, place, stack } of errors) {
          const lines = files[place.file ?? '']?.split('\n').length ?? 2
          const told = `${place.file}:${place.line}: ${message}`
          expect(message, `${told}\n${stack}`).not.toMatch(INSIDE)
          expect(message, told).toMatch(/\S/)
          expect(Object.keys(files), told).toContain(place.file)
          expect(place.line, told).toBeGreaterThanOrEqual(1)
          expect(place.line, told).toBeLessThanOrEqual(lines)
        }
        broken += errors.length
      }),
      { numRuns: 20, seed: 93 },
    )
    // Else the changes are too small to break anything.
    expect(broken).toBeGreaterThan(200)
  }, 120_000)
})
