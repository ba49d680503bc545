// `npm run account -- --stage dev|prod`: the SQL that sets up the Snowflake account (docs/guides/snowflake-account.md).
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { importTypeScript } from './build.mjs'
import { ensure } from './ensure.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
await ensure()
const { account } = await importTypeScript('infra/snowflake/command.ts')
const output = { stdout: text => process.stdout.write(text), stderr: text => process.stderr.write(text) }
// npm changes to the project's folder; paths are meant from where the command was called.
process.exitCode = account(process.argv.slice(2), root, process.env.INIT_CWD ?? process.cwd(), output)
