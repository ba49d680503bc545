/** Writes `dist/` anew where a source is newer than it. Rejects with esbuild's messages when a source does not parse. */
export function build(): Promise<void>
/** True where `dist/` was made from sources as new as these. */
export function isBuilt(newest?: number): boolean
/** Bundles one TypeScript file of bench/ or tests/ into `.local/scripts` and returns its exports. */
export function importTypeScript(entry: string): Promise<Record<string, unknown>>
