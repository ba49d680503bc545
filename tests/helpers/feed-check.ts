import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InjectedFault } from '../../pipeline/feed/faults.ts'
import { type Cleaned, readManifest, type Staged } from '../../pipeline/lake.ts'
import { parquet, withWorker } from '../../pipeline/worker.ts'
import type { Counts } from './soak.ts'

/** A generated feed: `faults` is the share of bad rows. */
export interface FeedShape {
  readonly seed: number
  readonly customers: number
  readonly days: number
  readonly faults: number
}

/** `customer360 …` of the built command; returns what it printed as JSON. */
function customer360(root: string, args: readonly (string | number)[]): unknown {
  const bin = join(root, 'bin', 'customer360.mjs')
  const result = spawnSync(process.execPath, [bin, ...args.map(String), '--json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  assert.equal(
    result.status,
    0,
    `customer360 ${args.join(' ')}\n${result.stdout.slice(-2000)}${result.stderr.slice(-2000)}`,
  )
  return JSON.parse(result.stdout)
}

/** Each rejected file as `source code`, as the reasons beside the files say. */
function rejectedFiles(lake: string): readonly string[] {
  return readdirSync(join(lake, 'rejected'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.reason.json'))
    .map(path => JSON.parse(readFileSync(join(lake, 'rejected', path), 'utf8')) as { source: string; code: string })
    .map(({ source, code }) => `${source.split('/').at(-1)} ${code}`)
}

/** Each quarantined row as `source line code`. */
async function badRows(lake: string, cleaned: readonly Cleaned[]): Promise<readonly string[]> {
  const files = cleaned.flatMap(({ badPath }) => (badPath === null ? [] : [join(lake, badPath)]))
  if (files.length === 0) return []
  const sources = new Map(cleaned.map(({ file, source }) => [file, source.split('/').at(-1)]))
  const found = await withWorker(worker => worker.all(`select source_file, line, code from ${parquet(files)}`))
  return found.map(({ source_file, line, code }) => `${sources.get(String(source_file))} ${line} ${code}`)
}

/** Rows set aside in staging, by delivered file. */
function setAside(cleaned: readonly Cleaned[], staged: readonly Staged[], kind: 'duplicate' | 'conflict'): Counts {
  const sources = new Map(cleaned.map(({ file, source }) => [file, source.split('/').at(-1) ?? '']))
  const counted = staged.flatMap(file => file.sources).filter(source => source[kind] > 0)
  return Object.fromEntries(counted.map(source => [sources.get(source.file) ?? source.file, source[kind]]))
}

/** What the list of injected faults says that staging sets aside. Of a snapshot's clashing rows neither is taken. */
function expectedAside(faults: readonly InjectedFault[], kind: 'duplicate' | 'conflict'): Counts {
  const counts: Record<string, number> = {}
  for (const { fault, file } of faults.filter(each => each.expected.stage === kind)) {
    const name = file.split('/').at(-1) ?? ''
    counts[name] = (counts[name] ?? 0) + (fault === 'F75' && kind === 'conflict' ? 2 : 1)
  }
  return counts
}

/**
 * Generates a feed with faults, takes it through the whole line with the built command, and holds what was rejected,
 * quarantined and set aside against the generator's list: nothing of it is missing and nothing else was found. A second run
 * must change nothing and every row must be accounted for.
 */
export async function checkFeed(root: string, shape: FeedShape): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'feed-'))
  const [feed, lake, warehouse] = ['feed', 'lake', 'warehouse'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const { seed, customers, days, faults } = shape
  try {
    customer360(root, [
      'generate',
      '--out',
      feed,
      '--seed',
      seed,
      '--customers',
      customers,
      '--days',
      days,
      '--faults',
      faults,
    ])
    const injected = JSON.parse(readFileSync(join(feed, 'faults.json'), 'utf8')) as InjectedFault[]
    customer360(root, ['land', feed, '--lake', lake])
    const places = ['--lake', lake, '--warehouse', warehouse]
    const first = customer360(root, ['run', ...places]) as { rows: Counts }
    const cleaned = readManifest<Cleaned>(lake, 'clean')
    const staged = readManifest<Staged>(lake, 'staging')
    const stage = (name: InjectedFault['expected']['stage']) =>
      injected.filter(({ expected }) => expected.stage === name)
    const name = (file: string): string => file.split('/').at(-1) ?? ''
    assert.deepEqual(
      [...rejectedFiles(lake)].sort(),
      stage('rejected')
        .map(({ file, expected }) => `${name(file)} ${expected.code}`)
        .sort(),
    )
    assert.deepEqual(
      [...(await badRows(lake, cleaned))].sort(),
      stage('bad')
        .map(({ file, line, expected }) => `${name(file)} ${line} ${expected.code}`)
        .sort(),
    )
    for (const kind of ['duplicate', 'conflict'] as const) {
      assert.deepEqual(setAside(cleaned, staged, kind), expectedAside(injected, kind))
    }
    const again = customer360(root, ['run', ...places]) as { rows: Counts }
    assert.equal(again.rows.received, 0)
    const { addsUp } = customer360(root, ['reconcile', ...places]) as { addsUp: boolean }
    assert.equal(addsUp, true)
    return { feeds: 1, days, rows: first.rows.received ?? 0, faults: injected.length }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
