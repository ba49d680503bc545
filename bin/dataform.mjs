#!/usr/bin/env node
import { ensure } from '../scripts/ensure.mjs'

await ensure()
await import('../dist/dataform.js')
