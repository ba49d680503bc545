import { beforeAll, describe, expect, test } from 'vitest'
import { compileProject } from '../../src/compile/compile.ts'
import { compileProcedures } from '../../src/procedures/index.ts'
import { checkTexts, type Finding } from '../helpers/check-text.ts'

let files: ReadonlyMap<string, string>
let findings: readonly Finding[]

beforeAll(async () => {
  const project = process.cwd()
  files = compileProcedures(await compileProject({ projectDir: project }), project).files
  findings = await checkTexts(files)
}, 300_000)

describe('what the flagship is compiled to', () => {
  test('is a deployment, three loads, their master and a task', () => {
    expect([...files.keys()].sort()).toEqual([
      'deploy.sql',
      'procedures/SP_LOAD_DIMENSIONS.sql',
      'procedures/SP_LOAD_FACTS.sql',
      'procedures/SP_LOAD_STAGING.sql',
      'procedures/SP_RUN_CUSTOMER360_PIPELINE.sql',
      'tasks/TASK_RUN_CUSTOMER360_PIPELINE.sql',
    ])
  })

  test('is read without a fault by sqlfluff, the parser, the interpreter and the validator of tasks', () => {
    expect(findings).toEqual([])
  })
})
