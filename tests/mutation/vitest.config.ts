import { defineConfig } from 'vitest/config'

/** What `npm run mutants` shows a mutant to: tests that run in this process and need no build. */
export default defineConfig({
  test: {
    include: ['tests/plan/*.test.ts', 'tests/mutation/histories.ts'],
    pool: 'forks',
    testTimeout: 60_000,
  },
})
