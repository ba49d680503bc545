import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/helpers/build.ts', 'tests/helpers/python.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Two workers share the cores. Results must not depend on it: the larger counts of `npm run soak` take every core.
    env: { DATAFORM_THREADS: '1' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './tests/helpers/summary-reporter.ts'],
  },
})
