import { believed } from './believed.ts'
import type { Accepted, Event, History, Version } from './model.ts'
import { replay } from './oracle.ts'

/** An event and the versions it belongs to: by what was believed after its own load, and by what is believed now. */
export interface Attribution {
  readonly event: Event
  readonly published: Version | undefined
  readonly restated: Version | undefined
}

/** Whether an event joins a version: its time is in `[start, end)`, a first version's start being the beginning of time. */
export const joins = ({ k, at }: Event, version: Version): boolean =>
  version.k === k && (version.first || version.start <= at) && (version.end === null || at < version.end)

/** The version of a dimension that an event belongs to; none for an unknown key or a gap. */
export const attribute = (event: Event, versions: readonly Version[]): Version | undefined =>
  versions.find(version => joins(event, version))

const dimensionOf = (accepted: readonly Accepted[]): readonly Version[] =>
  believed(accepted.map(({ delivery }) => delivery))

/** Where every event of a history belongs, in the order of arrival. */
export function attributions(history: History): readonly Attribution[] {
  const steps = replay(history)
  const now = dimensionOf(steps.at(-1)?.accepted ?? [])
  return steps.flatMap(({ load, accepted }) => {
    const then = dimensionOf(accepted)
    return load.events.map(event => ({
      event,
      published: attribute(event, then),
      restated: attribute(event, now),
    }))
  })
}
