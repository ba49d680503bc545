import { GetJobRunsCommand, GlueClient } from '@aws-sdk/client-glue'
import { atAws } from '../aws-error.ts'

/** A run of a Glue job. */
export interface JobRun {
  readonly id: string
  /** The execution that asked for it, its mode and its days; null where somebody started it by hand without these. */
  readonly execution: string | null
  readonly mode: string | null
  readonly from: string | null
  readonly to: string | null
  /** STARTING, RUNNING, SUCCEEDED, FAILED, TIMEOUT, ERROR, … as Glue has it. */
  readonly state: string
  /** ISO 8601, UTC; null where Glue does not say. */
  readonly started: string | null
  readonly seconds: number
  readonly error: string | null
}

/** Runs of Glue jobs. */
export interface JobRuns {
  /** The newest runs of a job, newest first. Throws a UserError where there is no such job. */
  readonly newest: (job: string, count: number) => Promise<readonly JobRun[]>
  readonly close: () => void
}

/** Region, credentials and the endpoint are those of the environment. */
export function openJobRuns(client: GlueClient = new GlueClient({})): JobRuns {
  return {
    newest: (job, count) =>
      atAws(`the Glue job ${job}`, async () => {
        const { JobRuns = [] } = await client.send(new GetJobRunsCommand({ JobName: job, MaxResults: count }))
        return JobRuns.map(run => {
          const argument = (name: string): string | null => run.Arguments?.[`--${name}`] ?? null
          return {
            id: run.Id ?? '',
            execution: argument('run'),
            mode: argument('mode'),
            from: argument('from'),
            to: argument('to'),
            state: run.JobRunState ?? 'UNKNOWN',
            started: run.StartedOn?.toISOString() ?? null,
            seconds: run.ExecutionTime ?? 0,
            error: run.ErrorMessage ?? null,
          }
        }).sort((a, b) => (b.started ?? '').localeCompare(a.started ?? ''))
      }),
    close: () => client.destroy(),
  }
}
