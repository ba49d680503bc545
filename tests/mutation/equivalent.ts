import type { Mutant } from './mutants.ts'

/** Mutants that change nothing. */
interface Equivalent {
  /** A piece of how the soak shows it. */
  readonly shown: string
  /** A piece of its statement, where the same words stand in others too. */
  readonly of?: string
  readonly why: string
}

const MORE_EVENTS =
  'more events are looked at, and those that did not move come to nothing: only what belongs elsewhere is written'
const MORE_KEYS = 'more keys are worked out anew, to the values that they have'
const TWICE = 'the same value twice on one day is no change'
const APART = 'the two sides have no row in common, and neither has one twice'
const NO_NULL = 'NULL is in no list, and not outside of one either'
const OTHER_DAYS = 'a day that is not in the batch is none of its days'

const mutants = (why: string, of: string | undefined, ...shown: readonly string[]): readonly Equivalent[] =>
  shown.map(each => ({ shown: each, why, ...(of !== undefined && { of }) }))

const DAYS = [
  ...mutants('all rows of a delivery name one file', undefined, '[max( → min(]source'),
  ...mutants('more keys are touched, and come to nothing', "'BOUND'", 'where v.known_to is null [and → or] v.SK <> -1'),
]

const MISSING = 'max(d.key_count) - count_if'
const HELD = [
  ...mutants('the latest of the days is asked for', undefined, "'DW.DIM' [union → union all] select business_date"),
  ...mutants('a day has one row there, and one count of keys', undefined, '[max( → min(]d.key_count'),
  ...mutants('a day that has nothing new and lacks nothing is not held', MISSING, 'from batch d [left join → join]'),
  ...mutants(NO_NULL, MISSING, '[and d.base_date is not null → ]'),
  ...mutants(
    'this statement reads the unreadable keys alone',
    MISSING,
    'd.business_date[ = → <> ]cast(s.BUSINESS_DATE as date)',
    'd.revision[ = → <> ]coalesce(s.REVISION, 1)',
    'cast(s.BUSINESS_DATE as date) [and → or] d.revision',
  ),
]

const DELTA = [
  ...mutants(
    OTHER_DAYS,
    undefined,
    'l.business_date[ > → >= ]d.business_date',
    'e.business_date[ > → >= ]d.business_date',
  ),
  ...mutants(
    'a day that stands twice is as good as once: the first later day is taken',
    undefined,
    'other_days as ( select [distinct → ]',
  ),
  ...mutants(
    'a version of this value that begins on that very day is not opened anew',
    undefined,
    '[ <= → < ]n.start_day',
  ),
  ...mutants(
    'in a batch out of order all days have one publication, and in one in order nothing takes the newest',
    undefined,
    '[max( → min(]publication) as newest',
  ),
  ...mutants('a key that stands twice is as good as once', undefined, 'touched as ( select [distinct → ]entity'),
  ...mutants(
    'it is only asked whether there is one',
    undefined,
    'from touched) ), unreadable as ( select [distinct → ]',
  ),
  ...mutants('every key that has a version is in it', undefined, '[left join → join] base b'),
  ...mutants(TWICE, undefined, 'from observed [union → union all]', 'from bounds [union → union all]'),
  ...mutants(
    APART,
    undefined,
    'from seen s [union all → union] select t.entity',
    'where v.known_to is null [union all → union] select v.K, cast(v.effective_end_date',
    '= 1 [union all → union] select s.entity',
    'where o.K is null [union all → union] select o.SK',
    's.seen_on = u.seen_on) [union all → union] select s.seen_on',
  ),
  ...mutants(NO_NULL, undefined, '[and v.effective_end_date is not null → ]'),
  ...mutants(
    'where both ends are open and the starts the same, nothing else is believed',
    undefined,
    'o.effective_end_date is null [and n.ends is not null → ]',
  ),
]

