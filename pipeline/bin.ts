import { main } from '../src/commands/program.ts'
import { leave, realEffects } from '../src/effects.ts'
import { VERBS } from './verbs.ts'

leave(
  await main(
    'customer360',
    'Telco Customer 360: from files in a lake to an SCD2 warehouse',
    VERBS,
    process.argv.slice(2),
    realEffects,
  ),
)
