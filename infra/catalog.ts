import { Aws } from 'aws-cdk-lib'
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue'
import type { Construct } from 'constructs'
import type { Contract, ContractColumn, Contracts } from '../ingestion-lambda/contract.ts'
import { NAMES, type StageSettings } from './stages.ts'

const TYPES: Readonly<Record<string, string>> = {
  VARCHAR: 'string',
  VARIANT: 'string',
  DATE: 'date',
  TIMESTAMP_NTZ: 'timestamp',
  BOOLEAN: 'boolean',
}

const column = ({ name, type, description }: Pick<ContractColumn, 'name' | 'type' | 'description'>) => ({
  name,
  // NUMBER(10,2) is decimal(10,2).
  type: TYPES[type] ?? type.replace('NUMBER', 'decimal'),
  comment: description,
})
type Column = ReturnType<typeof column>

const text = (name: string, description: string): Column => column({ name, type: 'VARCHAR', description })
const ORIGIN: readonly Column[] = [
  { name: 'source_line', type: 'bigint', comment: "The row's line in its file, from 1" },
  text('row_hash', 'MD5 over the typed columns, with their names'),
  text('source_file', 'The archived file'),
  column({ name: 'business_date', type: 'DATE', description: "The day that the row's file is for" }),
]
const REVISION: Column = { name: 'revision', type: 'bigint', comment: "The place of the row's file in its day, from 1" }
const OFFSET = text('source_utc_offset', 'The offset from UTC that the source wrote')
const EXTRA = text('extra_columns', 'What the contract does not have yet, as JSON')
const BAD: readonly Column[] = [
  { name: 'line', type: 'bigint', comment: "The row's line in its file, from 1" },
  text('code', 'Which rule it breaks'),
  text('reason', 'How'),
  text('raw', 'The row as it came'),
  text('key', 'Its key, where it can be read'),
  text('source_file', 'The archived file'),
  column({ name: 'business_date', type: 'DATE', description: "The day that the row's file is for" }),
]
const STAGED: Readonly<Record<string, readonly Column[]>> = {
  customers: [{ name: 'plan_known', type: 'boolean', comment: "Whether that day's price list has the plan" }],
  plans: [],
  activity_logs: [
    { name: 'snapshot_date', type: 'date', comment: 'Evidence: the snapshot that the next two are from' },
    text('snapshot_plan_id', 'Evidence: the plan in that snapshot'),
    text('snapshot_status', 'Evidence: the status in that snapshot'),
  ],
}

/**
 * Tables over clean/ and staging/ for Athena. Days are projected from the folders' names, so that no crawler has to find them.
 * A table shows every file below its folder, those of earlier runs too; only the manifests and the warehouse know which count.
 */
export function catalog(scope: Construct, settings: StageSettings, contracts: Contracts): void {
  const database = new CfnDatabase(scope, 'Catalog', {
    catalogId: Aws.ACCOUNT_ID,
    databaseInput: { name: NAMES.database, description: 'The lake, for a look into it' },
  })
  const table = (name: string, prefix: string, description: string, columns: readonly Column[]): void => {
    const id = name.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
    const location = `s3://${settings.bucket}/${prefix}`
    new CfnTable(scope, `Table${id}`, {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: database.ref,
      tableInput: tableInput(name, location, description, columns),
    })
  }
  for (const contract of Object.values(contracts)) {
    const { dataset } = contract
    table(`clean_${dataset}`, `clean/${dataset}/`, `Good rows of ${dataset}`, cleanColumns(contract))
    table(`clean_bad_${dataset}`, `clean/bad/${dataset}/`, `Bad rows of ${dataset}, as they came`, BAD)
    table(`staging_${dataset}`, `staging/${dataset}/`, `What Snowflake loads of ${dataset}`, [
      ...contract.columns.map(column),
      ...offset(contract),
      ...ORIGIN,
      REVISION,
      ...(STAGED[dataset] ?? []),
    ])
  }
}

/** Only rows that say their own time have an offset. */
const offset = ({ date_from_rows }: Contract): readonly Column[] => (date_from_rows === undefined ? [] : [OFFSET])

const cleanColumns = (contract: Contract): readonly Column[] => [
  ...contract.columns.map(column),
  ...ORIGIN,
  EXTRA,
  ...offset(contract),
]

function tableInput(
  name: string,
  location: string,
  description: string,
  columns: readonly Column[],
): CfnTable.TableInputProperty {
  return {
    name,
    description,
    tableType: 'EXTERNAL_TABLE',
    partitionKeys: [{ name: 'd', type: 'date', comment: "The day of the row's file" }],
    parameters: {
      classification: 'parquet',
      'projection.enabled': 'true',
      'projection.d.type': 'date',
      'projection.d.format': 'yyyy-MM-dd',
      'projection.d.range': '2015-01-01,NOW+2DAYS',
      'projection.d.interval': '1',
      'projection.d.interval.unit': 'DAYS',
      // Athena's own placeholder.
      'storage.location.template': `${location}d=\${d}/`,
    },
    storageDescriptor: {
      location,
      columns: [...columns],
      inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
      outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
      serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
    },
  }
}
