import { CfnJob } from 'aws-cdk-lib/aws-glue'
import type { CfnRole } from 'aws-cdk-lib/aws-iam'
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { NAMES, type StageSettings } from './stages.ts'

export interface Jobs {
  readonly clean: CfnJob
  readonly stage: CfnJob
}

/**
 * The two Spark jobs. `scripts` is where their code lies: `telco_clean.py`, `telco_stage.py` and `telco.zip`, the modules
 * that both import.
 */
export function jobs(scope: Construct, settings: StageSettings, role: CfnRole, scripts: string): Jobs {
  for (const stream of ['error', 'output'])
    new CfnLogGroup(scope, `Job${stream === 'error' ? 'Errors' : 'Output'}`, {
      logGroupName: `${NAMES.logs.jobs}/${stream}`,
      retentionInDays: settings.retention.logDays,
    })
  const job = (id: string, name: string, description: string, script: string): CfnJob =>
    new CfnJob(scope, id, {
      name,
      description,
      role: role.attrArn,
      glueVersion: '5.1',
      workerType: 'G.1X',
      numberOfWorkers: settings.maxWorkers,
      timeout: settings.jobMinutes,
      // The state machine retries, and knows when to stop.
      maxRetries: 0,
      // Two runs on one lake would swap one pointer; the state machine waits for its turn.
      executionProperty: { maxConcurrentRuns: 1 },
      command: { name: 'glueetl', pythonVersion: '3', scriptLocation: `${scripts}/${script}` },
      defaultArguments: {
        '--lake': `s3://${settings.bucket}`,
        '--extra-py-files': `${scripts}/telco.zip`,
        '--enable-auto-scaling': 'true',
        // Bookmarks remember what was read and not what was published: a run that dies in between would skip its files for
        // good, and a backfill would read nothing. The manifests say what is new.
        '--job-bookmark-option': 'job-bookmark-disable',
        '--enable-metrics': 'true',
        '--custom-logGroup-prefix': NAMES.logs.jobs,
      },
    })
  return {
    clean: job('CleanJob', NAMES.cleanJob, 'Judges rows: archive/ to clean/', 'telco_clean.py'),
    stage: job('StageJob', NAMES.stageJob, 'Removes duplicates, adds evidence: clean/ to staging/', 'telco_stage.py'),
  }
}
