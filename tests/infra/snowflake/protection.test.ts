import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { accountModel } from '../../../infra/snowflake/model.ts'
import type { Contracts } from '../../../ingestion-lambda/contract.ts'
import { withWorker } from '../../../pipeline/worker.ts'
import { customer, event, failuresOf, openLine, plan } from '../../pipeline/line.ts'
import { account, contracts, executed, scripts } from './scripts.ts'

const after = executed(new Map([['90', scripts('prod').get('90_after_deploy.sql') ?? '']])).map(({ sql }) => sql)
const TAG =
  /^alter table TELCO_DB\.(\w+\.\w+) modify column (\w+) set tag TELCO_DB\.GOVERNANCE\.PERSONAL_DATA = '(\w+)'$/
const tagged = after.flatMap(sql => {
  const [, table = '', column = '', dataset = ''] = TAG.exec(sql) ?? []
  return table === '' ? [] : [{ table, column, dataset }]
})
const personal = Object.values(contracts).flatMap(({ dataset, columns }) =>
  columns
    .filter(column => column.personal_data === true)
    .map(({ name, type }) => ({ dataset, name: name.toUpperCase(), type })),
)

/** The contracts with one column more. */
function withColumn(dataset: keyof Contracts, name: string, type: string, marked: boolean): Contracts {
  const column = { name, type, description: 'New', ...(marked ? { personal_data: true } : {}) }
  return { ...contracts, [dataset]: { ...contracts[dataset], columns: [...contracts[dataset].columns, column] } }
}

describe('personal data', () => {
  it('every column that a contract marks has the tag on a table of STAGING and on one of DW', () => {
    expect(personal.length).toBeGreaterThan(0)
    for (const { dataset, name } of personal) {
      const tables = tagged.filter(each => each.dataset === dataset && each.column === name).map(({ table }) => table)
      expect(
        tables.filter(table => table.startsWith('STAGING.')),
        name,
      ).not.toEqual([])
      expect(
        tables.filter(table => table.startsWith('DW.')),
        name,
      ).not.toEqual([])
    }
  })

  it('a column that a contract comes to mark gets the tag wherever the others have it', () => {
    const model = accountModel(account, withColumn('customers', 'nickname', 'VARCHAR', true), 'prod')
    expect(model.tagged.filter(({ column }) => column === 'NICKNAME').map(({ table }) => table)).toEqual([
      'STAGING.STG_CUSTOMERS',
      'DW.DIM_CUSTOMER',
      'DW.DIM_CUSTOMER_HISTORY',
    ])
    expect(accountModel(account, withColumn('customers', 'nickname', 'VARCHAR', false), 'prod').tagged).toEqual(
      accountModel(account, contracts, 'prod').tagged,
    )
  })

  it('a type that nothing masks is refused, and a contract whose tables nobody names', () => {
    const render = (changed: Contracts) => () => accountModel(account, changed, 'prod')
    expect(render(withColumn('customers', 'income', 'NUMBER(10,2)', true))).toThrow(
      'nothing masks income, a NUMBER(10,2)',
    )
    expect(render(withColumn('plans', 'inventor', 'VARCHAR', true))).toThrow('no table is named whose personal data')
  })

  it('every type of a marked column has a mask on the tag', () => {
    const protection = executed(new Map([['70', scripts('prod').get('70_protection.sql') ?? '']])).map(({ sql }) => sql)
    for (const type of new Set(personal.map(column => column.type))) {
      const made = `create masking policy if not exists TELCO_DB.GOVERNANCE.MASK_${type} as (value ${type.toLowerCase()}) returns ${type.toLowerCase()} -> null::${type.toLowerCase()}`
      expect(protection).toContain(made)
      expect(protection).toContain(
        `alter tag TELCO_DB.GOVERNANCE.PERSONAL_DATA set masking policy TELCO_DB.GOVERNANCE.MASK_${type} force`,
      )
    }
  })

  it('a mask asks for the session’s role: the owner of a view would see through it', () => {
    const text = scripts('prod').get('70_protection.sql') ?? ''
    expect(text).toContain("is_role_in_session('TELCO_PERSONAL_DATA')")
    expect(text).not.toMatch(/invoker_role|current_user/i)
  })
})

describe('the warehouse that the models make', () => {
  it('has personal data in the tagged columns of STAGING and DW, and nowhere else but in work tables and assertions', async () => {
    const line = openLine()
    const at = (day: string) => `${day}T12:00:00Z`
    line.deliver('2025-01-09', {
      customers: [customer('C1')],
      plans: [plan('P1')],
      events: [event('E1', 'C1', at('2025-01-09'))],
    })
    expect(failuresOf(await line.run())).toEqual([])
    const names = [...new Set(personal.map(({ name }) => `'${name}'`))].join(', ')
    const found = await withWorker(async worker => {
      await worker.run(`attach '${join(line.places.warehouse, 'TELCO_DB.duckdb')}' as TELCO_DB (read_only)`)
      return worker.all(
        `select table_schema || '.' || table_name as name, upper(column_name) as column_name from information_schema.columns
where table_catalog = 'TELCO_DB' and table_schema not in ('ASSERTIONS', 'DATAFORM') and upper(column_name) in (${names})`,
      )
    })
    const expected = tagged.map(({ table, column }) => `${table}.${column}`)
    expect(found.map(row => `${row.name}.${row.column_name}`).sort()).toEqual(expected.sort())
  })
})

describe('published views', () => {
  it('are granted after the deployment, and have no personal data among their columns', () => {
    expect(after.filter(sql => sql.startsWith('grant '))).toEqual([
      'grant select on view TELCO_DB.DW.ACTIVITY_AS_PUBLISHED to role TELCO_DW_PUBLISHED',
      'grant select on view TELCO_DB.DW.ACTIVITY_RESTATED to role TELCO_DW_PUBLISHED',
    ])
  })
})

describe('the example of a row access policy', () => {
  it('is none of the scripts that are run, and lets the role of loads see every row', () => {
    const example = scripts('prod').get('examples/row_access_by_country.sql') ?? ''
    expect(example).toContain("is_role_in_session('TELCO_TRANSFORMER')\n  or exists")
    const others = [...scripts('prod')].filter(([path]) => !path.startsWith('examples/'))
    expect(others.filter(([, text]) => /row access/i.test(text))).toEqual([])
  })
})
