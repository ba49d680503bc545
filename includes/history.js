// The knowledge axis. A publication is one committed load, known by its number in the ledger.

/** The newest publication of a relation (`SCHEMA.NAME`), 0 before the first. `ledger` is the ledger's full name. */
const newest = (ledger, relation) =>
  `(select coalesce(max(publication), 0) from ${ledger} where dataset = '${relation}')`

/** Whether a statement about a version is what was known at a publication. */
const knownAt = (statement, point) =>
  `${statement}.known_from <= ${point} and (${statement}.known_to is null or ${statement}.known_to > ${point})`

/** The correction of each event that counts: of an attribution's rows the highest sequence. */
const latest = attribution => `(
  select event_id, sequence, customer_sk, known_from from ${attribution}
  qualify row_number() over (partition by event_id order by sequence desc) = 1
)`

/** A number for a text: millions of them are searched in half the time. Texts that differ may share one, once in 10^18. */
const numbered = text => `to_number(substr(md5(${text}), 1, 15), 'XXXXXXXXXXXXXXX')`

module.exports = { newest, knownAt, latest, numbered }
