import { join } from 'node:path'
import { loadContracts } from '../pipeline/contracts.ts'
import { customer360 } from './stack.ts'

/**
 * Writes the CloudFormation templates of all stages.
 *
 * @param root the project's folder
 * @returns the templates' paths
 */
export function synth(root: string): readonly string[] {
  const assembly = customer360(join(root, 'target', 'cdk'), loadContracts(root)).synth()
  return assembly.stacks.map(stack => stack.templateFullPath)
}
