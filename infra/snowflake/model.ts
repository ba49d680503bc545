import type { Contracts } from '../../ingestion-lambda/contract.ts'
import { UserError } from '../../src/error.ts'
import { allRoles, type Membership, memberships, type Role, type SchemaAccess, schemaAccess } from './access.ts'
import type { Account, Stage, StageSettings } from './account-schema.ts'

/** Everything that the templates say, in the order in which they say it. */
export interface AccountModel
  extends Omit<Account, 'stages' | 'roles' | 'warehouses' | 'published' | 'protection' | 'schemas'> {
  readonly schemas: readonly { readonly name: string; readonly comment: string }[]
  readonly stage: Stage
  readonly settings: StageSettings
  /** Where the stage looks: `s3://BUCKET/PREFIX`. */
  readonly location: string
  readonly roles: readonly Role[]
  readonly memberships: readonly Membership[]
  readonly owner: string
  readonly tasksRole: string
  /** Roles that may create tasks. */
  readonly taskMakers: readonly string[]
  readonly personalDataRole: string
  readonly publishedRole: string
  readonly access: readonly SchemaAccess[]
  readonly warehouses: readonly Warehouse[]
  /** Formats and the stage, each with the role that may use it. */
  readonly lakeGrants: readonly {
    readonly kind: 'stage' | 'file format'
    readonly object: string
    readonly to: string
  }[]
  readonly publishedSchemas: readonly string[]
  readonly publishedViews: readonly string[]
  /** The tag of personal data, SCHEMA.NAME. */
  readonly tag: string
  readonly masks: Account['protection']['masks']
  readonly tagged: readonly { readonly table: string; readonly column: string; readonly dataset: string }[]
  /** Of the example of a row access policy. */
  readonly example: { readonly mapping: string; readonly policy: string; readonly table: string; readonly role: string }
  /** Whether the teardown drops the database. */
  readonly includeData: boolean
  readonly warehousesReversed: readonly Warehouse[]
  /** Without the data those stay that own or protect them. */
  readonly droppedRoles: readonly Role[]
}

type Warehouse = Account['warehouses'][number] &
  StageSettings['warehouses'][string] & { readonly users: readonly string[] }

/**
 * One stage's account.
 *
 * @throws UserError where a contract has personal data that nothing masks
 */
export function accountModel(account: Account, contracts: Contracts, stage: Stage, includeData = false): AccountModel {
  const { stages, roles, published, protection, schemas, database, lake, alerts, monitor, service } = account
  const settings = stages[stage]
  const access = schemaAccess(account)
  const reader = (object: string): string => {
    const schema = object.split('.')[0]
    return access.find(each => each.schema === schema)?.read ?? roles.owner.name
  }
  const guarded = (name: string): string => `${protection.schema}.${name}`
  const warehouses = warehousesOf(account, settings)
  return {
    database,
    lake,
    alerts,
    monitor,
    service,
    schemas,
    stage,
    settings,
    location: `s3://${settings.bucket}/${lake.prefix}`,
    roles: allRoles(account),
    memberships: memberships(account),
    owner: roles.owner.name,
    tasksRole: roles.tasks.name,
    taskMakers: access.flatMap(({ kinds, build }) => (build !== undefined && kinds.includes('TASK') ? [build] : [])),
    personalDataRole: roles.personal_data.name,
    publishedRole: roles.published.name,
    access,
    warehouses,
    lakeGrants: [
      ...([lake.parquet, lake.manifest] as const).map(object => ({
        kind: 'file format' as const,
        object,
        to: reader(object),
      })),
      { kind: 'stage', object: lake.stage, to: reader(lake.stage) },
    ],
    publishedSchemas: [...new Set(published.map(view => view.split('.')[0] ?? ''))],
    publishedViews: published,
    tag: guarded(protection.tag),
    masks: protection.masks.map(mask => ({ ...mask, policy: guarded(mask.policy) })),
    tagged: taggedColumns(account, contracts),
    example: {
      mapping: guarded('COUNTRY_ACCESS'),
      policy: guarded('CUSTOMERS_BY_COUNTRY'),
      table: 'DW.DIM_CUSTOMER',
      role: roles.functional.find(role => role.holds.includes('published'))?.name ?? roles.owner.name,
    },
    includeData,
    warehousesReversed: warehouses.toReversed(),
    droppedRoles: droppedRoles(account, includeData),
  }
}

function warehousesOf({ warehouses, roles }: Account, settings: StageSettings): readonly Warehouse[] {
  return warehouses.map(warehouse => {
    const given = settings.warehouses[warehouse.name]
    if (given === undefined) throw new Error(`no settings for ${warehouse.name}`)
    const users = roles.functional.filter(role => role.warehouses.includes(warehouse.name)).map(role => role.name)
    return { ...warehouse, ...given, users }
  })
}

/** The columns to tag. Every one that a contract marks must have a table on which it is tagged and a mask for its type. */
function taggedColumns({ protection }: Account, contracts: Contracts): AccountModel['tagged'] {
  const masked = new Set<string>(protection.masks.map(mask => mask.type))
  const personal = new Map<string, readonly string[]>()
  for (const { dataset, columns } of Object.values(contracts)) {
    const marked = columns.filter(column => column.personal_data === true)
    const bare = marked.find(({ type }) => !masked.has(type.replace(/\(.*/, '')))
    if (bare !== undefined) refuse(`nothing masks ${bare.name}, a ${bare.type}`, dataset, 'protection.masks')
    if (marked.length > 0 && !protection.columns.some(({ contract }) => contract === dataset)) {
      refuse('no table is named whose personal data get the tag', dataset, 'protection.columns')
    }
    personal.set(
      dataset,
      marked.map(({ name }) => name.toUpperCase()),
    )
  }
  return protection.columns.flatMap(({ table, contract }) =>
    (personal.get(contract) ?? []).map(column => ({ table, column, dataset: contract })),
  )
}

/** Last things first. The data's owners are those who may create tables. */
function droppedRoles(account: Account, includeData: boolean): readonly Role[] {
  const { roles } = account
  const owners = roles.functional.filter(({ access }) => Object.values(access).includes('build'))
  const kept = new Set([roles.owner, roles.personal_data, ...owners].map(role => role.name))
  return allRoles(account)
    .filter(({ name }) => includeData || !kept.has(name))
    .toReversed()
}

function refuse(message: string, dataset: string, key: string): never {
  throw new UserError(message, {
    file: `includes/contracts/${dataset}.yaml`,
    remedy: `add it to ${key} in infra/snowflake/account.yaml`,
  })
}
