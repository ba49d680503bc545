import type { PeerProject } from './peer-project.ts'

const customer =
  'customer_id, first_name, last_name, lower(trim(email)) as email, phone, gender, date_of_birth, address, state, country, registration_date, registration_channel, plan_id, status, cast(business_date as timestamp) as business_date'
const current = '{config: {where: dbt_valid_to is null}}'
const source = (name: string): string => `
      - name: ${name}
        config: {meta: {external_location: "read_parquet('${name}.parquet')"}}`

/** The settings that dbt's documentation recommends, and the checks of the plain script as dbt's own generic tests. */
export const dbtProject: PeerProject = {
  peer: 'dbt',
  first: ['build', '--quiet'],
  later: ['build', '--quiet'],
  database: 'warehouse.duckdb',
  counts:
    'select (select count(*) from warehouse.main.dim_customer), (select count(*) from warehouse.main.fact_activity)',
  files: {
    'dbt_project.yml': `name: daily
version: "1.0"
config-version: 2
profile: daily
flags: {send_anonymous_usage_stats: false}
models: {daily: {+materialized: table}}
`,
    'profiles.yml': `daily:
  target: bench
  outputs:
    bench: {type: duckdb, path: warehouse.duckdb, threads: 2}
`,
    'models/stg_customers.sql': `select ${customer} from {{ source('feed', 'customers') }}\n`,
    'models/stg_plans.sql': `select plan_id, plan_name, plan_category, monthly_price from {{ source('feed', 'plans') }}\n`,
    'models/stg_activity.sql': `select event_id, customer_id, event_type, event_timestamp, device_type, network_type from {{ source('feed', 'activity_logs') }}\n`,
    'models/dim_plan.sql': `select md5(plan_id) as plan_sk, * from {{ ref('stg_plans') }}\n`,
    'models/fact_activity.sql': `{{ config(materialized='incremental', incremental_strategy='append') }}
select a.event_id, a.customer_id, d.dbt_scd_id as customer_sk, p.plan_sk, a.event_type, a.event_timestamp, a.device_type, a.network_type
from {{ ref('stg_activity') }} a
left join {{ ref('dim_customer') }} d on d.customer_id = a.customer_id and a.event_timestamp >= d.dbt_valid_from
  and a.event_timestamp < coalesce(d.dbt_valid_to, timestamp '9999-12-31')
left join {{ ref('dim_plan') }} p on p.plan_id = d.plan_id
{% if is_incremental() %}where not exists (select 1 from {{ this }} f where f.event_id = a.event_id
  and f.event_timestamp >= (select min(event_timestamp) from {{ ref('stg_activity') }})){% endif %}
`,
    'snapshots/dim_customer.yml': `snapshots:
  - name: dim_customer
    relation: ref('stg_customers')
    config: {strategy: check, unique_key: customer_id, check_cols: [plan_id, status, email, phone, address, state, country], updated_at: business_date}
    columns:
      - name: customer_id
        data_tests: [{unique: ${current}}]
      - name: dbt_scd_id
        data_tests: [{not_null: ${current}}]
      - name: plan_id
        data_tests: [{relationships: {arguments: {to: ref('dim_plan'), field: plan_id}, config: {where: dbt_valid_to is null}}}]
`,
    'models/schema.yml': `sources:
  - name: feed
    tables:${['customers', 'plans', 'activity_logs'].map(source).join('')}
models:
  - name: stg_customers
    columns:
      - {name: customer_id, data_tests: [unique, not_null]}
      - {name: status, data_tests: [{accepted_values: {arguments: {values: [active, suspended, cancelled]}}}]}
  - name: stg_plans
    columns: [{name: plan_id, data_tests: [unique, not_null]}]
  - name: stg_activity
    columns:
      - {name: event_id, data_tests: [unique]}
      - {name: event_timestamp, data_tests: [not_null]}
  - name: dim_plan
    columns:
      - {name: plan_id, data_tests: [unique]}
      - {name: plan_category, data_tests: [not_null]}
  - name: fact_activity
    columns:
      - {name: event_id, data_tests: [unique]}
      - {name: customer_id, data_tests: [not_null]}
      - {name: customer_sk, data_tests: [{relationships: {arguments: {to: ref('dim_customer'), field: dbt_scd_id}}}]}
`,
  },
}
