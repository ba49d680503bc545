// `npm run bench -- NAME`: a measurement of bench/, printed as ratios of runs side by side.
import { runNamed } from './registry.mjs'

await runNamed('bench', 'bench')
