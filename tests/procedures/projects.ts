import { type Random, random } from '../../pipeline/feed/random.ts'
import { type Event, eventsOf } from './events.ts'

/** A small project, with what happens to its stage. */
export interface Generated {
  readonly files: Readonly<Record<string, string>>
  readonly events: readonly Event[]
  /** How many models of each kind. */
  readonly kinds: Readonly<Record<string, number>>
}

type Shape = 'row' | 'sum'

/** A relation that later models may read. */
interface Made {
  readonly name: string
  readonly shape: Shape
  /** The first procedure that may read it. */
  readonly home: number
}

interface Model extends Made {
  readonly kind: string
  /** Whether its tag puts it in a procedure. */
  readonly isTagged: boolean
  /** SQLX without its config's name, schema and tags. */
  readonly text: (config: string) => string
}

const ROW = 'id, grp, amount, happened, note'
const NEWEST = 'order by happened desc, amount desc nulls last, grp nulls last, note nulls last'
const oneOf = (key: string): string => `qualify row_number() over (partition by ${key} ${NEWEST}) = 1`

/** A project of 2 to 8 models over one or two copies, in one to three procedures. The same seed gives the same one. */
export function generateProject(seed: number): Generated {
  const chance = random(seed)
  const procedures = chance.between(1, 3)
  const copies = Array.from({ length: chance.between(1, 2) }, (_, index) =>
    copyModel(`STG_${index}`, chance, procedures),
  )
  const snapshots = chance.chance(0.3) ? [snapshotModel(chance, procedures)] : []
  const models: Model[] = [...copies, ...snapshots]
  const rows: Made[] = [...copies]
  if (snapshots[0] !== undefined) models.push(scd2Model(snapshots[0], chance, procedures))
  const count = chance.between(2, 8)
  for (let index = 0; index < count; index += 1) {
    const made = chance.pick(KINDS)(`M_${index}`, rows, chance, procedures)
    models.push(made)
    if (made.shape === 'row') rows.push(made)
  }
  const asserted = models.flatMap((model, index) =>
    model.shape === 'row' && chance.chance(0.3) ? [assertionFile(model, index, chance)] : [],
  )
  // A view is made once, by the deployment: a procedure of views alone has nothing to do, and is refused.
  const homes = [...new Set(models.filter(({ kind }) => kind !== 'view').map(({ home }) => home))].sort()
  const kinds: Record<string, number> = {}
  for (const { kind } of models) kinds[kind] = (kinds[kind] ?? 0) + 1
  return {
    files: {
      'dataform.json': JSON.stringify({
        warehouse: 'snowflake',
        defaultDatabase: 'DEMO',
        defaultSchema: 'DW',
        assertionSchema: 'CHECKS',
      }),
      'definitions/procedures.yaml': proceduresFile(homes),
      ...Object.fromEntries(models.map(model => [`definitions/${model.name}.sqlx`, fileOf(model)])),
      ...Object.fromEntries(asserted),
    },
    events: eventsOf([...copies, ...snapshots], chance),
    kinds,
  }
}

function fileOf({ name, home, isTagged, text }: Model): string {
  return text(`name: "${name}"${isTagged ? `, tags: ["p${home}"]` : ''}`)
}

function proceduresFile(homes: readonly number[]): string {
  const all = homes.map(home => `  - name: SP_${home}\n    tags: [p${home}, other]\n`)
  return `procedures:\n${all.join('')}master:\n  name: SP_ALL\n`
}

const homeAfter = (read: readonly Made[], chance: Random, procedures: number): number =>
  chance.between(Math.max(0, ...read.map(({ home }) => home)), procedures - 1)

const copyConfig = (name: string, columns: string): string =>
  `type: "copy", from: "@DEMO.DW.LAKE/${name.toLowerCase()}/", manifest: "manifest.json", fileFormat: { type: "PARQUET" },
  columns: { ${columns} }`

function copyModel(name: string, chance: Random, procedures: number): Model {
  const columns =
    'id: "NUMBER(10,0)", grp: "VARCHAR", amount: "NUMBER(10,2)", happened: "DATE", note: "VARCHAR", source_file: "VARCHAR"'
  return {
    name,
    kind: 'copy',
    shape: 'row',
    home: chance.chance(0.75) ? 0 : chance.between(0, procedures - 1),
    isTagged: true,
    text: config => `config { ${copyConfig(name, typed(columns))}, ${config} }\n`,
  }
}

