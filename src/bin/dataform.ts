import { main } from '../commands/program.ts'
import { VERBS } from '../commands/registry.ts'
import { leave, realEffects } from '../effects.ts'

// Snowflake's driver would ask the cloud's metadata service where it runs, and tell the account of it.
process.env.SNOWFLAKE_DISABLE_PLATFORM_DETECTION ??= 'true'
process.env.SF_TELEMETRY_DISABLE_CONNECTION_SHAPE ??= 'true'

leave(
  await main(
    'dataform',
    'SQL-first transformation for Snowflake and an embedded DuckDB',
    VERBS,
    process.argv.slice(2),
    realEffects,
  ),
)
