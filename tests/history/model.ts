/** An attribute: NULL, an empty string and absence of the key are three different things. */
export type Text = string | null

/** One key's row of a snapshot: `a` and `b` are tracked (Type 2), `u` is not (Type 1). No key has two rows in one snapshot. */
export interface Row {
  readonly k: string
  readonly a: Text
  readonly b: Text
  readonly u: Text
}

/** One snapshot of one day (a whole number). Keys of `unreadable` had a row that could not be read; null: nobody knows whose. */
export interface Delivery {
  readonly day: number
  readonly rows: readonly Row[]
  readonly unreadable: readonly Text[]
}

/** Deliveries loaded together. Several for one day are its revisions, in this order. */
export type Batch = readonly Delivery[]

/** Something that a key did at a time: a day number, with fractions. `fileDay` is the day of the file that told of it. */
export interface Event {
  readonly id: string
  readonly k: string
  readonly at: number
  readonly fileDay: number
}

/** One load: its batch, the deliveries that were approved before it (by day and content), and the events it brings. */
export interface Load {
  readonly batch: Batch
  readonly approved: readonly Delivery[]
  readonly events: readonly Event[]
}

/** Loads one after the other. More than the share `limit` of keys vanishing holds a day; 1 holds none. */
export interface History {
  readonly limit: number
  readonly loads: readonly Load[]
}

/** What the ledger says of one accepted delivery. */
export interface Revision {
  readonly day: number
  readonly revSeq: number
  readonly publication: number
  readonly complete: boolean
}

/** An accepted delivery. Lists of these are in the order of `revSeq`. */
export interface Accepted {
  readonly delivery: Delivery
  readonly revision: Revision
}

/** What a held day was judged by: the day it was compared with, the keys of that one, and how many of them it lacks. */
export interface Judgement {
  readonly base: number
  readonly keys: number
  readonly vanished: number
}

/** What became of the deliveries of a batch. */
export interface Outcome {
  readonly accepted: readonly Accepted[]
  readonly held: readonly Delivery[]
  /** Of each held delivery. */
  readonly judged: ReadonlyMap<Delivery, Judgement>
  readonly dropped: readonly Delivery[]
}

/** A version of a key: `[start, end)`, null while open. The first of a key is joined from the beginning of time. */
export interface Version {
  readonly k: string
  readonly a: Text
  readonly b: Text
  readonly start: number
  readonly end: number | null
  readonly first: boolean
}

/** A version as stated by one publication: its end counts from `endKnownFrom`, all of it in `[knownFrom, knownTo)`. */
export interface Statement extends Version {
  readonly endKnownFrom: number | null
  readonly knownFrom: number
  readonly knownTo: number | null
}

/** A row of the dimension. `u` is undefined where no snapshot has the key any more: then nobody may compare it. */
export interface VersionRow extends Statement {
  readonly u: Text | undefined
  readonly isCurrent: boolean
}

/** The dimension, one row for each version ever published, and the earlier statements about them. */
export interface Tables {
  readonly dim: readonly VersionRow[]
  readonly history: readonly Statement[]
}

/** What is known after one load. */
export interface Step {
  readonly load: Load
  readonly outcome: Outcome
  readonly accepted: readonly Accepted[]
  readonly tables: Tables
}
