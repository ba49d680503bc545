import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { placeOf, readSources, root, type Source, walk } from '../helpers/sources.ts'

const product = ['src/**/*.ts', 'pipeline/**/*.ts', 'ingestion-lambda/**/*.ts', 'glue/**/*.ts', 'infra/**/*.ts']
const mayTouchProcess = /^(src\/bin\/|pipeline\/bin\.ts$|ingestion-lambda\/handler\.ts$|src\/effects\.ts$)/

/** Uses of `process.exit`, `process.env`, `process.stdout`, `process.stderr` and `console`. */
function processUses(source: Source): readonly string[] {
  const found: string[] = []
  for (const node of walk(source.tree)) {
    const isProcess = ts.isPropertyAccessExpression(node) && node.expression.getText() === 'process'
    const named = isProcess && /^(exit|exitCode|env|stdout|stderr|argv)$/.test(node.name.text)
    const isConsole = ts.isIdentifier(node) && node.text === 'console' && !ts.isPropertyAssignment(node.parent)
    if (named || isConsole) found.push(`${placeOf(source, node)} ${node.getText()}`)
  }
  return found
}

/** Runs dependency-cruiser with the project's rules on files made up here; returns the names of the rules they break. */
function brokenRules(files: Readonly<Record<string, string>>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'boundaries-'))
  try {
    for (const [path, text] of Object.entries({ 'tsconfig.json': '{}', 'package.json': '{}', ...files })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs')
    const config = join(root, '.dependency-cruiser.cjs')
    const args = [cruiser, '--config', config, '--output-type', 'json', 'src']
    const result = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    const report = JSON.parse(result.stdout) as { summary: { violations: { rule: { name: string } }[] } }
    return [...new Set(report.summary.violations.map(violation => violation.rule.name))].sort()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('boundaries', () => {
  it('only the bins and the effects touch the process and the console', () => {
    const offences = readSources(product)
      .filter(source => !mayTouchProcess.test(source.path))
      .flatMap(processUses)
    expect(offences).toEqual([])
  })

  it('an earlier stage that imports a later one breaks a rule', () => {
    expect(
      brokenRules({
        'src/plan/plan.ts': `import { run } from '../run/runner.ts'\nexport const plan = run\n`,
        'src/run/runner.ts': 'export const run = 1\n',
      }),
    ).toEqual(['stage-plan'])
  })

  it('a cycle, a file system in the plan and the flagship inside the framework each break a rule', () => {
    expect(
      brokenRules({
        'src/run/a.ts': `import { b } from './b.ts'\nexport const a = () => b\n`,
        'src/run/b.ts': `import { a } from './a.ts'\nexport const b = () => a\n`,
        'src/plan/plan.ts': `import { readFileSync } from 'node:fs'\nexport const plan = readFileSync\n`,
        'src/run/telco.ts': `import { lake } from '../../pipeline/lake.ts'\nexport const telco = lake\n`,
        'pipeline/lake.ts': 'export const lake = 1\n',
      }),
    ).toEqual(['framework-knows-no-flagship', 'no-circular', 'pure'])
  })

  it('each SDK is imported by the files of one place', () => {
    const homes = new Map<string, Set<string>>()
    for (const source of readSources(product)) {
      for (const node of walk(source.tree)) {
        if (!ts.isStringLiteral(node) || !isModuleName(node)) continue
        const name = packageName(node.text)
        if (name !== undefined) homes.set(name, (homes.get(name) ?? new Set()).add(source.path))
      }
    }
    // Languages rather than services: of shapes, and of the cloud's resources, which infra/ alone speaks.
    const isLanguage = (name: string): boolean => ['valibot', 'aws-cdk-lib', 'constructs'].includes(name)
    const shared = [...homes].filter(([name, files]) => files.size > 1 && !isLanguage(name))
    expect(shared.map(([name, files]) => [name, ...files].join(' '))).toEqual([])
  })

  it('every dependency of package.json is pinned to one version, and the lockfile names no download address', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
      devDependencies: Record<string, string>
    }
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    )
    expect(loose).toEqual([])
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toContain('"resolved"')
  })
})

/** Whether a string is what an import, an export, `import()` or `require()` names. */
function isModuleName(node: ts.StringLiteral): boolean {
  const { parent } = node
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)) return true
  return ts.isCallExpression(parent) && /^(import|require|require\.resolve)$/.test(parent.expression.getText())
}

/** `@scope/name` or `name` of a package; undefined for a file and for Node's own modules. */
function packageName(specifier: string): string | undefined {
  if (/^[./]|^node:/.test(specifier)) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
