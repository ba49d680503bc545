import type { Metafile } from 'esbuild'

/**
 * Writes the bundle of the ingestion function and returns what is in it: esbuild's metafile. Rejects where a source does not
 * parse or a contract is no contract.
 */
export function buildLambda(outdir?: string): Promise<Metafile>
