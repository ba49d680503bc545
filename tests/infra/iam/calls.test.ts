import { describe, expect, it } from 'vitest'
import { stages, templates } from '../templates.ts'
import { account } from './account.ts'
import { allCalls, MAY } from './calls.ts'

const made = templates()

describe.each(stages)('permissions of %s', stage => {
  const of = account(made[stage])
  const calls = allCalls(of)

  it.each(Object.entries(MAY))('%s can do its work', (role, titles) => {
    const answers = titles.map(title => {
      const call = calls[title]
      if (call === undefined) throw new Error(`no call is named ${title}`)
      return [title, of.answer(role, call)]
    })
    expect(answers.filter(([, answer]) => answer !== 'allowed')).toEqual([])
  })

  it.each(Object.entries(MAY))('%s can do nothing else, the work of the other roles included', (role, titles) => {
    const refused = Object.keys(calls).filter(title => !titles.includes(title))
    expect(refused.length).toBeGreaterThanOrEqual(25)
    const allowed = refused.filter(title => of.answer(role, calls[title] ?? { action: '', resource: '' }) === 'allowed')
    expect(allowed).toEqual([])
  })

  it.each(['archive/customers/x', 'ledger/x'])('%s is written once', key => {
    const over = { action: 's3:PutObject', resource: `${of.lake}/${key}` }
    const context = { 's3:ObjectCreationOperation': 'true' }
    const role = 'telco-customer360-ingestion'
    expect(of.answer(role, { ...over, context })).toBe('explicitly denied')
    expect(of.answer(role, { ...over, context: { ...context, 's3:if-none-match': '*' } })).toBe('allowed')
  })

  it('nobody reads without TLS or writes with weaker encryption', () => {
    const role = 'telco-customer360-glue'
    const answers = ['read staging/ without TLS', 'write staging/ without encryption'].map(title =>
      of.answer(role, calls[title] ?? { action: '', resource: '' }),
    )
    expect(answers).toEqual(['explicitly denied', 'explicitly denied'])
  })
})