const UNTRACKED = [
  ...mutants(
    'all versions of a key have the same values, and one of them holds on every day that has the key',
    undefined,
    '[ > → >= ]s.seen_on where (not equal_null(s.U, v.U))',
    'v.K = s.entity [and v.known_to is null → ]',
    '[and v.effective_start_date <= s.seen_on → ]',
  ),
  ...mutants(
    MORE_KEYS,
    undefined,
    's.seen_on[ < → <= ]r.until where',
    '[and s.seen_on < r.until → ]',
    'd.business_date = l.business_date [and → or] d.is_revised',
  ),
  ...mutants(
    'a key that stands twice is as good as once',
    undefined,
    'select [distinct → ]s.entity from seen s join',
    '[union → union all] select l.entity',
  ),
  ...mutants(
    'each key of the log has a first row there, before all days, and is found by that one',
    undefined,
    'd.business_date[ = → <> ]l.business_date and d.is_revised',
  ),
  ...mutants('that day has its value in the log', undefined, 'n.on_day[ >= → > ]r.business_date'),
  ...mutants(TWICE, undefined, '[union → union all] select r.entity'),
  ...mutants(APART, undefined, "UNTRACKED_KEYS) [union all → union] select v.K, cast('0001"),
]

const CORRECTIONS = [
  ...mutants(
    MORE_EVENTS,
    undefined,
    'h.known_from[ <= → < ]p.point and h.known_to',
    'h.known_to[ > → >= ]p.point',
    'h.known_from <= p.point [and h.known_to > p.point → ]',
    'c.known_from[ > → >= ]p.point or',
    'or c.known_to[ > → >= ]p.point where',
    'c.customer_sk <> -1 [and → or] c.customer_sk not in',
    'from restated) [and → or] c.customer_id not in',
    'v.end_known_from[ > → >= ]p.point',
    'm.customer_id = f.customer_id [and → or] f.event_timestamp',
    'f.event_timestamp >= m.from_time [and → or] f.event',
    'f.event_timestamp[ < → <= ]m.to_time',
    '[and f.event_timestamp >= m.from_time → ]',
    '[and f.event_timestamp < m.to_time → ]',
    'f.customer_sk = -1 [and → or] f.customer_id in',
    'f.known_from[ > → >= ](select point',
    'from progress) [and → or] f.customer_id in',
  ),
  ...mutants(
    'a time or an event that is found twice is looked at once: the last union leaves each once',
    undefined,
    'from newcomers) [union all → union]',
    'DIM_CUSTOMER [union all → union] select customer_id, effective_end_date',
    'v.end_known_from > p.point [union all → union]',
    'from restated) [union all → union]',
    '[union all → union] select customer_id, least(end_before',
    'from moved) [union → union all] select f.event_id',
  ),
  ...mutants(
    'who has a version that was known at that very point is found among those known',
    undefined,
    'c.known_from[ > → >= ]p.point where c.customer_sk',
  ),
  ...mutants(
    'where all that was said of a customer then is in the history, it was said otherwise since: its times are looked at for that, and the rest as those of a newcomer',
    undefined,
    'HISTORY o join progress q on o.known_from[ <= → < ]q.point',
  ),
  ...mutants('a relation has one watermark', undefined, 'coalesce([max( → min(]point)'),
  ...mutants('who stands twice in a list is in it', undefined, 'select [distinct → ]c.customer_id'),
  ...mutants(
    'every version that was ever published is in the dimension, and so is the unknown member',
    undefined,
    '[left join → join] TELCO_DB.DW.DIM_CUSTOMER o on',
  ),
]

const EQUIVALENT: readonly Equivalent[] = [...DAYS, ...HELD, ...DELTA, ...UNTRACKED, ...CORRECTIONS]

type Shown = Pick<Mutant, 'shown' | 'of'>

const explains = (each: Equivalent, { shown, of }: Shown): boolean =>
  shown.includes(each.shown) && of.includes(each.of ?? '')

/** Whether a mutant is one of those that change nothing. */
export const isEquivalent = (mutant: Shown): boolean => EQUIVALENT.some(each => explains(each, mutant))

/** What is explained here, and is none of these. */
export const idle = (all: readonly Shown[]): readonly string[] =>
  EQUIVALENT.filter(each => !all.some(mutant => explains(each, mutant))).map(({ shown }) => shown)
