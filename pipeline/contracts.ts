import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { type Contracts, DATASETS } from '../ingestion-lambda/contract.ts'
import { UserError } from '../src/error.ts'
import { parseYaml } from '../src/project/yaml.ts'

const words = v.array(v.string())
const column = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_]*$/, 'must be a lower-case name')),
  type: v.pipe(
    v.string(),
    v.regex(/^(VARCHAR|NUMBER\(\d+,\d+\)|DATE|TIMESTAMP_NTZ|BOOLEAN|VARIANT)$/, 'must be a type of contracts'),
  ),
  description: v.string(),
  required: v.optional(v.boolean()),
  pattern: v.optional(v.string()),
  accepted: v.optional(words),
  personal_data: v.optional(v.boolean()),
  tracked: v.optional(v.boolean()),
  true_values: v.optional(words),
  false_values: v.optional(words),
})
const shape = v.strictObject({
  dataset: v.picklist(DATASETS),
  description: v.string(),
  format: v.picklist(['ndjson', 'csv']),
  key: words,
  columns: v.pipe(v.array(column), v.minLength(1)),
  date_from_rows: v.optional(v.string()),
  max_days_ahead: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
})
const schema = v.pipe(
  shape,
  v.check(
    ({ date_from_rows: name, columns }) =>
      name === undefined || columns.some(each => each.name === name && each.type.toUpperCase().startsWith('TIMESTAMP')),
    'date_from_rows must name a TIMESTAMP column: a row says its day by it',
  ),
  v.check(
    ({ date_from_rows, max_days_ahead }) => max_days_ahead === undefined || date_from_rows !== undefined,
    'max_days_ahead needs date_from_rows: it limits how far that column may be ahead of the file',
  ),
)

/**
 * Reads the three contracts of a project.
 *
 * @throws UserError that names the file and the key
 */
export function loadContracts(projectDir: string): Contracts {
  const read = DATASETS.map(dataset => {
    const file = `includes/contracts/${dataset}.yaml`
    const result = v.safeParse(schema, parseYaml(readFileSync(join(projectDir, file), 'utf8'), file))
    if (result.success) return [dataset, result.output]
    const issue = result.issues[0]
    const path = issue.path?.map(part => String(part.key)).join('.')
    throw new UserError(path === undefined ? issue.message : `${path}: ${issue.message}`, {
      file,
      remedy: 'see docs/guides for what a contract may say',
    })
  })
  return Object.fromEntries(read) as Contracts
}
