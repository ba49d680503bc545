import type { PeerName } from '../helpers/peers.ts'

/** A peer's project for the same daily load, and how it is called for the first day and for any later one. */
export interface PeerProject {
  readonly peer: PeerName
  readonly files: Readonly<Record<string, string>>
  readonly first: readonly string[]
  readonly later: readonly string[]
  /** The database's file, and how many versions and facts it holds. */
  readonly database: string
  readonly counts: string
}
