import { storedType } from '../../../src/dialects/column-type.ts'
import { DONE, failure, merged, table, type WireAnswer } from './wire-answers.ts'
import type { WireServer } from './wire-server.ts'

export interface WireRelation {
  kind: 'table' | 'view'
  /** Names as they are stored, with their types. */
  columns: Map<string, string>
  /** The statement that made it. */
  readonly sql: string
  /** As Snowflake writes it, where the statement that made it does not say. */
  clusterBy?: string | null
}

/** What a warehouse holds, as far as a deployment asks for it and changes it. Rows are none of it. Keys: DATABASE.SCHEMA.NAME. */
export interface WireWarehouse {
  readonly schemas: Set<string>
  readonly relations: Map<string, WireRelation>
  /** Argument signatures by name. */
  readonly procedures: Map<string, string>
  /** `started` or `suspended`. */
  readonly tasks: Map<string, string>
  /** Rows of each DEFINITIONS table: kind and hash, by key. */
  readonly definitions: Map<string, { kind: string; hash: string }>
  /** What it was asked to execute besides reads, in order; forgets what it has told. */
  readonly changes: () => readonly string[]
}

type Change = (match: readonly string[], sql: string) => WireAnswer | undefined

/** Makes a server answer as an account would whose databases are empty at first. What a test says by `on` comes before it. */
export function pretendWarehouse(server: WireServer): WireWarehouse {
  const warehouse = {
    schemas: new Set<string>(),
    relations: new Map<string, WireRelation>(),
    procedures: new Map<string, string>(),
    tasks: new Map<string, string>(),
    definitions: new Map<string, { kind: string; hash: string }>(),
  }
  const reads = readsOf(warehouse)
  const changes = changesOf(warehouse)
  server.otherwise(sql => answer(sql, reads) ?? answer(withoutComments(sql), changes))
  let told = 0
  return {
    ...warehouse,
    changes: () => {
      const all = server.statements()
      const news = all.slice(told).filter(sql => !/^(select|show|describe)\b/i.test(sql))
      told = all.length
      return news
    },
  }
}

type State = Omit<WireWarehouse, 'changes'>
type Table = readonly (readonly [form: RegExp, change: Change])[]

function answer(sql: string, forms: Table): WireAnswer | undefined {
  for (const [form, change] of forms) {
    const match = form.exec(sql)
    if (match !== null)
      return (
        change(
          [...match].slice(1).map(each => each ?? ''),
          sql,
        ) ?? DONE
      )
  }
  return undefined
}

