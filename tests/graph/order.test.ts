import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findCycle, inOrder } from '../../src/graph/order.ts'
import type { Action } from '../../src/graph/types.ts'
import { table } from './actions.ts'

const names = (actions: readonly Action[]): string[] => actions.map(({ target }) => target.name)
const SEED = { seed: 11, numRuns: 300 }

/** Actions `0 … n-1`, each on some that come before it, so that there is no cycle; then put in any order. */
const acyclic = fc
  .array(fc.array(fc.nat(30), { maxLength: 5 }), { minLength: 1, maxLength: 20 })
  .map(lists => lists.map((on, index) => table(`${index}`, { on: on.filter(other => other < index).map(String) })))
  .chain(actions => fc.shuffledSubarray(actions, { minLength: actions.length }))

/** Actions with dependencies in all directions, and on some that are not there. */
const anyGraph = fc
  .array(fc.array(fc.nat(12), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
  .map(lists => lists.map((on, index) => table(`${index}`, { on: on.map(String) })))

/** Whether there is a cycle, by taking off what depends on nothing that is left. */
function hasCycle(actions: readonly Action[]): boolean {
  const isFree = (action: Action): boolean =>
    !action.dependencies.some(({ name }) => actions.some(other => other.target.name === name))
  const left = actions.filter(action => !isFree(action))
  return left.length === actions.length ? left.length > 0 : hasCycle(left)
}

describe('order', () => {
  test('each comes once, after everything that it depends on', () => {
    fc.assert(
      fc.property(acyclic, actions => {
        const ordered = inOrder(actions)
        expect(names(ordered).sort()).toEqual(names(actions).sort())
        const before = new Set<string>()
        for (const { target, dependencies } of ordered) {
          for (const { name } of dependencies) expect(before, `${target.name} before ${name}`).toContain(name)
          before.add(target.name)
        }
      }),
      SEED,
    )
  })

  test('what is in order stays as it is', () => {
    fc.assert(
      fc.property(acyclic, actions => {
        const ordered = inOrder(actions)
        expect(inOrder(ordered)).toEqual(ordered)
      }),
      SEED,
    )
  })

  test('what does not depend on each other keeps its place', () => {
    expect(names(inOrder([table('C'), table('A'), table('B')]))).toEqual(['C', 'A', 'B'])
    expect(names(inOrder([table('C', { on: ['B'] }), table('A'), table('B')]))).toEqual(['B', 'C', 'A'])
  })

  test('of the same name in two schemas only the one that is meant comes first', () => {
    const actions = [table('C', { on: ['A'] }), table('A', { schema: 'T' }), table('A')]
    expect(inOrder(actions).map(({ target }) => `${target.schema}.${target.name}`)).toEqual(['S.A', 'S.C', 'T.A'])
  })

  test('a dependency that is not there is passed over', () => {
    expect(names(inOrder([table('A', { on: ['GONE'] })]))).toEqual(['A'])
  })

  test('a long chain is no trouble', () => {
    const chain = Array.from({ length: 3000 }, (_, index) => table(`${index}`, { on: [`${index + 1}`] }))
    expect(names(inOrder(chain)).at(0)).toBe('2999')
    expect(findCycle(chain)).toEqual([])
  })
})

describe('cycles', () => {
  test('none is found exactly where there is none', () => {
    let cyclic = 0
    fc.assert(
      fc.property(anyGraph, actions => {
        const found = findCycle(actions)
        expect(found.length > 0).toBe(hasCycle(actions))
        cyclic += found.length > 0 ? 1 : 0
      }),
      SEED,
    )
    expect(cyclic).toBeGreaterThan(50)
    expect(cyclic).toBeLessThan(250)
  })

  test('what is found is one: each on the next, the first again at the end, no other twice', () => {
    fc.assert(
      fc.property(anyGraph, actions => {
        const found = names(findCycle(actions))
        if (found.length === 0) return
        expect(found.at(-1)).toBe(found[0])
        expect(new Set(found).size).toBe(found.length - 1)
        for (const [index, name] of found.slice(0, -1).entries()) {
          const action = actions.find(({ target }) => target.name === name)
          expect(action?.dependencies.map(({ name }) => name)).toContain(found[index + 1])
        }
      }),
      SEED,
    )
  })

  test('one of two, one of one, and one behind a tail', () => {
    expect(names(findCycle([table('A', { on: ['B'] }), table('B', { on: ['A'] })]))).toEqual(['A', 'B', 'A'])
    expect(names(findCycle([table('A', { on: ['A'] })]))).toEqual(['A', 'A'])
    const tail = [table('T', { on: ['A'] }), table('A', { on: ['B'] }), table('B', { on: ['A'] })]
    expect(names(findCycle(tail))).toEqual(['A', 'B', 'A'])
  })

  test('two ways to one action are no cycle', () => {
    const diamond = [table('A', { on: ['B', 'C'] }), table('B', { on: ['D'] }), table('C', { on: ['D'] }), table('D')]
    expect(findCycle(diamond)).toEqual([])
  })
})
