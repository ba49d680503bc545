import { column, identifier, literal, relation } from '../dialects/snowflake.ts'
import { UserError } from '../error.ts'
import { type Action, type RunnableAction, type Target, targetName } from '../graph/types.ts'

/** A key as Snowflake is told of it. */
interface Key {
  readonly target: Target
  readonly name: string
  readonly clause: string
}

/**
 * Primary and foreign keys as constraints that Snowflake relies on and does not check, so that BI tools find the joins; the
 * project's assertions check them. A constraint that is there is left alone.
 *
 * @throws UserError for a foreign key whose relation is unknown or has no primary key of one column
 */
export function keyStatements(actions: readonly Action[]): readonly string[] {
  const tables = actions.filter(isTable)
  const primary = tables.flatMap(action => {
    const columns = primaryKey(action)
    return columns.length === 0
      ? []
      : [key(action.target, `PK_${action.target.name}`, `primary key (${columns.join(', ')})`)]
  })
  const foreign = tables.flatMap(action =>
    Object.entries(action.snowflake.foreignKeys ?? {}).map(([name, wanted]) => {
      const other = referenced(wanted, tables, action)
      const own = column(name)
      const clause = `foreign key (${own}) references ${relation(other.target)} (${primaryKey(other).join(', ')})`
      return key(action.target, `FK_${action.target.name}_${own.replaceAll('"', '')}`, clause)
    }),
  )
  return [...primary, ...foreign].map(addWhereMissing)
}

type TableLike = Extract<RunnableAction, { snowflake: unknown }>

function isTable(action: Action): action is TableLike {
  return (
    'snowflake' in action &&
    action.type !== 'view' &&
    !action.disabled &&
    action.engines?.includes('snowflake') !== false
  )
}

/** What the config says, or what the materialization keeps unique. */
function primaryKey(action: TableLike): readonly string[] {
  const { primaryKey: given } = action.snowflake
  if (given !== undefined) return given.map(column)
  if (action.type === 'scd2') return [column(action.scd2.surrogateKey)]
  return action.type === 'incremental' ? action.uniqueKey.map(column) : []
}

function referenced(wanted: string, tables: readonly TableLike[], { file, line, target }: TableLike): TableLike {
  const name = wanted.toUpperCase()
  const found = tables.filter(other =>
    [other.target.name, targetName(other.target)].some(each => each.toUpperCase() === name),
  )
  const [other] = found
  const fail = (message: string): never => {
    throw new UserError(`snowflake.foreignKeys: ${message}`, { file, line, action: targetName(target) })
  }
  if (other === undefined) return fail(`${wanted} is no table of this project`)
  if (found.length > 1) return fail(`${wanted} may be ${found.map(each => targetName(each.target)).join(' or ')}`)
  if (primaryKey(other).length !== 1) return fail(`${wanted} has no primary key of one column`)
  return other
}

function key(target: Target, name: string, clause: string): Key {
  return { target, name, clause }
}

/** Snowflake has no ADD CONSTRAINT IF NOT EXISTS. */
function addWhereMissing({ target, name, clause }: Key): string {
  const catalogue = `${identifier(target.database)}.INFORMATION_SCHEMA.TABLE_CONSTRAINTS`
  return `execute immediate $$
begin
  if (not exists (
    select 1 from ${catalogue}
    where table_schema = ${literal(target.schema)} and table_name = ${literal(target.name)} and constraint_name = ${literal(name)}
  )) then
    alter table ${relation(target)} add constraint ${identifier(name)} ${clause} rely;
  end if;
end;
$$`
}
