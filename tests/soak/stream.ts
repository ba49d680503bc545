import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runSoak } from '../helpers/soak.ts'
import { keys } from '../ingestion/samples.ts'
import { runBundle } from '../ingestion-lambda/bundle.ts'
import { startEndless } from '../ingestion-lambda/endless.ts'

/** More than one request copies. Bytes. */
const SIZE = 5.5e9
/** What the function has. Bytes. */
const PEAK = 256 * 1024 ** 2

/** `npm run soak -- stream`: the bundled function on a file of 5.5 GB that is made while it is read, in the memory that the function has. */
export async function run(argv: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'lambda-'))
  const topicArn = 'arn:aws:sns:eu-west-1:123456789012:ingestion'
  const check = async () => {
    const endless = await startEndless(SIZE)
    const raw = { key: keys.customers, version: 'v1', sequencer: '1' }
    const handler = join(folder, 'handler.mjs')
    const { answer, peak, log } = await runBundle([raw], {
      handler,
      endpoint: endless.endpoint,
      bucket: 'lake',
      topicArn,
    })
    await endless.stop()
    assert.deepEqual(answer, { batchItemFailures: [] }, log)
    assert.ok(log.includes(endless.sha256()), 'the hash of what was sent')
    assert.ok(
      endless.changes.some(change => change.includes('partNumber=2')),
      'a copy in parts',
    )
    assert.ok(peak < PEAK, `a peak of ${peak} bytes`)
    return { bytes: endless.bytes, peak }
  }
  try {
    // By its path, as it finds the project from where it lies, and this is bundled.
    const script = pathToFileURL(join(process.cwd(), 'scripts', 'lambda.mjs')).href
    const { buildLambda } = (await import(script)) as typeof import('../../scripts/lambda.mjs')
    await buildLambda(folder)
    return await runSoak({ name: 'stream', count: 1, check }, argv)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
