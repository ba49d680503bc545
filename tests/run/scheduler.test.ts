import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Step } from '../../src/plan/types.ts'
import type { Status } from '../../src/report/results.ts'
import { schedule } from '../../src/run/scheduler.ts'
import { t, table } from '../plan/fixtures.ts'

interface Shape {
  readonly after?: readonly string[]
  readonly writes?: readonly string[]
  readonly skip?: Step['skip']
  readonly end?: Status
}

function step(name: string, { after = [], writes = [name], skip }: Shape): Step {
  return {
    action: table({ target: t(name) }),
    target: t(name),
    type: 'table',
    dependencies: after.map(each => t(each)),
    prepare: [],
    load: [],
    definitions: [],
    writes: writes.map(each => t(each)),
    skip,
  }
}

/** What happened, in the order in which it did. */
interface Trace {
  readonly ends: Readonly<Record<string, Status>>
  readonly events: readonly string[]
  readonly reasons: Readonly<Record<string, string>>
  /** The most that ran at once. */
  readonly peak: number
}

/** Schedules shapes by name; each runs for some turns of the event loop and ends as its shape says. */
async function run(
  shapes: Readonly<Record<string, Shape>>,
  options: { concurrency?: number; turns?: (name: string) => number; cancelAfter?: string } = {},
): Promise<Trace> {
  const events: string[] = []
  const reasons: Record<string, string> = {}
  let [running, peak, cancelled] = [0, 0, false]
  const steps = Object.entries(shapes).map(([name, shape]) => step(name, shape))
  const ends = await schedule(steps, {
    concurrency: options.concurrency ?? 2,
    isCancelled: () => cancelled,
    skip: ({ target }, _, reason) => {
      reasons[target.name] = reason
    },
    execute: async ({ target: { name } }) => {
      events.push(`start ${name}`)
      running += 1
      peak = Math.max(peak, running)
      for (let turn = 0; turn < (options.turns?.(name) ?? 1); turn++) await new Promise(setImmediate)
      running -= 1
      events.push(`end ${name}`)
      if (name === options.cancelAfter) cancelled = true
      return shapes[name]?.end ?? 'SUCCESSFUL'
    },
  })
  const byName = steps.map(({ target }) => {
    const status = ends.get(`TELCO_DB.DW.${target.name}`)
    if (status === undefined) throw new Error(`${target.name} did not end`)
    return [target.name, status] as const
  })
  return { ends: Object.fromEntries(byName), events, reasons, peak }
}

describe('the scheduler', () => {
  it('runs as many at once as it may, and no more', async () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`T${n}`, {}]))
    for (const concurrency of [1, 2, 4]) {
      const { peak, ends } = await run(many, { concurrency })
      expect(peak).toBe(concurrency)
      expect(Object.values(ends)).toEqual(Array(9).fill('SUCCESSFUL'))
    }
  })

  it('starts a step when those it depends on have ended, however long they take', async () => {
    const { events } = await run(
      { A: {}, B: { after: ['A'] }, C: { after: ['A'] }, D: { after: ['B', 'C'] } },
      { concurrency: 4, turns: name => (name === 'B' ? 20 : 1) },
    )
    expect(events).toEqual(['start A', 'end A', 'start B', 'start C', 'end C', 'end B', 'start D', 'end D'])
  })

  it('gives a table to one writer at a time, also where neither depends on the other', async () => {
    const { events } = await run(
      { A: { writes: ['SHARED'] }, B: { writes: ['OTHER', 'SHARED'] }, C: { writes: ['OTHER'] }, D: { writes: [] } },
      { concurrency: 4, turns: name => (name === 'A' ? 9 : 3) },
    )
    expect(events.indexOf('start B')).toBeGreaterThan(events.indexOf('end A'))
    expect(events.indexOf('start C')).toBeGreaterThan(events.indexOf('end B'))
    expect(events.indexOf('start D')).toBeLessThan(events.indexOf('end A'))
  })

  it('a second writer runs although the first failed: it does not depend on it', async () => {
    const { ends } = await run({ A: { writes: ['SHARED'], end: 'FAILED' }, B: { writes: ['SHARED'] } })
    expect(ends).toEqual({ A: 'FAILED', B: 'SUCCESSFUL' })
  })

  for (const end of ['FAILED', 'TIMED_OUT', 'REFUSED', 'CANCELLED'] as const) {
    it(`skips all that descends from a step that ended ${end}, says because of whom, and runs the rest`, async () => {
      const { ends, reasons, events } = await run({
        BAD: { end },
        CHILD: { after: ['BAD'] },
        GRANDCHILD: { after: ['CHILD'] },
        FINE: {},
        BOTH: { after: ['FINE', 'GRANDCHILD'] },
      })
      expect(ends).toEqual({ BAD: end, CHILD: 'SKIPPED', GRANDCHILD: 'SKIPPED', FINE: 'SUCCESSFUL', BOTH: 'SKIPPED' })
      expect(reasons).toEqual({
        CHILD: 'DW.BAD did not end well',
        GRANDCHILD: 'DW.CHILD did not end well',
        BOTH: 'DW.GRANDCHILD did not end well',
      })
      expect(events.filter(event => event.startsWith('start')).sort()).toEqual(['start BAD', 'start FINE'])
    })
  }

  it('a warning and a disabled step do not block', async () => {
    const { ends, reasons } = await run({
      WARNS: { end: 'WARNED' },
      OFF: { skip: 'disabled' },
      AFTER: { after: ['WARNS', 'OFF'] },
    })
    expect(ends).toEqual({ WARNS: 'WARNED', OFF: 'DISABLED', AFTER: 'SUCCESSFUL' })
    expect(reasons).toEqual({ OFF: 'disabled' })
  })

  it('a step for another engine is skipped, and so is what reads it', async () => {
    const { ends, reasons } = await run({ OTHER: { skip: 'engine' }, READER: { after: ['OTHER'] } })
    expect(ends).toEqual({ OTHER: 'SKIPPED', READER: 'SKIPPED' })
    expect(reasons).toEqual({ OTHER: 'not for this engine', READER: 'DW.OTHER did not end well' })
  })

  it('after an interrupt starts nothing more, neither what waits for a dependency nor what waits for its turn', async () => {
    const { ends, reasons, events } = await run(
      { A: {}, QUEUED: {}, CHILD: { after: ['A'] } },
      { concurrency: 1, cancelAfter: 'A' },
    )
    expect(ends).toEqual({ A: 'SUCCESSFUL', QUEUED: 'CANCELLED', CHILD: 'CANCELLED' })
    expect(reasons).toEqual({ QUEUED: 'interrupted', CHILD: 'interrupted' })
    expect(events).toEqual(['start A', 'end A'])
  })

  it('no steps end at once', async () => {
    expect((await run({})).ends).toEqual({})
  })
})

