import type { Contracts } from '../ingestion-lambda/contract.ts'
import { folderStore } from '../ingestion-lambda/folder-store.ts'
import { ingestObject, type Outcome } from '../ingestion-lambda/route.ts'

/** Validates and routes everything in `raw/`, in the order of the names. */
export async function ingest(
  lake: string,
  contracts: Contracts,
  tell: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const store = folderStore(lake)
  const outcomes: Outcome[] = []
  for (const key of await store.list('raw/')) {
    const outcome = await ingestObject(key, { store, contracts, alert: () => undefined, log: () => undefined })
    tell(outcome)
    outcomes.push(outcome)
  }
  return outcomes
}
