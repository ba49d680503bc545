import { ensureS3Server } from '../../scripts/s3-server.mjs'

/** Compiles the second S3 server once before the tests. Where that fails, the suites that need it fail and the others run. */
export default function setup(): void {
  try {
    ensureS3Server()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  }
}
