// `npm run soak -- NAME`: a large count of what the tests run a share of. Seeded, resumable, prints its counts.
import { runNamed } from './registry.mjs'

await runNamed('tests/soak', 'soak')
