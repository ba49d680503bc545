import { ensurePython } from '../../scripts/python.mjs'

/** Makes the Python environment once before the tests. Where that fails, the suites that need it fail and the others run. */
export default function setup(): void {
  try {
    ensurePython()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  }
}
