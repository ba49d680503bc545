/** The entry points of the two jobs. */
export const JOBS: readonly string[]
/** Writes what AWS Glue runs into a folder and returns the files' sizes by name. Rejects where a contract is no contract. */
export function buildGlue(outdir?: string): Promise<Readonly<Record<string, number>>>
/**
 * The environment in which Python runs what was built into a folder, on Spark with two threads and no network but the loopback;
 * `settings` of Spark are beside those.
 */
export function sparkEnvironment(folder: string, settings?: Readonly<Record<string, string>>): NodeJS.ProcessEnv
