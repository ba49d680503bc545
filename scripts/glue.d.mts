/** The entry points of the two jobs. */
export const JOBS: readonly string[]
/** Writes what AWS Glue runs into a folder and returns the files' sizes by name. Rejects where a contract is no contract. */
export function buildGlue(outdir?: string): Promise<Readonly<Record<string, number>>>
