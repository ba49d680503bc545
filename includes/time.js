// Joins in time. Intervals hold from their start to before their end.

/** Where a version ends; an open end reaches beyond every date. */
const end = version => `coalesce(${version}.effective_end_date, '9999-12-31'::timestamp_ntz)`

/** Whether a timestamp lies in a version's interval, whatever is believed of the version. */
const spans = (version, timestamp) => `${timestamp} >= ${version}.join_start_date and ${timestamp} < ${end(version)}`

/** Whether a version of a dimension holds at a timestamp. */
const holdsAt = (version, timestamp) => `${version}.known_to is null and ${spans(version, timestamp)}`

module.exports = { end, spans, holdsAt }
