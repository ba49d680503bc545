// The three datasets' contracts, for definitions: a column is added in its contract and nowhere else.
const contracts = {
  customers: require('./contracts/customers.yaml'),
  plans: require('./contracts/plans.yaml'),
  activity_logs: require('./contracts/activity_logs.yaml'),
}

const find = dataset => {
  if (!Object.hasOwn(contracts, dataset)) throw new Error(`no contract is called ${dataset}`)
  return contracts[dataset]
}

const names = dataset => find(dataset).columns.map(column => column.name)

const described = column => ({
  type: column.type,
  description: column.description,
  ...(column.personal_data ? { tags: ['personal_data'] } : {}),
})

/** Where a staged row comes from: on every staging table. */
const ORIGIN = {
  business_date: { type: 'DATE', description: "The day that the row's file is for" },
  revision: {
    type: 'NUMBER(18,0)',
    description:
      "The place, from 1, of the row's file among those of its day, in the order in which they were accepted",
  },
  source_file: { type: 'VARCHAR', description: 'The archived file' },
  source_line: { type: 'NUMBER(18,0)', description: "The row's line in that file, from 1" },
  row_hash: { type: 'VARCHAR', description: 'MD5 over the typed columns, with their names' },
}

/** A column as it is staged. Parquet has JSON as text, and a text that is copied into a VARIANT stays one: models parse it. */
const staged = column => described(column.type === 'VARIANT' ? { ...column, type: 'VARCHAR' } : column)

/** The columns of a dataset's staging table, for `type: "copy"`. */
const stagingColumns = (dataset, more = {}) => ({
  ...Object.fromEntries(find(dataset).columns.map(column => [column.name, staged(column)])),
  ...ORIGIN,
  ...more,
})

/** Documentation of the columns that a model takes over from a dataset. */
const documented = dataset =>
  Object.fromEntries(
    find(dataset).columns.map(column => {
      const { type: _, ...rest } = described(column)
      return [column.name, rest]
    }),
  )

const tracked = dataset =>
  find(dataset)
    .columns.filter(column => column.tracked)
    .map(column => column.name)

const untracked = dataset => {
  const { key, columns } = find(dataset)
  return columns.filter(column => !column.tracked && !key.includes(column.name)).map(column => column.name)
}

/** `'a', 'b'`: what a column may hold, for SQL. */
const accepted = (dataset, name) => {
  const column = find(dataset).columns.find(each => each.name === name)
  return column.accepted.map(value => `'${value}'`).join(', ')
}

/** The number of days after its file's by which a row is too far ahead, for SQL: a row of this day or a later one is. */
const tooFarAhead = dataset => find(dataset).max_days_ahead + 1

module.exports = { ORIGIN, names, stagingColumns, documented, tracked, untracked, accepted, tooFarAhead }
