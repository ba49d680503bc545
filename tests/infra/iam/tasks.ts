import type { Asked } from '../machine.ts'
import { propertiesOf, type TemplateJson } from '../templates.ts'
import type { Call } from './account.ts'
import { ACCOUNT, REGION, resolve } from './resolve.ts'

type Parameters = Asked['parameters']

/**
 * The calls that a task of a state machine makes, by its integration, as "Integrating services" of Step Functions has them.
 * That with Glue waits for the end of a job: it starts the run, asks how it is, and stops it where the state times out.
 */
const INTEGRATIONS: Readonly<Record<string, (parameters: Parameters) => readonly Call[]>> = {
  'arn:aws:states:::glue:startJobRun.sync': ({ JobName }) =>
    ['StartJobRun', 'GetJobRun', 'GetJobRuns', 'BatchStopJobRun'].map(action => ({
      action: `glue:${action}`,
      resource: `arn:aws:glue:${REGION}:${ACCOUNT}:job/${JobName}`,
    })),
  'arn:aws:states:::states:startExecution': ({ StateMachineArn }) => [
    { action: 'states:StartExecution', resource: String(StateMachineArn) },
  ],
  'arn:aws:states:::sns:publish': ({ TopicArn }) => [{ action: 'sns:Publish', resource: String(TopicArn) }],
}

/** The state machine of a template: the integrations of its tasks, by state, and its placeholders with what replaces them. */
function machineOf(template: TemplateJson) {
  const { DefinitionString, DefinitionSubstitutions } = propertiesOf(template, 'Run')
  const { States } = JSON.parse(String(DefinitionString)) as { States: Record<string, { Resource?: string }> }
  const tasks = Object.entries(States).flatMap(([state, { Resource }]) =>
    Resource === undefined ? [] : [[state, Resource]],
  )
  return {
    tasks: Object.fromEntries(tasks) as Readonly<Record<string, string>>,
    placeholders: resolve(DefinitionSubstitutions, template) as Readonly<Record<string, string>>,
  }
}

/** The states of a template's state machine that ask something of a service. */
export const taskStates = (template: TemplateJson): readonly string[] => Object.keys(machineOf(template).tasks)

/** The calls behind what an execution asked. Throws for an integration that it does not know. */
export function taskCalls(asked: readonly Asked[], template: TemplateJson): readonly Call[] {
  const { tasks, placeholders } = machineOf(template)
  return asked.flatMap(({ state, parameters }) => {
    const integration = INTEGRATIONS[tasks[state] ?? '']
    if (integration === undefined) throw new Error(`it is not known what ${tasks[state]} takes`)
    const text = JSON.stringify(parameters).replaceAll(/\$\{(\w+)\}/g, (_, name: string) => placeholders[name] ?? name)
    return integration(JSON.parse(text) as Parameters)
  })
}
