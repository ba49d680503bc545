import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyProject } from './helpers/project.ts'
import { findRoot } from './helpers/root.ts'
import { machine, median, milliseconds, print, timeNode } from './helpers/timing.ts'

const repetitions = 7

/**
 * What the command costs before it does anything: `help`, and `compile` of the flagship without and with its cache, as
 * multiples of an empty Node process measured in the same rounds.
 */
export async function run(): Promise<number> {
  const root = findRoot()
  const dataform = join(root, 'bin', 'dataform.mjs')
  const project = mkdtempSync(join(tmpdir(), 'bench-start-up-'))
  copyProject(root, project)
  const cases = [
    { name: 'node, empty', args: ['-e', '0'], cold: false },
    { name: 'dataform help', args: [dataform, 'help'], cold: false },
    { name: 'dataform compile, no cache', args: [dataform, 'compile', project], cold: true },
    { name: 'dataform compile, cached', args: [dataform, 'compile', project], cold: false },
  ]
  const figures = new Map(cases.map(({ name }) => [name, [] as number[]]))
  try {
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      for (const { name, args, cold } of cases) {
        if (cold) rmSync(join(project, '.local'), { recursive: true, force: true })
        figures.get(name)?.push(timeNode(args, root).ms)
      }
    }
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
  const empty = median(figures.get('node, empty') ?? [])
  print(`medians of ${repetitions}, whole processes (${machine()})`)
  for (const [name, times] of figures) {
    const middle = median(times)
    print(`  ${name.padEnd(28)} ${milliseconds(middle).padStart(10)}   ${(middle / empty).toFixed(1)} × an empty Node`)
  }
  return 0
}
