// The knowledge axis. A publication is one committed load, known by its number in the ledger.

/** The newest publication of a relation (`SCHEMA.NAME`), 0 before the first. `ledger` is the ledger's full name. */
const newest = (ledger, relation) =>
  `(select coalesce(max(publication), 0) from ${ledger} where dataset = '${relation}')`

/** Whether a statement about a version is what was known at a publication. */
const knownAt = (statement, point) =>
  `${statement}.known_from <= ${point} and (${statement}.known_to is null or ${statement}.known_to > ${point})`

/** Whether a version holds at a timestamp, whatever is believed of it now. */
const spans = (version, timestamp) =>
  `${timestamp} >= ${version}.join_start_date and ${timestamp} < coalesce(${version}.effective_end_date, '9999-12-31'::timestamp_ntz)`

module.exports = { newest, knownAt, spans }
