import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadContracts } from '../../pipeline/contracts.ts'
import { describeError, UserError } from '../../src/error.ts'
import { stageFiles } from '../../src/project/files.ts'
import { readAccount } from './account.ts'
import { STAGES, type Stage } from './account-schema.ts'
import { accountModel } from './model.ts'
import { MARK, render } from './render.ts'

const FILE = 'infra/snowflake/account.yaml'
const USAGE = `usage: npm run account -- --stage ${STAGES.join('|')} [--out DIR] [--include-data]
  --out DIR        where to; target/snowflake/account unless told
  --include-data   the teardown drops the database too
`

export interface AccountOutput {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
}

/**
 * `npm run account`: writes the SQL scripts of one stage's account.
 *
 * @param root the project's folder
 * @param cwd what `--out` is relative to
 * @returns the exit code
 */
export function account(argv: readonly string[], root: string, cwd: string, output: AccountOutput): number {
  try {
    const { stage, out, includeData } = readArguments(argv)
    const folder = out === undefined ? join(root, 'target', 'snowflake', 'account') : resolve(cwd, out)
    const paths = writeScripts(renderAccount(root, stage, includeData), folder)
    output.stdout(`${paths.map(path => join(relative(cwd, folder), path)).join('\n')}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    output.stderr(`${describeError(error)}\n${error.exitCode === 2 ? USAGE : ''}`)
    return error.exitCode
  }
}

/**
 * The scripts of a stage by their path.
 *
 * @throws UserError where account.yaml or a contract is not what it must be
 */
export function renderAccount(root: string, stage: Stage, includeData = false): ReadonlyMap<string, string> {
  const account = readAccount(readFileSync(join(root, FILE), 'utf8'), FILE)
  const model = accountModel(account, loadContracts(root), stage, includeData)
  return render(model, join(root, 'infra', 'snowflake', 'templates'))
}

function readArguments(argv: readonly string[]): {
  readonly stage: Stage
  readonly out: string | undefined
  readonly includeData: boolean
} {
  const options = { stage: { type: 'string' }, out: { type: 'string' }, 'include-data': { type: 'boolean' } } as const
  const values = (() => {
    try {
      return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values
    } catch (error) {
      throw new UserError(error instanceof Error ? error.message : String(error), { exitCode: 2, cause: error })
    }
  })()
  const stage = STAGES.find(each => each === values.stage)
  if (stage === undefined) throw new UserError(`--stage must be ${STAGES.join(' or ')}`, { exitCode: 2 })
  return { stage, out: values.out, includeData: values['include-data'] === true }
}

/** Writes the scripts in place of those rendered before, and returns their paths. */
function writeScripts(scripts: ReadonlyMap<string, string>, folder: string): readonly string[] {
  for (const path of stageFiles(folder).filter(each => /^(\w+\/)?\w+\.sql$/.test(each))) {
    const file = join(folder, path)
    if (readFileSync(file, 'utf8').startsWith(MARK)) rmSync(file)
  }
  for (const [path, text] of scripts) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return [...scripts.keys()]
}
