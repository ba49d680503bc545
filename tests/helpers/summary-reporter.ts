import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/**
 * Counts tests for `npm test`, which prints the counts as its last line: to the file that TEST_SUMMARY_FILE names, or, where
 * vitest was called by itself, to standard output as the process ends. A module that could not be loaded and an error
 * outside every test count as failures.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length }
    const skipped: string[] = []
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed' || state === 'failed') count[state] += 1
        else skipped.push(`${module.relativeModuleId}: ${test.fullName}`)
      }
    }
    const file = process.env.TEST_SUMMARY_FILE
    if (file !== undefined) {
      writeFileSync(file, JSON.stringify({ ...count, skipped }))
      return
    }
    process.on('exit', () => {
      process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${skipped.length} skipped\n`)
    })
  }
}
