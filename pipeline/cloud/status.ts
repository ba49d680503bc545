import { textTable } from '../../src/index.ts'
import type { JobRun, JobRuns } from './job-runs.ts'
import { CLOUD } from './names.ts'

type Job = keyof typeof CLOUD.jobs

/** How the two jobs stand in the cloud. */
export interface CloudStanding {
  readonly jobs: Readonly<Record<Job, readonly JobRun[]>>
  /** Where the newest run has got to, or failed. */
  readonly verdict: string
}

/** Runs of a job that are shown. */
const SHOWN = 5
const FAILED = new Set(['FAILED', 'TIMEOUT', 'ERROR', 'STOPPED', 'EXPIRED'])

/** Reads the newest runs of both jobs. */
export async function cloudStatus(runs: JobRuns): Promise<CloudStanding> {
  const clean = await runs.newest(CLOUD.jobs.clean, SHOWN)
  const stage = await runs.newest(CLOUD.jobs.stage, SHOWN)
  return { jobs: { clean, stage }, verdict: verdictOf(clean[0], stage) }
}

function verdictOf(clean: JobRun | undefined, stages: readonly JobRun[]): string {
  if (clean === undefined) return 'nothing has run yet'
  const of = (run: JobRun): string => run.execution ?? run.id
  const failed = (job: Job, run: JobRun, then: string): string =>
    `${job} failed (${run.state}) in ${of(run)}: ${reasonOf(run) ?? 'Glue gives no reason'}${then}; its log: ${CLOUD.jobLog}, stream ${run.id}; what to do: ${CLOUD.runbook}`
  if (FAILED.has(clean.state)) return failed('clean', clean, '; stage has not started')
  if (clean.state !== 'SUCCEEDED') return `clean is ${clean.state} in ${of(clean)}`
  if (clean.execution === null) return `clean has ended in ${clean.id}, which somebody started by hand`
  const stage = stages.find(run => run.execution === clean.execution)
  if (stage === undefined) return `clean has ended in ${of(clean)}, and stage has not started`
  if (FAILED.has(stage.state)) return failed('stage', stage, '')
  return stage.state === 'SUCCEEDED' ? `all is well: ${of(stage)} is staged` : `stage is ${stage.state} in ${of(stage)}`
}

const reasonOf = ({ error }: JobRun): string | undefined => error?.split('\n')[0]

/** The standing as people read it. */
export function cloudStatusText({ jobs, verdict }: CloudStanding): string {
  const columns = ['job', 'run', 'execution', 'days', 'state', 'started', 'seconds', 'error']
  const rows = Object.entries(jobs).flatMap(([job, runs]) =>
    runs.map(run => [
      job,
      run.id,
      run.execution ?? '-',
      run.mode === 'backfill' ? `${run.from} to ${run.to}` : run.mode === 'run' ? 'all that is new' : '-',
      run.state,
      run.started ?? '-',
      String(run.seconds),
      reasonOf(run) ?? '',
    ]),
  )
  return `${rows.length === 0 ? '' : `${textTable(columns, rows)}\n`}${verdict}\n`
}
