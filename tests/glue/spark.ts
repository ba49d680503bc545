import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import type { Moto } from '../ingestion-lambda/moto.ts'

/** What a job did: its log, and its error where it failed. */
export interface Outcome {
  readonly error?: string
  readonly log: readonly Readonly<Record<string, unknown>>[]
}

/** What clients of AWS ask their environment for. */
const environmentOf = ({ endpoint, config: { region, credentials } }: Moto): Readonly<Record<string, string>> => ({
  S3_ENDPOINT: endpoint,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_DEFAULT_REGION: region,
})

/** How a job is run. */
export interface RunOptions {
  /** It dies before it publishes. */
  readonly crash?: boolean
  /** Spark compiles its plans, as it does in Glue, and does not interpret them. */
  readonly compiled?: boolean
}

/** A Spark session of two threads, as it is on a small cluster of Glue, that runs jobs one after the other. */
export interface Spark {
  readonly run: (job: 'clean' | 'stage', argv: readonly string[], options?: RunOptions) => Promise<Outcome>
  /** What the function of documents says of each text. */
  readonly documents: (
    asked: readonly (readonly [string, string, string])[],
  ) => Promise<readonly (readonly unknown[])[]>
  /** All that Spark and its workers wrote besides. */
  readonly words: () => string
  /** Ends it and its Java in the middle of whatever they do; a job that runs rejects when both are gone. */
  readonly kill: () => void
  readonly stop: () => Promise<void>
}

// Few parts, since the rows are few.
const SETTINGS = {
  'spark.driver.bindAddress': '127.0.0.1',
  'spark.driver.memory': '2g',
  'spark.ui.showConsoleProgress': 'false',
  'spark.default.parallelism': '2',
  'spark.sql.adaptive.enabled': 'false',
  // Short-lived code is not worth the second compiler.
  'spark.driver.extraJavaOptions': '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
}

/**
 * Builds the jobs and starts a session, for folders and for the buckets of a server that stands for S3. Rejects with its last
 * words where it does not start.
 */
export async function startSpark(s3?: Moto): Promise<Spark> {
  const script = (name: string): string => pathToFileURL(join(process.cwd(), 'scripts', name)).href
  const { pythonPath } = (await import(script('python.mjs'))) as typeof import('../../scripts/python.mjs')
  const { buildGlue, sparkEnvironment } = (await import(script('glue.mjs'))) as typeof import('../../scripts/glue.mjs')
  const { ensureJars } = (await import(script('jars.mjs'))) as typeof import('../../scripts/jars.mjs')
  const jars: Readonly<Record<string, string>> = s3 === undefined ? {} : { 'spark.jars': ensureJars().join() }
  const folder = mkdtempSync(join(tmpdir(), 'glue-'))
  await buildGlue(folder)
  const child = spawn(pythonPath(), [join(process.cwd(), 'tests', 'glue', 'serve_jobs.py')], {
    cwd: folder,
    // A group of its own, so that it can be killed with Spark's Java.
    detached: true,
    env: { ...sparkEnvironment(folder, { ...SETTINGS, ...jars }), ...(s3 !== undefined && environmentOf(s3)) },
  })
  let words = ''
  child.stderr.on('data', text => {
    words += text
  })
  const ended = once(child, 'exit')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const ask = async (question?: unknown): Promise<unknown> => {
    if (question !== undefined) child.stdin.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`Spark has ended:\n${words.slice(-6000)}`)
    return question === undefined ? value : JSON.parse(String(value))
  }
  await ask()
  return {
    run: async (job, argv, options) => (await ask({ job, argv, ...options })) as Outcome,
    documents: async documents => ((await ask({ documents })) as { documents: unknown[][] }).documents,
    words: () => words,
    kill: () => void process.kill(-(child.pid ?? Number.NaN), 'SIGKILL'),
    stop: async () => {
      child.stdin.end()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
