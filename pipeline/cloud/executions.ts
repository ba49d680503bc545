import {
  DescribeExecutionCommand,
  type HistoryEvent,
  paginateGetExecutionHistory,
  paginateListStateMachines,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { UserError } from '../../src/error.ts'
import { atAws } from '../aws-error.ts'

/** How an execution stands. */
export interface Execution {
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE'
  readonly error?: string | undefined
  readonly cause?: string | undefined
}

/** Something that happened in an execution: a state was entered, or an attempt of one failed. */
export interface Happening {
  readonly id: number
  readonly entered?: string | undefined
  readonly failed?: { readonly error: string; readonly cause: string } | undefined
}

/** Executions of state machines, by Step Functions. */
export interface Executions {
  /** Starts the machine of this name; returns the execution's ARN. Throws a UserError where there is no such machine. */
  readonly start: (machine: string, name: string, input: Readonly<Record<string, string>>) => Promise<string>
  readonly describe: (arn: string) => Promise<Execution>
  /** All that happened so far, oldest first. */
  readonly history: (arn: string) => Promise<readonly Happening[]>
  readonly close: () => void
}

const PLACE = 'Step Functions'

/** Region, credentials and the endpoint are those of the environment. */
export function openExecutions(client: SFNClient = new SFNClient({})): Executions {
  return {
    start: (machine, name, input) =>
      atAws(PLACE, async () => {
        const stateMachineArn = await findMachine(client, machine)
        const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) })
        return (await client.send(command)).executionArn ?? ''
      }),
    describe: executionArn =>
      atAws(PLACE, async () => {
        const { status = 'RUNNING', error, cause } = await client.send(new DescribeExecutionCommand({ executionArn }))
        return { status, error, cause }
      }),
    history: executionArn =>
      atAws(PLACE, async () => {
        const happenings: Happening[] = []
        for await (const { events = [] } of paginateGetExecutionHistory({ client }, { executionArn }))
          happenings.push(...events.flatMap(event => happeningOf(event) ?? []))
        return happenings
      }),
    close: () => client.destroy(),
  }
}

async function findMachine(client: SFNClient, name: string): Promise<string> {
  for await (const { stateMachines = [] } of paginateListStateMachines({ client }, {})) {
    const found = stateMachines.find(machine => machine.name === name)?.stateMachineArn
    if (found !== undefined) return found
  }
  throw new UserError(`there is no state machine ${name} in this region and account`, {
    file: PLACE,
    remedy: 'deploy the stack of docs/guides/aws.md, or choose another session: AWS_PROFILE, AWS_REGION',
  })
}

function happeningOf(event: HistoryEvent): Happening | undefined {
  const id = event.id ?? 0
  const entered = event.stateEnteredEventDetails?.name
  if (entered !== undefined) return { id, entered }
  const failed = event.taskFailedEventDetails ?? event.taskSubmitFailedEventDetails ?? event.taskStartFailedEventDetails
  if (failed !== undefined) return { id, failed: { error: failed.error ?? '', cause: failed.cause ?? '' } }
  const timedOut = event.taskTimedOutEventDetails
  if (timedOut !== undefined) return { id, failed: { error: 'States.Timeout', cause: timedOut.cause ?? '' } }
  return undefined
}
