// `npm test`: every test, or those of the files named after `npm test --`. The last line is always
// `N passed, N failed, N skipped`, and the exit code is 0 only where nothing failed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensure } from './ensure.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
// The suites that a machine for CI may lack too. A test that belongs to one carries the name in its title.
const optionalSuites = ['[live Snowflake]', '[published sample]']

/** Counts as the reporter left them; a run that ended before its report is one failure. */
function readSummary(file, status) {
  let summary = { passed: 0, failed: 0, skipped: [] }
  try {
    summary = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    process.stderr.write('vitest ended without a report: see its message above\n')
  }
  if (status !== 0 && summary.failed === 0) summary.failed = 1
  return summary
}

/** Prints what was skipped; with FORBID_SKIPS set (CI) returns whether a suite was skipped that must run there. */
function reportSkips(skipped) {
  const forbidden = skipped.filter(title => !optionalSuites.some(suite => title.includes(suite)))
  for (const title of skipped) process.stdout.write(`skipped: ${title}\n`)
  if (!process.env.FORBID_SKIPS || forbidden.length === 0) return false
  process.stdout.write(
    `${forbidden.length} of these must run here: only ${optionalSuites.join(' and ')} may be missing\n`,
  )
  return true
}

await ensure()
const folder = mkdtempSync(join(tmpdir(), 'test-summary-'))
const file = join(folder, 'summary.json')
const vitest = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit', env: { ...process.env, TEST_SUMMARY_FILE: file } },
)
const { passed, failed, skipped } = readSummary(file, vitest.status)
rmSync(folder, { recursive: true, force: true })
const tooManySkips = reportSkips(skipped)
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`)
process.exitCode = failed > 0 || tooManySkips ? 1 : 0
