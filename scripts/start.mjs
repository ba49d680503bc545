// `npm start`: the whole line on a small generated feed. Words after `npm start --` go to `customer360 start`.
import { ensure } from './ensure.mjs'

await ensure()
process.argv.splice(2, 0, 'start')
await import('../dist/customer360.js')
