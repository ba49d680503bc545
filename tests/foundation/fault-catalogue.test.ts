import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { readSources, type Source, walk } from '../helpers/sources.ts'
import { faults } from './fault-catalogue.ts'

/** The fault number that a test's title starts with, for each call of `it` or `test` (also `.each`, `.skipIf`). */
function faultsNamed(source: Source): readonly string[] {
  const found: string[] = []
  for (const node of walk(source.tree)) {
    if (!ts.isCallExpression(node) || !/^(it|test)\b/.test(node.expression.getText())) continue
    const title = node.arguments[0]
    if (title === undefined || !(ts.isStringLiteralLike(title) || ts.isTemplateExpression(title))) continue
    const number = /^[`'"](F\d+)\b/.exec(title.getText())?.[1]
    if (number !== undefined) found.push(number)
  }
  return found
}

describe('catalogue of faults', () => {
  it('each fault has a test whose title starts with its number', () => {
    const named = new Set(readSources(['tests/**/*.test.ts']).flatMap(faultsNamed))
    const missing = Object.entries(faults).filter(([number]) => !named.has(number))
    expect(missing.map(([number, what]) => `${number}: ${what}`)).toEqual([])
  })
})
