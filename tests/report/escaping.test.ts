import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHtml } from '../../src/report/html.ts'
import { escapeMarkup, toJUnit } from '../../src/report/junit.ts'
import { toMarkdown } from '../../src/report/markdown.ts'
import type { ActionResult, Status } from '../../src/report/results.ts'
import { cells, check, invalid, load, prose, runOf, tableOf } from './fixtures.ts'

describe('any text in names, rules, messages and SQL', () => {
  const hostile = fc
    .array(
      fc.oneof(
        { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
        {
          weight: 3,
          arbitrary: fc.constantFrom(
            ...[
              '<script>alert(1)</script>',
              '<SCRIPT ',
              '</title>',
              '</pre>',
              '-->',
              ']]>',
              '<![CDATA[',
              '&',
              '&amp;',
              '"',
              "'",
            ],
            ...[
              '|',
              '\\',
              '\\|',
              '\n',
              '\r',
              '\r\n| a | b |',
              '\n## x',
              '\n```\n',
              '`',
              '\u0000',
              '\u001b[31m',
              '\ud800',
              '\uffff',
              '\u0085',
              '\u2028',
            ],
          ),
        },
      ),
      { minLength: 1, maxLength: 6 },
    )
    // Names are never empty, and never of characters alone that XML does not have.
    .map(parts => `N${parts.join('')}`)

  /** Every text of the result is from the data. */
  const results = fc
    .record({
      status: fc.constantFrom<Status>(
        'SUCCESSFUL',
        'FAILED',
        'WARNED',
        'SKIPPED',
        'REFUSED',
        'TIMED_OUT',
        'CANCELLED',
        'DISABLED',
      ),
      texts: fc.array(hostile, { minLength: 8, maxLength: 8 }),
      isAssertion: fc.boolean(),
    })
    .map(({ status, texts, isAssertion }) => {
      const at = (n: number): string => texts[n] ?? ''
      const action = isAssertion ? check('X', status) : load('X', status)
      const hostile: ActionResult = {
        ...action,
        target: { database: at(0), schema: at(1), name: at(2) },
        error: action.error === null ? null : at(3),
        sql: [at(4)],
        file: at(5),
        assertion: action.assertion && {
          ...action.assertion,
          rule: at(6),
          parent: { database: at(0), schema: at(1), name: at(2) },
          failingRows: at(7),
        },
      }
      return { hostile: { ...runOf([hostile]), command: at(3) }, plain: runOf([action]), isAssertion }
    })

  it('XML: stays valid, and a reader finds the text again, less what XML does not have', async () => {
    const samples = fc.sample(results, { numRuns: 300, seed: 5 })
    expect(await invalid(...samples.map(({ hostile }) => toJUnit(hostile)))).toEqual([])
    const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
    fc.assert(
      fc.property(hostile, text => {
        const escaped = escapeMarkup(text)
        expect(escaped).not.toMatch(/[<>"']/)
        const read = escaped.replace(/&(\w+);/g, (_, name: string) => entities[name] ?? `no entity ${name}`)
        const kept = [...text].filter(character => {
          const code = character.codePointAt(0) ?? 0
          return (
            code === 9 ||
            code === 10 ||
            code === 13 ||
            (code >= 32 && code <= 0xd7ff) ||
            (code >= 0xe000 && code <= 0xfffd) ||
            code > 0xffff
          )
        })
        expect(read).toBe(kept.join(''))
      }),
      { numRuns: 1000, seed: 6 },
    )
  })

  it('HTML: the page has the very elements that harmless data gives it, and no script', () => {
    const tags = (html: string): readonly string[] => html.match(/<\/?[a-z!][^>]*>/gi) ?? []
    fc.assert(
      fc.property(results, ({ hostile, plain }) => {
        const html = toHtml(hostile)
        expect(tags(html)).toEqual(tags(toHtml(plain)))
        expect(html).not.toMatch(/<script/i)
        expect(html).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
      }),
      { numRuns: 300, seed: 7 },
    )
  })

  it('Markdown: one row with six cells for an assertion, no heading and no element of its own, no control characters', () => {
    fc.assert(
      fc.property(results, ({ hostile, isAssertion }) => {
        const markdown = toMarkdown(hostile)
        const lines = prose(markdown)
        const rows = tableOf(markdown)
        expect(rows.map(row => cells(row).length)).toEqual(isAssertion ? [6] : [])
        expect(lines.filter(line => /^#/.test(line)).length).toBe(
          /^(SUCCESSFUL|SKIPPED|DISABLED)$/.test(hostile.actions[0]?.status ?? '') ? 2 : 3,
        )
        expect(lines.join('\n').replaceAll(/\\./g, '')).not.toMatch(/<script/i)
        expect(lines.filter(line => line === 'Run it again:')).toHaveLength(1)
        expect(markdown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      }),
      { numRuns: 500, seed: 8 },
    )
  })

  it('Markdown: a cell reads as the text it was made of', () => {
    for (const rule of [
      'a | b',
      'a \\| b',
      'ends in \\',
      'x < 5 and y > 3',
      'count(*) > sum(*)',
      '`quoted`',
      '[a](b) &amp;',
    ]) {
      const action = check('X', 'FAILED')
      const text = toMarkdown(runOf([{ ...action, assertion: action.assertion && { ...action.assertion, rule } }]))
      expect(tableOf(text).map(row => cells(row)[2])).toEqual([rule])
    }
  })
})
