import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readAccount } from '../../../infra/snowflake/account.ts'
import type { Account, Stage } from '../../../infra/snowflake/account-schema.ts'
import { accountModel } from '../../../infra/snowflake/model.ts'
import { render } from '../../../infra/snowflake/render.ts'
import { loadContracts } from '../../../pipeline/contracts.ts'
import { splitStatements } from '../../../src/dialects/statements.ts'
import { segments } from '../../../src/dialects/tokens.ts'
import { root } from '../../helpers/sources.ts'

export const FILE = 'infra/snowflake/account.yaml'
export const yaml = readFileSync(join(root, FILE), 'utf8')
export const account: Account = readAccount(yaml, FILE)
export const contracts = loadContracts(root)

/** The repository's scripts, or those of another text of account.yaml. */
export function scripts(stage: Stage, includeData = false, text = yaml): ReadonlyMap<string, string> {
  const model = accountModel(readAccount(text, FILE), contracts, stage, includeData)
  return render(model, join(root, 'infra', 'snowflake', 'templates'))
}

/** One statement in one line, without comments, and the role that executes it. */
export interface Executed {
  readonly script: string
  readonly role: string
  readonly sql: string
}

/** The statements of scripts in the order in which they are executed; `use` is left out. */
export function executed(rendered: ReadonlyMap<string, string>): readonly Executed[] {
  return [...rendered].flatMap(([script, text]) => {
    let role = ''
    return splitStatements({ sql: text, file: script }).flatMap(piece => {
      const sql = segments(piece.sql)
        .map(({ kind, text: part }) => (kind === 'comment' ? ' ' : part))
        .join('')
        .replaceAll(/\s+/g, ' ')
        .trim()
      const used = /^use role (\S+)$/.exec(sql)?.[1]
      if (used !== undefined) role = used
      return sql.startsWith('use ') ? [] : [{ script, role, sql }]
    })
  })
}

/** The scripts that set the account up, without the teardown and the examples. */
export function setUp(rendered: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...rendered].filter(([path]) => !path.includes('/')))
}
