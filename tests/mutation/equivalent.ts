/** Mutants that change nothing, by a piece of how the soak shows them, and why. */
export const EQUIVALENT: readonly { readonly shown: string; readonly why: string }[] = [
  {
    shown: 'h.known_to[ > → >= ]p.point',
    why: 'more events are looked at, and those that did not move come to nothing',
  },
  {
    shown: 'f.event_timestamp[ < → <= ]m.to_time',
    why: 'more events are looked at, and those that did not move come to nothing',
  },
  {
    shown: '[union all → union] select customer_id, least(end_before',
    why: 'a time that moved twice is looked at once',
  },
  { shown: '[and s.seen_on < r.until → ]', why: 'more keys are worked out anew, to the values that they have' },
  {
    shown: 'other_days as ( select [distinct → ]',
    why: 'a day that stands twice is as good as once: the first later day is taken',
  },
]
