import { main } from '../commands/program.ts'
import { VERBS } from '../commands/registry.ts'
import { realEffects } from '../effects.ts'

process.exitCode = await main(
  'dataform',
  'SQL-first transformation for Snowflake and an embedded DuckDB',
  VERBS,
  process.argv.slice(2),
  realEffects,
)
