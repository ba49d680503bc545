import { describe, expect, test } from 'vitest'
import { describeError, UserError } from '../../src/error.ts'
import { type Selection, selectActions } from '../../src/graph/select.ts'
import { targetKey } from '../../src/graph/types.ts'
import { graphOf, table } from './actions.ts'

// raw → staged → orders → (by_day, by_plan) → report; another ORDERS in T; one on its own in OTHER.
const graph = graphOf([
  table('RAW', { tags: ['load'] }),
  table('STAGED', { on: ['RAW'], tags: ['load', 'daily'] }),
  table('ORDERS', { on: ['STAGED'], tags: ['daily'] }),
  table('ORDERS', { schema: 'T' }),
  table('BY_DAY', { on: ['ORDERS'] }),
  table('BY_PLAN', { on: ['ORDERS'], tags: ['Daily'] }),
  table('REPORT', { on: ['BY_DAY', 'BY_PLAN'] }),
  table('ALONE', { database: 'OTHER', schema: 'U' }),
])
const chosen = (selection: Selection): string[] =>
  selectActions(graph, selection).map(({ target }) => targetKey(target).replace('DB.S.', ''))
const refused = (selection: Selection): string => {
  try {
    return `chose ${chosen(selection).join()}`
  } catch (error) {
    if (error instanceof UserError) return describeError(error)
    throw error
  }
}

describe('nothing said', () => {
  test('means everything', () => {
    expect(selectActions(graph, {})).toBe(graph.actions)
    expect(selectActions(graph, { actions: [], tags: [], includeDependencies: true })).toBe(graph.actions)
  })
})

describe('actions', () => {
  test.each([
    ['a name, in every schema that has it', ['ORDERS'], ['ORDERS', 'DB.T.ORDERS']],
    ['a name without regard to case', ['orders'], ['ORDERS', 'DB.T.ORDERS']],
    ['schema and name', ['t.Orders'], ['DB.T.ORDERS']],
    ['database, schema and name', ['other.u.alone'], ['OTHER.U.ALONE']],
    ['a glob on a name', ['BY_*'], ['BY_DAY', 'BY_PLAN']],
    ['a glob on a schema', ['T.*'], ['DB.T.ORDERS']],
    ['a glob on a database', ['other.*'], ['OTHER.U.ALONE']],
    ['one letter', ['BY_DA?'], ['BY_DAY']],
    ['words in braces', ['{raw,staged}'], ['RAW', 'STAGED']],
    ['a name that begins another one, alone', ['BY'], undefined],
    ['several, in the order of the graph and each once', ['REPORT', 'RAW', 'R*'], ['RAW', 'REPORT']],
  ])('%s', (_, actions, expected) => {
    if (expected === undefined) expect(refused({ actions })).toMatch(/^no action is called BY/)
    else expect(chosen({ actions })).toEqual(expected)
  })

  test('* is all', () => {
    expect(chosen({ actions: ['*'] })).toHaveLength(graph.actions.length)
  })
})

describe('tags', () => {
  test('select what has one of them, as they are written', () => {
    expect(chosen({ tags: ['daily'] })).toEqual(['STAGED', 'ORDERS'])
    expect(chosen({ tags: ['Daily', 'load'] })).toEqual(['RAW', 'STAGED', 'BY_PLAN'])
  })

  test('are added to names', () => {
    expect(chosen({ tags: ['load'], actions: ['REPORT'] })).toEqual(['RAW', 'STAGED', 'REPORT'])
  })
})

describe('neighbours', () => {
  test('dependencies, of any depth', () => {
    expect(chosen({ actions: ['BY_DAY'], includeDependencies: true })).toEqual(['RAW', 'STAGED', 'ORDERS', 'BY_DAY'])
  })

  test('dependents, of any depth', () => {
    expect(chosen({ actions: ['S.ORDERS'], includeDependents: true })).toEqual([
      'ORDERS',
      'BY_DAY',
      'BY_PLAN',
      'REPORT',
    ])
  })

  test('of tags too', () => {
    expect(chosen({ tags: ['Daily'], includeDependents: true })).toEqual(['BY_PLAN', 'REPORT'])
  })

  test('neither without being asked for', () => {
    expect(chosen({ actions: ['STAGED'], includeDependencies: false, includeDependents: false })).toEqual(['STAGED'])
  })

  test('a dependency that is not in the graph is passed over', () => {
    const part = graphOf([table('A', { on: ['GONE'] })])
    expect(selectActions(part, { actions: ['A'], includeDependencies: true })).toHaveLength(1)
  })

  test('actions that depend on each other end', () => {
    const round = graphOf([table('A', { on: ['B'] }), table('B', { on: ['A'] })])
    expect(selectActions(round, { actions: ['A'], includeDependencies: true, includeDependents: true })).toHaveLength(2)
  })
})

describe('a name or tag that selects nothing', () => {
  test.each([
    ['a name gives the nearest', { actions: ['STAGD'] }, 'no action is called STAGD\n  = help: did you mean STAGED?'],
    [
      'a name that several have gives it once',
      { actions: ['ORDER'] },
      'no action is called ORDER\n  = help: did you mean ORDERS?',
    ],
    [
      'one with a schema gives names with schemas',
      { actions: ['T.ORDRS'] },
      'no action is called T.ORDRS\n  = help: did you mean T.ORDERS, S.ORDERS?',
    ],
    [
      'one far from all says where names are',
      { actions: ['ZZZZZZZZZZZZ'] },
      'no action is called ZZZZZZZZZZZZ\n  = help: see `dataform compile` for the names',
    ],
    ['a wrong name beside a right one', { actions: ['RAW', 'Q*'] }, /^no action is called Q\*/],
    ['a tag', { tags: ['dayly'] }, 'dayly: no action has the tag dayly\n  = help: did you mean Daily, daily?'],
    ['a tag of another case', { tags: ['LOAD'] }, 'LOAD: no action has the tag LOAD\n  = help: did you mean load?'],
    ['a tag far from all', { tags: ['zzzzzzzzz'] }, /see the tags in the config blocks$/],
    ['nothing at all', { actions: [''] }, /^no action is called/],
  ])('%s', (_, selection, message) => {
    if (typeof message === 'string') expect(refused(selection)).toBe(message)
    else expect(refused(selection)).toMatch(message)
  })
})