/** IS_TRANSIENT and CLUSTERING_KEY, which Snowflake writes in capitals and with its word for the kind of order. */
function storageOf({ sql, clusterBy }: WireRelation): readonly (string | null)[] {
  const made =
    /^create (?:or replace )?(transient )?table [^\n]*?(?: cluster by \((.*)\))?(?: copy grants)?(?: as| \()$/m.exec(
      sql,
    )
  const keys = clusterBy === undefined ? made?.[2] : clusterBy
  return [made?.[1] === undefined ? 'NO' : 'YES', keys ? `LINEAR(${keys.toUpperCase()})` : null]
}

const withoutComments = (sql: string): string => sql.replace(/^(--[^\n]*\n)+/, '')
const unknown = (name: string): WireAnswer =>
  failure(`SQL compilation error:\nObject '${name}' does not exist or not authorized.`, '002003', '02000')

function readsOf({ schemas, relations, procedures, tasks, definitions }: State): Table {
  const within = <T>(all: ReadonlyMap<string, T>, place: string): readonly (readonly [string, T])[] =>
    [...all].flatMap(([key, value]) =>
      key.startsWith(`${place}.`) ? [[key.slice(place.length + 1), value] as const] : [],
    )
  return [
    [
      /^select s\.schema_name[\s\S]*from (\S+)\.INFORMATION_SCHEMA\.SCHEMATA/,
      ([database = '']) =>
        table(
          ['SCHEMA_NAME', 'TABLE_NAME', 'TABLE_TYPE', 'COLUMN_NAME', 'IS_TRANSIENT', 'CLUSTERING_KEY'],
          ...[...schemas]
            .filter(key => key.startsWith(`${database}.`))
            .flatMap(key => {
              const found = within(relations, key)
              const schema = key.slice(database.length + 1)
              if (found.length === 0) return [[schema, null, null, null, null, null]]
              return found.flatMap(([name, each]) =>
                [...(each.columns.size === 0 ? [null] : each.columns.keys())].map(column => [
                  schema,
                  name,
                  each.kind === 'view' ? 'VIEW' : 'BASE TABLE',
                  column,
                  ...storageOf(each),
                ]),
              )
            }),
        ),
    ],
    [
      /^select relation, kind, hash from \S+\.DATAFORM\.DEFINITIONS$/,
      () => table(['RELATION', 'KIND', 'HASH'], ...[...definitions].map(([key, { kind, hash }]) => [key, kind, hash])),
    ],
    [
      /^select procedure_name, argument_signature from (\S+)\.INFORMATION_SCHEMA\.PROCEDURES where procedure_schema = '(\w+)'$/,
      ([database, schema]) =>
        table(
          ['PROCEDURE_NAME', 'ARGUMENT_SIGNATURE'],
          ...within(procedures, `${database}.${schema}`).map(each => [...each]),
        ),
    ],
    [
      /^show tasks in schema (\S+)$/,
      // Not as they are: a command must look for the columns that it needs.
      ([schema = '']) =>
        table(
          ['created_on', 'name', 'owner', 'state', 'definition'],
          ...within(tasks, schema).map(([name, state]) => ['2025-01-01', name, 'DEPLOYER', state, 'CALL']),
        ),
    ],
    [
      /^describe table (\S+)$/,
      ([name = '']) => {
        const found = relations.get(name)
        if (found === undefined) return unknown(name)
        return table(
          ['name', 'type', 'kind'],
          ...[...found.columns].map(([column, type]) => [column, storedType(type) ?? type, 'COLUMN']),
        )
      },
    ],
  ]
}

function changesOf({ schemas, relations, procedures, tasks, definitions }: State): Table {
  const ifThere =
    (all: Map<string, unknown>, change: (name: string) => void): Change =>
    ([name = ''], sql) => {
      if (all.has(name)) return void change(name)
      return / if exists /.test(sql) ? undefined : unknown(name)
    }
  return [
    [/^create schema if not exists (\S+)$/, ([name = '']) => void schemas.add(name)],
    [/^create file format /, () => undefined],
    [
      /^create (or replace )?(?:transient )?table (if not exists )?(\S+)(?: cluster by \(.*?\))?(?: copy grants)?(?: as\b| \(\n([\s\S]*)\n\)(?: cluster by \(.*\))?(?: copy grants)?$)/,
      ([replaces, , name = '', columns = ''], sql) => {
        const found = relations.get(name)
        if (found?.kind === 'view') return failure(`Object '${name}' already exists as VIEW`, '002002', '42710')
        if (found === undefined || replaces !== '')
          relations.set(name, { kind: 'table', columns: columnsOf(columns), sql })
        return undefined
      },
    ],
    [
      /^create or replace (?:secure |materialized )*view (\S+)/,
      ([name = ''], sql) => {
        if (relations.get(name)?.kind === 'table')
          return failure(`Object '${name}' already exists as TABLE`, '002002', '42710')
        relations.set(name, { kind: 'view', columns: new Map(), sql })
        return undefined
      },
    ],
    [/^drop (?:view|table)(?: if exists)? (\S+)$/, ifThere(relations, name => relations.delete(name))],
    [
      /^alter table (\S+) add column (\S+) (.+)$/,
      ([name = '', column = '', type = '']) => {
        const found = relations.get(name)
        if (found === undefined) return unknown(name)
        found.columns.set(column, type)
        return undefined
      },
    ],
    [
      /^alter table (\S+) (?:cluster by \((.*)\)|drop clustering key)$/,
      ([name = '', keys = '']) => {
        const found = relations.get(name)
        if (found === undefined) return unknown(name)
        found.clusterBy = keys === '' ? null : keys
        return undefined
      },
    ],
    [/^comment /, () => undefined],
    [/^execute immediate \$\$/, () => undefined],
    [
      /^CREATE OR REPLACE PROCEDURE (\S+)(\([^)]*\))/,
      ([name = '', args = '']) => void procedures.set(name, args.replace(/ DEFAULT NULL/, '')),
    ],
    [/^drop procedure(?: if exists)? (\S+)\([^)]*\)$/, ifThere(procedures, name => procedures.delete(name))],
    [/^CREATE OR REPLACE TASK (\S+)/, ([name = '']) => void tasks.set(name, 'suspended')],
    [/^drop task(?: if exists)? (\S+)$/, ifThere(tasks, name => tasks.delete(name))],
    [/^alter task (?:if exists )?(\S+) suspend$/, ifThere(tasks, name => tasks.set(name, 'suspended'))],
    [/^alter task (?:if exists )?(\S+) resume$/, ifThere(tasks, name => tasks.set(name, 'started'))],
    [/^merge into \S+\.LEASES /, () => merged(1, 0)],
    [
      /^merge into (\S+\.DATAFORM\.DEFINITIONS) /,
      ([name = ''], sql) => {
        if (!relations.has(name)) return unknown(name)
        const rows = [...sql.matchAll(/\(('(?:[^']|'')*'), ('(?:[^']|'')*'), ('(?:[^']|'')*')\)/g)]
        for (const [, key = '', kind = '', hash = ''] of rows)
          definitions.set(read(key), { kind: read(kind), hash: read(hash) })
        return merged(rows.length, 0)
      },
    ],
    [
      /^delete from \S+\.DATAFORM\.DEFINITIONS where relation in \((.*)\)$/,
      ([keys = '']) => {
        for (const [key] of keys.matchAll(/'(?:[^']|'')*'/g)) definitions.delete(read(key))
        return undefined
      },
    ],
  ]
}

const read = (literal: string): string => literal.slice(1, -1).replaceAll("''", "'").replaceAll('\\\\', '\\')

/** `  ID NUMBER(10,0),` a line. Those of a query are not known: a test that needs them sets them. */
function columnsOf(list: string): Map<string, string> {
  return new Map(
    list.split('\n').flatMap(line => {
      const [, name, type] = /^\s*(\S+) (.+?)(?: not null)?,?$/i.exec(line) ?? []
      return name === undefined || type === undefined ? [] : [[name.toUpperCase(), type] as const]
    }),
  )
}
