import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { globSync } from 'tinyglobby'
import { describe, expect, it } from 'vitest'
import { copyProject } from '../../bench/helpers/project.ts'
import { root } from '../helpers/sources.ts'

const pages = globSync(['*.md', 'docs/**/*.md', 'tests/*/README.md'], { cwd: root })
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('documentation', () => {
  it('every link to a file leads to one', () => {
    const broken = pages.flatMap(page =>
      [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(match => match[1] ?? '')
        .filter(link => !existsSync(join(root, dirname(page), link)))
        .map(link => `${page}: ${link}`),
    )
    expect(broken).toEqual([])
  })

  it('every npm script that a page names is one of package.json', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = pages.flatMap(page => [...read(page).matchAll(/npm run ([a-z-]+)/g)].map(match => match[1] ?? ''))
    expect(named.filter(name => scripts[name] === undefined)).toEqual([])
  })

  it('every decision is listed', () => {
    const records = globSync('docs/adr/[0-9]*.md', { cwd: root }).map(path => path.slice('docs/adr/'.length))
    const index = read('docs/adr/README.md')
    expect(records.length).toBeGreaterThan(0)
    expect(records.filter(record => !index.includes(`(${record})`))).toEqual([])
  })

  it('the model of the guide compiles in the flagship, and its unit test passes', () => {
    const project = mkdtempSync(join(tmpdir(), 'docs-'))
    try {
      copyProject(root, project)
      const blocks = [...read('docs/guides/adding-a-model.md').matchAll(/```sql\n-- (definitions\S+)\n([\s\S]*?)```/g)]
      for (const [, path = '', text = ''] of blocks) {
        mkdirSync(dirname(join(project, path)), { recursive: true })
        writeFileSync(join(project, path), text)
      }
      const args = [join(root, 'bin', 'dataform.mjs'), 'test', project, '--json']
      const { stdout } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' })
      const { tests } = JSON.parse(stdout) as { tests: { name: string; messages: string[] }[] }
      expect(tests.filter(test => test.name === 'PLAN_REVENUE')).toMatchObject([{ messages: [] }])
    } finally {
      rmSync(project, { recursive: true, force: true })
    }
  })
})
