import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { globSync } from 'tinyglobby'
import { describe, expect, it } from 'vitest'
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
})
