// `npm run check`: types, lint and formatting, import boundaries, dead code, then the tests (`--no-tests` leaves them out).
// Every check runs, also after one failed, so that one call shows all there is to mend.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensure } from './ensure.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const boundaries = ['src', 'pipeline', 'ingestion-lambda', 'glue', 'infra', 'tests', 'bench']
const checks = [
  { name: 'types', script: 'typescript/bin/tsc', args: ['--noEmit', '-p', '.'] },
  { name: 'lint and format', script: '@biomejs/biome/bin/biome', args: ['check', '--error-on-warnings', '.'] },
  { name: 'boundaries', script: 'dependency-cruiser/bin/dependency-cruise.mjs', args: boundaries },
  { name: 'dead code', script: 'knip/bin/knip.js', args: ['--no-progress'] },
]

/** Runs a tool of node_modules; its output is shown only where it found something. */
function run({ name, script, args }) {
  const started = performance.now()
  const result = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const ok = result.status === 0
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`)
  if (!ok) process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`)
  return ok
}

await ensure()
const failed = checks.map(run).filter(ok => !ok).length
if (failed > 0) {
  process.stdout.write(`${failed} of ${checks.length} checks failed\n`)
  process.exitCode = 1
}
if (!process.argv.includes('--no-tests')) {
  const tests = spawnSync(process.execPath, [join(root, 'scripts', 'test.mjs')], { cwd: root, stdio: 'inherit' })
  if (tests.status !== 0) process.exitCode = 1
}
