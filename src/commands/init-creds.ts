import { existsSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import type { Effects } from '../effects.ts'
import { openEngine } from '../engines/registry.ts'
import { UserError } from '../error.ts'
import { DEFAULT_FILE, readCredentials } from '../project/credentials.ts'
import { isOpenToGit, writeSecrets } from '../project/credentials-file.ts'
import { projectPaths } from '../project/paths.ts'
import { CREDENTIAL_FLAGS, collectCredentials, givesCredentials } from './credential-questions.ts'
import type { Verb } from './program.ts'
import { projectDir } from './project-flags.ts'
import { ask, confirmed } from './prompts.ts'

/** `dataform init-creds`: asks for what a connection needs, and writes it where only its owner reads it. */
export const initCreds: Verb = {
  name: 'init-creds',
  args: ['[project-dir]'],
  summary: 'asks for what a connection needs and writes .df-credentials.json',
  flags: [
    ...CREDENTIAL_FLAGS,
    { flags: '--test-connection', summary: 'logs in and says as whom; alone, with the credentials that there are' },
    { flags: '--credentials <file>', summary: 'instead of .df-credentials.json' },
    { flags: '--verbose', summary: 'shows the causes of errors' },
  ],
  run: async (args, options, effects) => {
    const folder = projectDir(args, effects)
    const file = (options.credentials as string | undefined) ?? DEFAULT_FILE
    const path = resolve(folder, file)
    const isTest = options.testConnection === true
    if (isTest && existsSync(path) && !givesCredentials(options)) return test(folder, file, effects)
    await refuseOverwriting(path, file, effects)
    const values = await collectCredentials({
      options,
      env: effects.env,
      ask: effects.isInteractive === true ? ask : undefined,
    })
    writeSecrets(path, values)
    effects.stdout(`wrote ${relative(effects.cwd, path)}, which only you can read\n`)
    if (isOpenToGit(path))
      effects.stderr(
        `git does not ignore ${basename(path)}: add a line to .gitignore before you commit\n  ${basename(path)}\n`,
      )
    return isTest ? test(folder, file, effects) : 0
  },
}

async function refuseOverwriting(path: string, file: string, { isInteractive }: Effects): Promise<void> {
  if (!existsSync(path)) return
  if (isInteractive === true && (await confirmed(`${file} is there already. Replace it?`))) return
  throw new UserError('this file is there already, and stays as it is', {
    file,
    remedy: 'remove it, or name another one with --credentials; --test-connection alone tests it',
  })
}

/** Logs in, and says as whom. */
async function test(folder: string, file: string, effects: Effects): Promise<number> {
  const credentials = readCredentials(folder, file)
  const engine = await openEngine(credentials, {
    databases: [],
    cacheFile: join(projectPaths(folder).cache, 'translations.json'),
    create: credentials.type === 'duckdb',
    project: basename(folder),
  })
  try {
    if (credentials.type === 'duckdb') effects.stdout(`DuckDB in ${relative(effects.cwd, credentials.path)}\n`)
    else {
      const { rows } = await engine.query({ sql: WHO, file: '' }, 1)
      const [user, role, warehouse, version] = (rows[0] ?? []).map(cell => cell ?? 'none')
      effects.stdout(`logged in as ${user}, role ${role}, warehouse ${warehouse}, Snowflake ${version}\n`)
    }
    return 0
  } finally {
    await engine.close()
  }
}

const WHO = 'select current_user(), current_role(), current_warehouse(), current_version()'