/** `a: "T"` as a documented column of that type. */
function typed(columns: string): string {
  return columns.replaceAll(/: ("[^"]*")/g, ': { type: $1 }')
}

function snapshotModel(chance: Random, procedures: number): Model {
  const columns =
    'k: "VARCHAR", a: "VARCHAR", b: "NUMBER(10,0)", u: "VARCHAR", business_date: "DATE", revision: "NUMBER(10,0)", source_file: "VARCHAR"'
  return {
    name: 'SNAP',
    kind: 'copy',
    shape: 'sum',
    home: chance.chance(0.75) ? 0 : chance.between(0, procedures - 1),
    isTagged: true,
    text: config => `config { ${copyConfig('SNAP', typed(columns))}, ${config} }\n`,
  }
}

function scd2Model(snapshots: Made, chance: Random, procedures: number): Model {
  const share = chance.pick(['1', '0.5'])
  const open = chance.chance(0.5)
  return {
    name: 'DIM',
    kind: 'scd2',
    shape: 'sum',
    home: homeAfter([snapshots], chance, procedures),
    isTagged: true,
    text: config => `config {
  type: "scd2", key: "k", businessDate: "business_date", tracked: ["a", "b"], untracked: ["u"], revision: "revision",
  source: "source_file", maxVanishedShare: ${share}, openStart: ${open}, unknownMember: { a: "UNKNOWN" }, ${config}
}
select k, a, b, u, revision, source_file, business_date from \${ref("SNAP")}
`,
  }
}

type Maker = (name: string, rows: readonly Made[], chance: Random, procedures: number) => Model

const ref = ({ name }: Made): string => `\${ref("${name}")}`

/** A query of rows: one statement of SQL over one or two relations, that gives the same rows each time. */
function rowQuery(read: readonly Made[], chance: Random): string {
  const [first, second = first] = read as readonly [Made, Made?]
  return chance.pick([
    () => `select id, upper(grp) as grp, amount, happened, note from ${ref(first)} where mod(id, 3) <> 1`,
    () => `select distinct id, grp, cast(amount * 2 as number(10,2)) amount, happened, note from ${ref(first)}`,
    () => `with rows_of as (
  select ${ROW} from ${ref(first)} -- every row, from where it is
), small as (select * from rows_of where amount < 0),
others (id, grp, amount, happened, note) as (select * from rows_of where amount >= 0 or amount is null)
select * from small
union all
select o.* from others o`,
    () => `select f.id, f.grp, s.amount, f.happened, coalesce(s.note, ';', f.note) as note
from ${ref(first)} f
left join (select ${ROW} from ${ref(second)} ${oneOf('id')}) s on s.id = f.id
qualify row_number() over (partition by f.id, f.happened order by f.amount nulls last, f.grp nulls last, f.note nulls last) = 1`,
    () => `select * exclude (extra) from (
  select id, case when grp = 'a' then 'from' else grp end as grp, amount, happened, note, happened is null extra
  from ${ref(first)}
)`,
  ])()
}

/** Rows of which there is one an id. */
const keyed = (read: readonly Made[], chance: Random): string =>
  `select ${ROW} from (\n${rowQuery(read, chance)}\n) q\n${oneOf('id')}`

const sumQuery = (read: Made): string =>
  `select coalesce(grp, 'none') as grp, count(*) as n, sum(amount) as total, max(happened) as newest from ${ref(read)} group by 1`

function readSome(rows: readonly Made[], chance: Random): readonly Made[] {
  return [chance.pick(rows), ...(chance.chance(0.5) ? [chance.pick(rows)] : [])]
}

function model(
  name: string,
  kind: string,
  shape: Shape,
  read: readonly Made[],
  chance: Random,
  procedures: number,
  text: Model['text'],
): Model {
  const isTagged = kind !== 'view' || chance.chance(0.5)
  const home = homeAfter(read, chance, procedures)
  return { name, kind, shape, home: isTagged ? home : Math.max(0, ...read.map(each => each.home)), isTagged, text }
}

const tableModel: Maker = (name, rows, chance, procedures) => {
  const read = readSome(rows, chance)
  const query = rowQuery(read, chance)
  const after = chance.chance(0.4) ? `\npost_operations { update \${self()} set note = 'none' where note is null }` : ''
  const before = chance.chance(0.3) ? `\npre_operations { delete from \${self()} where id = 5 }` : ''
  const checks = chance.chance(0.3) ? ', assertions: { nonNull: ["id", "happened"] }' : ''
  return model(
    name,
    'table',
    'row',
    read,
    chance,
    procedures,
    config => `config { type: "table", ${config}${checks} }${before}${after}\n${query}\n`,
  )
}

const viewModel: Maker = (name, rows, chance, procedures) => {
  const read = readSome(rows, chance)
  const query = rowQuery(read, chance)
  return model(
    name,
    'view',
    'row',
    read,
    chance,
    procedures,
    config => `config { type: "view", ${config} }\n${query}\n`,
  )
}

const sumModel: Maker = (name, rows, chance, procedures) => {
  const read = chance.pick(rows)
  const type = chance.pick(['table', 'view'])
  return model(
    name,
    type,
    'sum',
    [read],
    chance,
    procedures,
    config => `config { type: "${type}", ${config} }\n${sumQuery(read)}\n`,
  )
}

const incrementalConfig = (chance: Random): string => {
  const scope = chance.chance(0.6) ? ', scope: "new"' : ''
  const checks = chance.chance(0.6) ? `, assertions: { uniqueKey: ["id"], nonNull: ["happened"]${scope} }` : ''
  const change = chance.chance(0.3) ? ', onSchemaChange: "FAIL"' : ''
  return `${checks}${change}${chance.chance(0.3) ? ', protected: true' : ''}`
}

const appendModel: Maker = (name, rows, chance, procedures) => {
  const read = readSome(rows, chance)
  const query = keyed(read, chance)
  const more = incrementalConfig(chance)
  const filter = chance.pick([
    `where not exists (select 1 from \${self()} k where k.id = x.id)`,
    `where x.happened > (select coalesce(max(happened), '1900-01-01'::date) from \${self()}) and x.id not in (select id from \${self()})`,
  ])
  const isDeleting = chance.chance(0.3) && filter.startsWith('where not exists')
  // What is deleted comes back from what is staged, so that a load of nothing new changes nothing.
  const before = isDeleting
    ? `\npre_operations { \${when(incremental(), \`delete from \${self()} where id = 7\`)} }`
    : ''
  return model(
    name,
    'append',
    'row',
    read,
    chance,
    procedures,
    config =>
      `config { type: "incremental", ${config}${more} }${before}\nselect x.* from (\n${query}\n) x\n\${when(incremental(), \`${filter}\`)}\n`,
  )
}

const mergeModel: Maker = (name, rows, chance, procedures) => {
  const read = readSome(rows, chance)
  const query = keyed(read, chance)
  const more = incrementalConfig(chance)
  const filter = chance.chance(0.3)
    ? `\n\${when(incremental(), \`and happened >= (select coalesce(min(happened), '1900-01-01'::date) from \${self()})\`)}`
    : ''
  const where = filter === '' ? '' : `\nwhere id > 0${filter}`
  const after = chance.chance(0.3) ? `\npost_operations { update \${self()} set note = 'x' where note = 'y' }` : ''
  return model(
    name,
    'merge',
    'row',
    read,
    chance,
    procedures,
    config =>
      `config { type: "incremental", uniqueKey: ["id"], ${config}${more} }${after}\nselect * from (\n${query}\n) z${where}\n`,
  )
}

const sumMergeModel: Maker = (name, rows, chance, procedures) => {
  const read = chance.pick(rows)
  return model(
    name,
    'merge',
    'sum',
    [read],
    chance,
    procedures,
    config => `config { type: "incremental", uniqueKey: ["grp"], ${config} }\n${sumQuery(read)}\n`,
  )
}

const operationsModel: Maker = (name, rows, chance, procedures) => {
  const read = chance.pick(rows)
  const merge = `merge into \${self()} t using (${sumQuery(read)}) s on t.grp = s.grp
when matched then update set n = s.n, total = s.total
when not matched then insert (grp, n, total) values (s.grp, s.n, s.total)`
  const anew = `delete from \${self()}
---
insert into \${self()} (grp, n, total) select grp, n, total from (${sumQuery(read)}) s
---
update \${self()} set n = n + 100 where n > 3`
  const dml = chance.pick([merge, anew])
  return model(
    name,
    'operations',
    'sum',
    [read],
    chance,
    procedures,
    config =>
      `config { type: "operations", hasOutput: true, ${config} }
create table if not exists \${self()} (grp varchar, n number(18,0), total number(38,2))
---
${dml}
`,
  )
}

const KINDS: readonly Maker[] = [
  tableModel,
  viewModel,
  sumModel,
  appendModel,
  appendModel,
  mergeModel,
  mergeModel,
  sumMergeModel,
  operationsModel,
]

/** An assertion of its own: one that holds, or one that only warns. */
function assertionFile(of: Model, index: number, chance: Random): [string, string] {
  const isWarning = chance.chance(0.5)
  const isNew = ['append', 'merge'].includes(of.kind) && chance.chance(0.5)
  const scope = isNew ? `, scope: "new", of: "${of.name}"` : ''
  const condition = isWarning
    ? chance.pick(['amount < 0', 'note is null', 'id > 1000'])
    : 'id is null or happened is null'
  return [
    `definitions/CHECK_${index}.sqlx`,
    `config { type: "assertion", name: "CHECK_${index}", severity: "${isWarning ? 'warn' : 'error'}"${scope} }
select id, note from ${ref(of)} where ${condition}
`,
  ]
}
