// `npm run synth`: the CloudFormation templates of both stages, offline, to target/cdk (docs/guides/aws.md).
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { importTypeScript } from './build.mjs'
import { ensure } from './ensure.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
await ensure()
const { synth } = await importTypeScript('infra/synth.ts')
for (const path of synth(root)) process.stdout.write(`wrote ${relative(root, path)}\n`)
