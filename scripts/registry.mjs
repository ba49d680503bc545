// What `npm run bench` and `npm run soak` share: a folder of TypeScript files, each of which exports `run(argv)`.
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { importTypeScript } from './build.mjs'
import { ensure } from './ensure.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** The names in a folder: each file of its top level but tests and helpers. */
function names(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map(entry => entry.name.slice(0, -'.ts'.length))
    .sort()
}

/**
 * Runs `folder/NAME.ts`, NAME being the first word of the command line. Exit code: what `run` returns; 2 for an unknown or
 * missing name, with the list of those there are, which `--help` prints too.
 */
export async function runNamed(folder, command) {
  const [name, ...argv] = process.argv.slice(2)
  const usage = `usage: npm run ${command} -- NAME [options]\nnames: ${names(folder).join(', ')}\n`
  if (name === '--help') {
    process.stdout.write(usage)
    return
  }
  if (name === undefined || !names(folder).includes(name)) {
    if (name !== undefined) process.stderr.write(`there is no "${name}" in ${folder}/\n`)
    process.stderr.write(usage)
    process.exitCode = 2
    return
  }
  await ensure()
  const { run } = await importTypeScript(`${folder}/${name}.ts`)
  process.exitCode = await run(argv)
}
