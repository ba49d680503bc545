import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { readSources, type Source, walk } from '../helpers/sources.ts'

interface Measured {
  readonly where: string
  readonly lines: number
}

const product = readSources([
  'src/**/*.ts',
  'pipeline/**/*.ts',
  'ingestion-lambda/**/*.ts',
  'glue/**/*.ts',
  'infra/**/*.ts',
])
const everything = readSources(['**/*.ts', '!**/dist/**'])

const lineCount = (text: string): number => text.trimEnd().split('\n').length

/** The value below which a share of the sorted measures lies. */
function quantile(measures: readonly Measured[], share: number): number {
  const sorted = measures.map(measure => measure.lines).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** Lines of each function with a body of statements, the declaration's own first line included. */
function functionLengths(source: Source): readonly Measured[] {
  const measures: Measured[] = []
  for (const node of walk(source.tree)) {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) continue
    const first = source.tree.getLineAndCharacterOfPosition(node.getStart()).line
    const last = source.tree.getLineAndCharacterOfPosition(node.getEnd()).line
    measures.push({ where: `${source.path}:${first + 1}`, lines: last - first + 1 })
  }
  return measures
}

describe('size', () => {
  it('no file is over 600 lines', () => {
    const sizes = everything.map(source => ({ where: source.path, lines: lineCount(source.text) }))
    expect(sizes.filter(size => size.lines > 600)).toEqual([])
  })

  it('files of the product: median at most 130 lines, nine of ten at most 420', () => {
    const sizes = product.map(source => ({ where: source.path, lines: lineCount(source.text) }))
    expect(quantile(sizes, 0.5)).toBeLessThanOrEqual(130)
    expect(quantile(sizes, 0.9)).toBeLessThanOrEqual(420)
  })

  it('functions of the product: median at most 8 lines, nine of ten at most 30, none over 100', () => {
    const lengths = product.flatMap(functionLengths)
    expect(lengths.filter(length => length.lines > 100)).toEqual([])
    expect(quantile(lengths, 0.5)).toBeLessThanOrEqual(8)
    expect(quantile(lengths, 0.9)).toBeLessThanOrEqual(30)
  })
})
