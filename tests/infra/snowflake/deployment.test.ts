import { beforeAll, describe, expect, it } from 'vitest'
import { compileProject } from '../../../src/compile/compile.ts'
import { splitStatements } from '../../../src/dialects/statements.ts'
import { segments } from '../../../src/dialects/tokens.ts'
import { compileProcedures } from '../../../src/procedures/index.ts'
import { root } from '../../helpers/sources.ts'
import { privileges, readGrants } from './grants.ts'
import { executed, scripts, setUp, yaml } from './scripts.ts'

/** What a statement needs, and what it makes. */
interface Need {
  readonly needs?: readonly string[]
  readonly makes?: string
  /** An object whose owner alone may say this. */
  readonly owns?: string
}

const inSchema = (name: string): string => name.split('.').slice(0, 2).join('.')
const create =
  (kind: string) =>
  ([name = '']: readonly string[]): Need => ({
    needs: [`CREATE ${kind} ON SCHEMA ${inSchema(name)}`, `USAGE ON SCHEMA ${inSchema(name)}`],
    makes: name,
  })
const owner = ([name = '']: readonly string[]): Need => ({ owns: name })

/** Every kind of statement that a deployment has. Source: the access control requirements of each in Snowflake's reference. */
const KINDS: readonly (readonly [form: RegExp, need: (names: readonly string[]) => Need])[] = [
  [/^create schema if not exists (\S+)/i, ([name = '']) => ({ needs: [`USAGE ON SCHEMA ${name}`] })],
  [/^create (?:or replace )?(?:transient )?table (?:if not exists )?(\S+)/i, create('TABLE')],
  [/^create or replace (?:secure )?view (\S+)/i, create('VIEW')],
  [/^create file format if not exists (\S+)/i, create('FILE FORMAT')],
  [/^create or replace procedure (\w+\.\w+\.\w+)/i, create('PROCEDURE')],
  [/^create or replace task (\S+)/i, create('TASK')],
  [/^alter task (?:if exists )?(\S+) suspend/i, owner],
  [/^alter task (\S+) resume/i, ([name = '']) => ({ owns: name, needs: ['EXECUTE TASK ON ACCOUNT'] })],
  [/^comment on (?:table|view|column) (\w+\.\w+\.\w+)/i, owner],
  [/^merge into (\S+)/i, owner],
  [/^execute immediate \$\$ begin .* alter table (\S+) add constraint/i, owner],
]
/** What the bodies of procedures and the options of tasks use by name. */
const USES: readonly (readonly [form: RegExp, privilege: string])[] = [
  [/(?<=^|[\s'(])@(\w+\.\w+\.\w+)/g, 'USAGE ON STAGE'],
  [/\bformat_name = '?(\w+\.\w+\.\w+)/gi, 'USAGE ON FILE FORMAT'],
  [/\bwarehouse = (\w+)/gi, 'USAGE ON WAREHOUSE'],
  [/\berror_integration = (\w+)/gi, 'USAGE ON INTEGRATION'],
]

let statements: readonly string[]
beforeAll(async () => {
  const script = compileProcedures(await compileProject({ projectDir: root }), root).files.get('deploy.sql') ?? ''
  statements = splitStatements({ sql: script, file: '' }).map(({ sql }) => oneLine(sql))
}, 180_000)

/** Without comments, also those of a body. */
function oneLine(sql: string): string {
  const code = segments(sql).map(({ kind, text }) => (kind === 'comment' ? ' ' : text))
  return code
    .join('')
    .replaceAll(/--[^\n]*/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function needOf(sql: string): Need {
  for (const [form, need] of KINDS) {
    const match = form.exec(sql)
    if (match !== null) return need([...match].slice(1))
  }
  throw new Error(`nothing is known of what this needs: ${sql.slice(0, 120)}`)
}

/** What a deployment and its procedures need. */
function needed(): ReadonlySet<string> {
  const used = statements.flatMap(sql =>
    USES.flatMap(([form, privilege]) => [...sql.matchAll(form)].map(match => `${privilege} ${match[1]}`)),
  )
  return new Set(['USAGE ON DATABASE TELCO_DB', ...statements.flatMap(sql => needOf(sql).needs ?? []), ...used])
}

/** What the role that deploys lacks of it, with another text of account.yaml. */
function lacking(text: string = yaml): readonly string[] {
  const has = privileges(readGrants(executed(setUp(scripts('prod', false, text)))), 'TELCO_TRANSFORMER')
  return [...needed()].filter(privilege => !has.has(privilege)).sort()
}

describe('who deploys', () => {
  it('has every privilege that the statements of a deployment, its procedures and its task need', () => {
    expect([...needed()].sort()).toEqual(
      expect.arrayContaining([
        'CREATE FILE FORMAT ON SCHEMA TELCO_DB.DATAFORM',
        'CREATE PROCEDURE ON SCHEMA TELCO_DB.DATAFORM',
        'CREATE TASK ON SCHEMA TELCO_DB.DATAFORM',
        'EXECUTE TASK ON ACCOUNT',
        'USAGE ON INTEGRATION CUSTOMER360_ALERTS',
        'USAGE ON STAGE TELCO_DB.STAGING.LAKE',
        'USAGE ON WAREHOUSE TELCO_TRANSFORM_WH',
      ]),
    )
    expect(lacking()).toEqual([])
  })

  it('changes only what it made, and so owns', () => {
    const made = new Set(statements.flatMap(sql => needOf(sql).makes ?? []))
    expect(statements.flatMap(sql => needOf(sql).owns ?? []).filter(name => !made.has(name))).toEqual([])
  })

  it('finds every schema there: the scripts make them, and it may make none', () => {
    const made = executed(setUp(scripts('prod'))).flatMap(
      ({ sql }) => /^create schema if not exists (\S+)/.exec(sql)?.[1] ?? [],
    )
    const wanted = statements.flatMap(sql => /^create schema if not exists (\S+)/.exec(sql)?.[1] ?? [])
    expect(wanted.length).toBeGreaterThan(0)
    expect(wanted.filter(schema => !made.includes(schema))).toEqual([])
  })

  it.each([
    [
      'PROCEDURE, TASK]',
      'PROCEDURE]',
      ['CREATE TASK ON SCHEMA TELCO_DB.DATAFORM', 'USAGE ON INTEGRATION CUSTOMER360_ALERTS'],
    ],
    ['holds: [tasks, personal_data]', 'holds: [personal_data]', ['EXECUTE TASK ON ACCOUNT']],
    ['integration: CUSTOMER360_ALERTS', 'integration: OTHER_ALERTS', ['USAGE ON INTEGRATION CUSTOMER360_ALERTS']],
    [
      'name: ASSERTIONS, builds: [VIEW]',
      'name: ASSERTIONS, builds: [TABLE]',
      ['CREATE VIEW ON SCHEMA TELCO_DB.ASSERTIONS'],
    ],
    ['stage: STAGING.LAKE\n', 'stage: STAGING.POND\n', ['USAGE ON STAGE TELCO_DB.STAGING.LAKE']],
  ])('would lack something with another account.yaml: %s → %s', (from, to, missing) => {
    expect(yaml).toContain(from)
    expect(lacking(yaml.replace(from, to))).toEqual(missing)
  })
})
