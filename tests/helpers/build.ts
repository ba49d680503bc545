import { build } from '../../scripts/build.mjs'

/** Builds `dist/` once before the tests, because a child process cannot run TypeScript on Node 20. */
export default async function setup(): Promise<void> {
  try {
    await build()
  } catch (error) {
    // TEMPORARY while parts are being written side by side: tests that need dist/ fail by themselves.
    process.stderr.write(`dist/ could not be built: ${String(error)}\n`)
  }
}
