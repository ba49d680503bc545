import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { customer360 } from '../../infra/stack.ts'
import { STAGES, type StageSettings } from '../../infra/stages.ts'
import { loadContracts } from '../../pipeline/contracts.ts'
import { root } from '../helpers/sources.ts'

export type Stage = StageSettings['stage']
export const stages = Object.keys(STAGES) as Stage[]

export interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
  readonly Condition?: string
}

export interface TemplateJson {
  readonly Parameters: Readonly<Record<string, { readonly Default?: string }>>
  readonly Resources: Readonly<Record<string, Resource>>
}

/**
 * The templates of all stages, as `npm run synth` writes them. The CDK's own rules, which take a while, are left to the test
 * of rules.
 */
export function templates(
  settings: readonly StageSettings[] = Object.values(STAGES),
): Readonly<Record<Stage, TemplateJson>> {
  const outdir = mkdtempSync(join(tmpdir(), 'synth-'))
  process.env.CDK_VALIDATION = 'false'
  try {
    const { stacks } = customer360(outdir, loadContracts(root), settings).synth()
    const read = (stage: Stage): TemplateJson => {
      const found = stacks.find(stack => stack.stackName.endsWith(`-${stage}`))
      return JSON.parse(readFileSync(found?.templateFullPath ?? '', 'utf8')) as TemplateJson
    }
    return Object.fromEntries(settings.map(({ stage }) => [stage, read(stage)])) as Record<Stage, TemplateJson>
  } finally {
    delete process.env.CDK_VALIDATION
    rmSync(outdir, { recursive: true, force: true })
  }
}

/** The resources of a type, by their logical ids. */
export const ofType = (template: TemplateJson, type: string): readonly (readonly [string, Resource])[] =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type)

/** The properties of a resource; throws where the template has none of that id. */
export function propertiesOf(template: TemplateJson, id: string): Readonly<Record<string, unknown>> {
  const resource = template.Resources[id]
  if (resource === undefined) throw new Error(`the template has no ${id}`)
  return resource.Properties
}
