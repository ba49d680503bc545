import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/helpers/build.ts', 'tests/helpers/python.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // For what hangs. A busy machine takes its time, and how long things take is for bench/ to say.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ['default', './tests/helpers/summary-reporter.ts'],
  },
})
