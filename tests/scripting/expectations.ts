import { expect } from 'vitest'
import { ScriptException } from '../../src/scripting/index.ts'
import type { Harness, Program } from './harness.ts'

/** Runs a program and compares everything that it says of itself. */
export async function expectProgram(harness: Harness, program: Program): Promise<void> {
  const { error, after } = program
  const outcome = await harness.run(program).catch((thrown: unknown) => thrown)
  if (error === undefined) {
    if (outcome instanceof Error) throw outcome
    const { value, table, statements } = outcome as Awaited<ReturnType<Harness['run']>>
    if (program.value !== undefined) expect(value?.value).toBe(program.value)
    if (program.table !== undefined) expect(table?.rows).toEqual(program.table)
    if (program.statements !== undefined)
      expect(statements.map(({ sql }, index) => sql.slice(0, program.statements?.[index]?.length))).toEqual(
        program.statements,
      )
  } else {
    expect(outcome).toBeInstanceOf(ScriptException)
    const thrown = outcome as ScriptException
    const { exception, text, codes, place } = thrown
    expect({ exception, text, ...codes, line: place.line }).toMatchObject({
      ...error,
      text: expect.stringContaining(error.text) as unknown as string,
    })
  }
  if (after !== undefined) expect(await harness.read(after.query)).toEqual(after.rows)
}
