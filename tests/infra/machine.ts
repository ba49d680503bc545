import { randomUUID } from 'node:crypto'
import type { StateMachine } from 'aws-local-stepfunctions'
import written from '../../infra/state-machine.asl.json' with { type: 'json' }

/** One event of an execution: what happened, to which state, and with which error. */
export interface MachineEvent {
  readonly type: string
  readonly state: string
  readonly error: string
}

/** An execution that has ended. */
export interface Ended {
  readonly status: 'SUCCEEDED' | 'FAILED'
  /** Its last state. */
  readonly last: string
  readonly events: readonly MachineEvent[]
}

export interface Alert {
  readonly Subject: string
  readonly Message: { readonly execution: string; readonly error: { readonly Error: string; readonly Cause: string } }
}

export type JobName = 'clean' | 'stage'

/** What a run of a Glue job is asked to do; it is told when it has to stop. Throws where it fails, and where it was stopped. */
export type Job = (name: JobName, argv: readonly string[], stop: AbortSignal) => Promise<void>

/** The deployed machine, executed here as it stands, with Glue, SNS and Step Functions around it. */
export interface Machine {
  /** Resolves when it has ended; a name that is taken is refused. */
  readonly start: (input: Record<string, string>, name?: string) => Promise<Ended>
  /** Executions that others started, by name. */
  readonly started: ReadonlyMap<string, Promise<Ended>>
  readonly alerts: readonly Alert[]
  /** Jobs that ran, in order of their ends, with how they ended: `well`, `failed` or `stopped`. */
  readonly runs: readonly string[]
  /** All that was asked of other services, in order. */
  readonly asked: readonly Asked[]
}

/** What a state asked of a service: its parameters, in which what the template substitutes stands as it is written. */
export interface Asked {
  readonly state: string
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface MachineOptions {
  readonly job: Job
  /** Of the jobs' states, in seconds; as deployed where it is left out. */
  readonly timeout?: number
  /** How long an execution waits before it asks again for a job that another one has, in milliseconds. */
  readonly turn?: number
}

/** An error as Step Functions names it. */
const refusal = (name: string, message: string): Error => Object.assign(new Error(message), { name })

type Task = (input: never) => Promise<Record<string, string>>

export async function openMachine(options: MachineOptions): Promise<Machine> {
  // Node 20 lacks it, and the interpreter asks for it.
  const promises = Promise as unknown as { withResolvers?: () => unknown }
  promises.withResolvers ??= () => {
    const made: { resolve?: unknown; reject?: unknown; promise?: Promise<unknown> } = {}
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
    return made
  }
  const { StateMachine: Interpreter } = await import('aws-local-stepfunctions')
  // The interpreter's validator writes into what it is given.
  const definition = structuredClone(written)
  const states = Object.entries(definition.States).map(([name, state]) => [
    name,
    ['Clean', 'Stage'].includes(name) && options.timeout !== undefined
      ? { ...state, TimeoutSeconds: options.timeout }
      : state,
  ])
  const made = new Interpreter({ ...definition, States: Object.fromEntries(states) } as never, {
    validationOptions: { checkArn: false },
  })
  return runner(made, options)
}

function runner(machine: StateMachine, { job, turn = 500 }: MachineOptions): Machine {
  const started = new Map<string, Promise<Ended>>()
  const alerts: Alert[] = []
  const runs: string[] = []
  const asked: Asked[] = []
  const running = new Map<JobName, AbortController>()
  const startJobRun =
    (name: JobName): Task =>
    async (parameters: never) => {
      const { Arguments } = parameters as { Arguments: Record<string, string> }
      // As infra/jobs.ts has it: one run of a job at a time.
      if (running.has(name)) throw refusal('Glue.ConcurrentRunsExceededException', `${name} is running`)
      const stop = new AbortController()
      running.set(name, stop)
      try {
        await job(name, Object.entries(Arguments).flat(), stop.signal)
        runs.push(`${name} well`)
        return { JobRunState: 'SUCCEEDED' }
      } catch (error) {
        runs.push(`${name} ${stop.signal.aborted ? 'stopped' : 'failed'}`)
        throw refusal('States.TaskFailed', error instanceof Error ? error.message : String(error))
      } finally {
        running.delete(name)
      }
    }
  const start: Machine['start'] = (input, name = randomUUID()) => {
    if (started.has(name)) throw refusal('StepFunctions.ExecutionAlreadyExistsException', name)
    const ended = execute(machine, input, name, around)
    started.set(name, ended)
    return ended
  }
  const handlers: Record<string, Task> = {
    Clean: startJobRun('clean'),
    Stage: startJobRun('stage'),
    'Start the day': async (parameters: never) => {
      const { Name, Input } = parameters as { Name: string; Input: Record<string, string> }
      void start(Input, Name)
      return { ExecutionArn: Name }
    },
    Alert: async (parameters: never) => {
      alerts.push(parameters as unknown as Alert)
      return { MessageId: String(alerts.length) }
    },
  }
  const heard = Object.fromEntries(
    Object.entries(handlers).map(([state, task]): [string, Task] => [
      state,
      async parameters => {
        asked.push({ state, parameters })
        return task(parameters)
      },
    ]),
  )
  const timedOut = (state: string): void => running.get(state === 'Clean' ? 'clean' : 'stage')?.abort()
  const around = { handlers: heard, turn, timedOut }
  return { start, started, alerts, runs, asked }
}

/** What an execution meets. */
interface Around {
  readonly handlers: Readonly<Record<string, Task>>
  readonly turn: number
  /** Told of a state that took too long: `.sync` stops the run of its job, and waits for nothing. */
  readonly timedOut: (state: string) => void
}

async function execute(
  machine: StateMachine,
  input: Record<string, string>,
  name: string,
  { handlers, turn, timedOut }: Around,
): Promise<Ended> {
  // By their place in `Retry`: no test waits for minutes. The second waits for a turn.
  const waits = [0, turn, 0, 0]
  const context = {
    Execution: { Id: `arn:${name}`, Name: name, StartTime: new Date().toISOString(), Input: input },
    StateMachine: { Id: 'arn:machine' },
  }
  const overrides = {
    taskResourceLocalHandlers: handlers as never,
    retryIntervalOverrides: { Clean: waits, Stage: waits, 'Start the day': 0, Alert: 0 },
  }
  const { result, eventLogs } = machine.run(input, { context, overrides })
  const failed = result.then(
    () => false,
    () => true,
  )
  const events: MachineEvent[] = []
  for await (const event of eventLogs) {
    const { type, state, Error: error } = event as unknown as { type: string; state?: { name: string }; Error?: string }
    events.push({ type, state: state?.name ?? '', error: error ?? '' })
    if (type === 'StateFailed' && error === 'States.Timeout') timedOut(state?.name ?? '')
  }
  const last = events.filter(({ type }) => type === 'StateEntered').at(-1)?.state ?? ''
  return { status: (await failed) ? 'FAILED' : 'SUCCEEDED', last, events }
}