const status = fc.constantFrom<Status>(
  'SUCCESSFUL',
  'SUCCESSFUL',
  'SUCCESSFUL',
  'WARNED',
  'FAILED',
  'TIMED_OUT',
  'REFUSED',
)

/** A graph in which each step depends only on ones before it. */
const graphs = fc
  .array(
    fc.record({
      after: fc.array(fc.nat(13), { maxLength: 3, size: 'max' }),
      writes: fc.uniqueArray(fc.constantFrom('X', 'Y', 'Z'), { maxLength: 2 }),
      skip: fc.constantFrom(undefined, undefined, undefined, undefined, 'disabled' as const),
      end: status,
      turns: fc.integer({ min: 0, max: 4 }),
    }),
    { minLength: 1, maxLength: 14, size: 'max' },
  )
  .map(drafts =>
    drafts.map((draft, at) => ({
      ...draft,
      name: `S${at}`,
      after: at === 0 ? [] : [...new Set(draft.after.map(n => `S${n % at}`))],
    })),
  )

describe('on any graph', () => {
  it('every step ends once, as its own end and its dependencies say, within the limits', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.integer({ min: 1, max: 4 }), async (nodes, concurrency) => {
        const byName = new Map(nodes.map(node => [node.name, node]))
        const { ends, events, peak } = await run(Object.fromEntries(byName), {
          concurrency,
          turns: name => byName.get(name)?.turns ?? 0,
        })
        const expected: Record<string, Status> = {}
        for (const { name, after, skip, end } of nodes) {
          const isBlocked = after.some(each => !['SUCCESSFUL', 'WARNED', 'DISABLED'].includes(expected[each] ?? ''))
          expected[name] = skip === 'disabled' ? 'DISABLED' : isBlocked ? 'SKIPPED' : end
        }
        expect(ends).toEqual(expected)
        expect(peak).toBeLessThanOrEqual(concurrency)
        const ran = nodes.filter(({ name }) => expected[name] !== 'DISABLED' && expected[name] !== 'SKIPPED')
        expect([...events].sort()).toEqual(ran.flatMap(({ name }) => [`end ${name}`, `start ${name}`]).sort())
        for (const node of ran) {
          for (const before of node.after.filter(each => events.includes(`end ${each}`)))
            expect(events.indexOf(`start ${node.name}`)).toBeGreaterThan(events.indexOf(`end ${before}`))
        }
        for (const table of ['X', 'Y', 'Z']) {
          const writers = ran.filter(({ writes }) => writes.some(each => each === table)).map(({ name }) => name)
          // One at a time: among the events of a table's writers, each start is followed by its own end.
          const own = events.filter(event => writers.includes(event.split(' ')[1] ?? ''))
          expect(own).toEqual(
            own.filter((_, at) => at % 2 === 0).flatMap(event => [event, event.replace('start', 'end')]),
          )
        }
      }),
      { numRuns: 300, seed: 87 },
    )
  })

  it('an interrupt at any moment: what runs ends, the rest is cancelled or skipped, and nothing starts after it', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.integer({ min: 1, max: 4 }), fc.nat(13), async (nodes, concurrency, n) => {
        const byName = new Map(nodes.map(node => [node.name, node]))
        const cancelAfter = `S${n % nodes.length}`
        const { ends, events } = await run(Object.fromEntries(byName), {
          concurrency,
          turns: name => byName.get(name)?.turns ?? 0,
          cancelAfter,
        })
        expect(Object.keys(ends)).toHaveLength(nodes.length)
        const at = events.indexOf(`end ${cancelAfter}`)
        if (at >= 0) expect(events.slice(at).filter(event => event.startsWith('start'))).toEqual([])
      }),
      { numRuns: 300, seed: 88 },
    )
  })
})
