import { snapshotsOf } from './believed.ts'
import type { Accepted, Delivery, History, Step, Tables, Version, VersionRow } from './model.ts'
import { asKnown, inOrder } from './oracle.ts'

/** Anything that keeps history: what is known after each load. */
export type Maker = (history: History) => readonly Step[]

/** What is known at one publication, as the tables say after the last load. */
export interface Known {
  readonly point: number
  /** The snapshots published up to it, days ascending. */
  readonly snapshots: readonly Delivery[]
  /** By key and start. */
  readonly versions: readonly Version[]
}

/** One history and what a maker made of it. */
export interface Case {
  readonly history: History
  readonly make: Maker
  readonly steps: readonly Step[]
  readonly accepted: readonly Accepted[]
  readonly tables: Tables
  readonly known: readonly Known[]
}

/** The numbers of the publications among accepted deliveries, ascending. */
export const pointsOf = (accepted: readonly Accepted[]): readonly number[] => [
  ...new Set(accepted.map(({ revision }) => revision.publication)),
]

/** The deliveries published up to a point, in the order of their revisions. */
export const deliveriesUpTo = (accepted: readonly Accepted[], point: number): readonly Delivery[] =>
  accepted.filter(({ revision }) => revision.publication <= point).map(({ delivery }) => delivery)

/** The rows that are believed. */
export const liveOf = ({ dim }: Tables): readonly VersionRow[] => inOrder(dim.filter(row => row.knownTo === null))

/** Runs a maker over a history. */
export function caseOf(history: History, make: Maker): Case {
  const steps = make(history)
  const last = steps.at(-1)
  const { accepted, tables } = last ?? { accepted: [], tables: { dim: [], history: [] } }
  const known = pointsOf(accepted).map(point => ({
    point,
    snapshots: snapshotsOf(deliveriesUpTo(accepted, point)),
    versions: asKnown(tables, point),
  }))
  return { history, make, steps, accepted, tables, known }
}
