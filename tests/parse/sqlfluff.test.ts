import { describe, expect, it } from 'vitest'
import { parseErrors } from '../helpers/sqlfluff.ts'

const procedure = (body: string): string => `CREATE OR REPLACE PROCEDURE DW.LOAD_A()
RETURNS VARCHAR
LANGUAGE SQL
EXECUTE AS OWNER
COMMENT = $$not ; code ($$
AS
-- The body follows.
$$${body}$$;
`

describe('parseErrors', () => {
  it('finds nothing in valid texts', async () => {
    const valid = procedure('\nDECLARE n NUMBER DEFAULT 0;\nBEGIN\n  n := 1;\n  RETURN n;\nEND\n')
    expect(
      await parseErrors(
        new Map([
          ['a.sql', valid],
          ['b.sql', 'SELECT 1;\n'],
          ['empty.sql', ''],
        ]),
      ),
    ).toEqual([])
  })

  it('gives a fault of the file and one inside a body with the lines of their files, in the order of the names', async () => {
    const errors = await parseErrors(
      new Map([
        ['z.sql', 'SELECT 1;\nCREATE TABEL a (b INT);\n'],
        ['a.sql', procedure('\nBEGIN\n  IF (1 = 1) THEN\n    RETURN 1;\n  END;\nEND\n')],
      ]),
    )
    expect(errors.map(({ name, line }) => `${name}:${line}`)).toEqual(['z.sql:2', 'a.sql:10'])
    expect(errors[0]?.message).toContain('unparsable section')
  })

  it('parses the block that EXECUTE IMMEDIATE is given, and more than one body of a file', async () => {
    const sql = `${procedure('BEGIN RETURN 1; END')}EXECUTE IMMEDIATE $$\nBEGIN\n  LET := ;\nEND\n$$;\n`
    expect((await parseErrors(new Map([['a.sql', sql]]))).map(error => error.line)).toEqual([11])
  })

  it('carries letters beyond ASCII over', async () => {
    expect(await parseErrors(new Map([['a.sql', `SELECT 'Größe – 数' AS "Größe";\n`]]))).toEqual([])
  })
})
