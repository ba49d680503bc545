/** What the stack of infra/ calls its things. The region and the account are those of the session. */
export const CLOUD = {
  stateMachine: 'telco-customer360',
  jobs: { clean: 'telco-clean', stage: 'telco-stage' },
  jobLog: '/aws-glue/telco-customer360/error',
  runbook: 'docs/guides/aws.md#a-run-failed',
} as const
