import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { App, Stack, Validations } from 'aws-cdk-lib'
import { CfnBucket } from 'aws-cdk-lib/aws-s3'
import { AwsSolutionsChecks } from 'cdk-nag'
import { afterAll, describe, expect, it } from 'vitest'
import { customer360 } from '../../infra/stack.ts'
import { loadContracts } from '../../pipeline/contracts.ts'
import { pythonPath } from '../../scripts/python.mjs'
import { root } from '../helpers/sources.ts'

interface Report {
  readonly pluginReports: readonly { readonly violations: readonly { readonly ruleName: string }[] }[]
}

const outdir = mkdtempSync(join(tmpdir(), 'rules-'))
const badOutdir = mkdtempSync(join(tmpdir(), 'rules-'))
afterAll(() => {
  for (const folder of [outdir, badOutdir]) rmSync(folder, { recursive: true, force: true })
})

function lint(folder: string): { readonly status: number | null; readonly said: string } {
  const args = ['--regions', 'eu-west-1', '--', join(folder, '*.template.json')]
  const { status, stdout, stderr } = spawnSync(join(dirname(pythonPath()), 'cfn-lint'), args, { encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}

// The CDK's own rules and cdk-nag's are asked while it synthesises; an error of either stops it.
describe('rules of others', () => {
  it('AwsSolutions of cdk-nag and the rules of the CDK find nothing that is not acknowledged with its reason', () => {
    const app = customer360(outdir, loadContracts(root))
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
    app.synth()
    const { pluginReports } = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as Report
    expect(pluginReports.flatMap(report => report.violations.map(each => each.ruleName))).toEqual([])
  }, 300_000)

  it('cfn-lint finds nothing in the templates', () => {
    expect(lint(outdir)).toEqual({ status: 0, said: '' })
  }, 300_000)

  it('both would find something', () => {
    const app = new App({ outdir: badOutdir, analyticsReporting: false })
    const bad = new CfnBucket(new Stack(app, 'bad'), 'Bad')
    bad.addPropertyOverride('VersioningConfiguration', { Status: 'Perhaps' })
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
    expect(() => app.synth()).toThrow(/AwsSolutions-S1\b/)
    expect(lint(badOutdir)).toMatchObject({ said: expect.stringContaining('Perhaps') })
  }, 300_000)
})
