import { describe, expect, test } from 'vitest'
import { actionOf, compiled, errorsOf } from './project.ts'

const HOUR = 3_600_000
const RULE =
  '{ field: "day", expectedBy: "06:30", timezone: "Europe/Berlin", warnAfter: "90 minutes", errorAfter: "1 day" }'
const TOLD = {
  ...{ field: 'day', expectedByMs: 6.5 * HOUR, timezone: 'Europe/Berlin' },
  ...{ warnAfterMs: 1.5 * HOUR, errorAfterMs: 24 * HOUR },
}
const QUERY = "select '2025-01-01'::date as day, 1 as id"
const SCD2 = 'type: "scd2", key: "id", businessDate: "day", tracked: ["name"]'

describe('a rule may stand on every relation', () => {
  const files = {
    'definitions/declared.sqlx': `config { type: "declaration", schema: "RAW", name: "declared", freshness: ${RULE} }`,
    'definitions/sources.js': `declare({ schema: "RAW", name: "scripted", freshness: ${RULE} })
declare({ schema: "RAW", name: "plain" })
publish("published", { freshness: ${RULE} }).query("${QUERY}")`,
    'definitions/actions.yaml':
      'actions:\n  - declaration:\n      name: listed\n      freshness: { field: day, warnAfter: 2 hours }\n',
    'definitions/a_table.sqlx': `config { type: "table", freshness: ${RULE} }\n${QUERY}`,
    'definitions/a_view.sqlx': `config { type: "view", freshness: ${RULE} }\n${QUERY}`,
    'definitions/growing.sqlx': `config { type: "incremental", freshness: ${RULE} }\n${QUERY}`,
    'definitions/a_copy.sqlx': `config {
  type: "copy", from: "@DB.S.LAKE/x/", fileFormat: { type: "PARQUET" },
  columns: { DAY: { type: "DATE" } }, freshness: ${RULE}
}`,
    'definitions/history.sqlx': `config { ${SCD2}, freshness: { errorAfter: "3 days" } }\nselect day, id, 'x' as name from \${ref("a_table")}`,
  }

  test('and core never hears of it', async () => {
    const graph = await compiled(files)
    const ruleOf = (name: string) => graph.actions.find(({ target }) => target.name === name)?.freshness
    for (const name of ['DECLARED', 'SCRIPTED', 'PUBLISHED', 'A_TABLE', 'A_VIEW', 'GROWING', 'A_COPY'])
      expect(ruleOf(name), name).toEqual(TOLD)
    expect(ruleOf('PLAIN')).toBeUndefined()
    expect(ruleOf('LISTED')).toEqual({ field: 'day', expectedByMs: 0, timezone: 'UTC', warnAfterMs: 2 * HOUR })
    expect(ruleOf('HISTORY')).toEqual({ expectedByMs: 0, timezone: 'UTC', errorAfterMs: 72 * HOUR })
    expect(actionOf(graph, 'PUBLISHED', 'view').freshness).toEqual(TOLD)
    expect(JSON.stringify(graph.raw)).not.toMatch(/freshness|warnAfter|Europe/i)
  })
})

describe('a wrong rule is an error of its file and line', () => {
  const told = async (rule: string, config = 'type: "table"'): Promise<readonly string[]> =>
    errorsOf({ 'definitions/wrong.sqlx': `config {\n  ${config},\n  freshness: ${rule}\n}\n${QUERY}, 'x' as name\n` })

  test.each(
    [
      ['3', '3', 'freshness: must be { field, expectedBy, timezone, warnAfter, errorAfter }'],
      ['{ field: "day" }', '3', 'freshness: needs warnAfter, errorAfter or both: without them nothing is ever late'],
      ['{\n    field: "day",\n    warnafter: "1 day"\n  }', '5', 'freshness.warnafter: is no key of this config'],
      [
        '{\n    field: "day",\n    warnAfter: "soon"\n  }',
        '5',
        'freshness.warnAfter: must be a duration such as "90 minutes", "6 hours" or "1 day"',
      ],
      ['{\n    field: "day",\n    errorAfter: 3\n  }', '5', 'freshness.errorAfter: must be a string'],
      [
        '{\n    field: "day",\n    errorAfter: "-1 days"\n  }',
        '5',
        'freshness.errorAfter: must be a duration such as "90 minutes", "6 hours" or "1 day"',
      ],
      [
        '{\n    field: "day",\n    expectedBy: "24:00",\n    warnAfter: "1 day"\n  }',
        '5',
        'freshness.expectedBy: must be a time of day such as "06:00"',
      ],
      [
        '{\n    field: "day", warnAfter: "1 day",\n    timezone: "CEST/DST"\n  }',
        '5',
        'freshness.timezone: must be the name of a time zone, such as "UTC" or "Europe/Berlin"',
      ],
      [
        '{\n    field: "day", warnAfter: "1 day",\n    errorAfter: "23 hours"\n  }',
        '5',
        'freshness.errorAfter: must not be less than warnAfter: a warning comes before an error',
      ],
      [
        '{ warnAfter: "1 day" }',
        '3',
        'freshness.field: must name the DATE or TIMESTAMP column whose newest value tells how far the data reach',
      ],
    ].map(([rule = '', line, message]) => ({ rule, line, message })),
  )('$message', async ({ rule, line, message }) => {
    expect(await told(rule)).toEqual([`definitions/wrong.sqlx:${line} (wrong): ${message}`])
  })

  test('equal durations are no error', async () => {
    expect(await told('{ field: "day", warnAfter: "24 hours", errorAfter: "1 day" }')).toEqual([])
  })

  test('an scd2 names no column', async () => {
    expect(await told('{\n    warnAfter: "1 day",\n    field: "day"\n  }', SCD2)).toEqual([
      'definitions/wrong.sqlx:5 (wrong): freshness.field: does not belong to an scd2, whose ledger tells which days are loaded: leave it out',
    ])
  })

  test('a copy names one of its own columns', async () => {
    const copy =
      'type: "copy", from: "@DB.S.L/x/", fileFormat: { type: "PARQUET" }, columns: { ID: { type: "NUMBER" } }'
    expect(
      await errorsOf({
        'definitions/wrong.sqlx': `config {\n  ${copy},\n  freshness: { field: "day", warnAfter: "1 day" }\n}\n`,
      }),
    ).toEqual(['definitions/wrong.sqlx:3 (wrong): freshness.field: must be a column of this copy: ID'])
  })

  test('what is no relation has none', async () => {
    const errors = await told('{ field: "day", warnAfter: "1 day" }', 'type: "assertion"')
    expect(errors.join()).toContain('definitions/wrong.sqlx:3: the key "freshness" does not belong here')
  })
})
