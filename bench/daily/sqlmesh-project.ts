import type { PeerProject } from './peer-project.ts'

const customer =
  'customer_id, first_name, last_name, email, phone, gender, date_of_birth, address, state, country, registration_date, registration_channel, plan_id, status'

/** A model with its audits; hourly, so that each delivery finds it due. */
const model = (name: string, kind: string, audits: readonly string[], query: string, upstream = ''): string => `MODEL (
  name dw.${name},
  kind ${kind},
  start '2024-01-01',
  cron '@hourly'${upstream === '' ? '' : `,\n  depends_on (${upstream})`}${audits.length === 0 ? '' : `,\n  audits (${audits.join(', ')})`}
);
${query}
`
const unique = (column: string): string => `unique_values(columns := (${column}))`
const present = (column: string): string => `not_null(columns := (${column}))`
/** The checks of the plain script as SQLMesh's own audits, and two written for references. */
export const sqlmeshProject: PeerProject = {
  peer: 'sqlmesh',
  first: ['plan', '--auto-apply', '--no-prompts'],
  later: ['run'],
  database: 'warehouse.duckdb',
  counts: 'select (select count(*) from warehouse.dw.dim_customer), (select count(*) from warehouse.dw.fact_activity)',
  files: {
    'config.yaml': `gateways:
  bench:
    connection: {type: duckdb, database: warehouse.duckdb}
default_gateway: bench
model_defaults: {dialect: duckdb}
`,
    'audits/references.sql': `AUDIT (name plan_listed);
SELECT a.plan_id FROM @this_model AS a WHERE a.valid_to IS NULL AND NOT a.plan_id IS NULL
  AND NOT EXISTS (SELECT 1 FROM dw.dim_plan AS r WHERE r.plan_id = a.plan_id);

AUDIT (name version_exists);
SELECT a.customer_sk FROM @this_model AS a WHERE NOT a.customer_sk IS NULL
  AND NOT EXISTS (SELECT 1 FROM dw.dim_customer AS r WHERE MD5(r.customer_id || r.valid_from) = a.customer_sk);
`,
    'models/stg_customers.sql': model(
      'stg_customers',
      'FULL',
      [
        unique('customer_id'),
        present('customer_id'),
        "accepted_values(column := status, is_in := ('active', 'suspended', 'cancelled'))",
      ],
      `SELECT ${customer.replace('email', 'LOWER(TRIM(email)) AS email')} FROM READ_PARQUET('customers.parquet')`,
    ),
    'models/stg_plans.sql': model(
      'stg_plans',
      'FULL',
      [unique('plan_id'), present('plan_id')],
      `SELECT plan_id, plan_name, plan_category, monthly_price FROM READ_PARQUET('plans.parquet')`,
    ),
    'models/stg_activity.sql': model(
      'stg_activity',
      'FULL',
      [unique('event_id'), present('event_timestamp')],
      `SELECT event_id, customer_id, event_type, event_timestamp, device_type, network_type FROM READ_PARQUET('activity_logs.parquet')`,
    ),
    'models/dim_plan.sql': model(
      'dim_plan',
      'FULL',
      [unique('plan_id'), present('plan_category')],
      'SELECT MD5(plan_id) AS plan_sk, plan_id, plan_name, plan_category, monthly_price FROM dw.stg_plans',
    ),
    'models/dim_customer.sql': model(
      'dim_customer',
      'SCD_TYPE_2_BY_COLUMN (unique_key customer_id, columns [plan_id, status, email, phone, address, state, country])',
      [
        'unique_values(columns := (customer_id), condition := valid_to IS NULL)',
        'not_null(columns := (customer_id), condition := valid_to IS NULL)',
        'plan_listed',
      ],
      `SELECT ${customer
        .split(', ')
        .map(
          name =>
            `${name}::${name === 'date_of_birth' ? 'DATE' : name === 'registration_date' ? 'TIMESTAMP' : 'TEXT'} AS ${name}`,
        )
        .join(', ')} FROM dw.stg_customers`,
      'dw.stg_customers, dw.dim_plan',
    ),
    'models/fact_activity.sql': model(
      'fact_activity',
      'INCREMENTAL_BY_UNIQUE_KEY (unique_key event_id)',
      [unique('event_id'), present('customer_id'), 'version_exists'],
      `SELECT a.event_id, a.customer_id, MD5(d.customer_id || d.valid_from) AS customer_sk, p.plan_sk, a.event_type, a.event_timestamp, a.device_type, a.network_type
FROM dw.stg_activity AS a
LEFT JOIN dw.dim_customer AS d ON d.customer_id = a.customer_id AND a.event_timestamp >= d.valid_from
  AND a.event_timestamp < COALESCE(d.valid_to, TIMESTAMP '9999-12-31')
LEFT JOIN dw.dim_plan AS p ON p.plan_id = d.plan_id`,
    ),
  },
}
