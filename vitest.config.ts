import { defineConfig } from 'vitest/config'
import { LongestFirst } from './tests/helpers/longest-first.ts'

/** Tests that put something else in the place of a module of Node, which other files of their process would get too. */
const REPLACING = ['tests/ingestion/route.test.ts']

export default defineConfig({
  test: {
    globalSetup: [
      'tests/helpers/scratch-folder.ts',
      'tests/helpers/build.ts',
      'tests/helpers/python.ts',
      'tests/helpers/s3-server.ts',
    ],
    pool: 'forks',
    // More than the two cores of a small machine: part of the time a file waits for a server, a child or the disk.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // For what hangs. A busy machine takes its time, and how long things take is for bench/ to say.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ['default', './tests/helpers/summary-reporter.ts'],
    projects: [
      // Files share their processes, in which a large part of the time would go into loading the same modules again.
      { extends: true, test: { name: 'shared', isolate: false, include: ['tests/**/*.test.ts'], exclude: REPLACING } },
      { extends: true, test: { name: 'own', include: REPLACING } },
    ],
  },
})
