import { existsSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take a minute or more, the longest first: one of them begun last would leave the other workers without work. */
const LONGEST: readonly string[] = [
  'tests/glue/jobs.test.ts',
  'tests/pipeline/line.test.ts',
  'tests/glue/machine.test.ts',
  'tests/glue/line.test.ts',
  'tests/pipeline/warehouse-faults.test.ts',
  'tests/pipeline/stage.test.ts',
  'tests/pipeline/history.test.ts',
  'tests/run/interrupt.test.ts',
  'tests/procedures/failure.test.ts',
  'tests/history/sql.test.ts',
  'tests/parse/emitted.test.ts',
  'tests/kill/kill.test.ts',
  'tests/ingestion-lambda/trouble.test.ts',
  'tests/pipeline/s3-lake.test.ts',
]

/** Begins the longest files first, and the others as Vitest does: by the time they took, or by size where it is not known. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config
    const gone = LONGEST.filter(file => !existsSync(join(root, file)))
    if (gone.length > 0) throw new Error(`the list of the longest files names ${gone.join(', ')}: no such file`)
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.indexOf(relative(root, moduleId).split(sep).join('/'))
      return at === -1 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
