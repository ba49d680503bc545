/** The framework's public functions. */

export { textTable } from './commands/table.ts'
export { compileProject } from './compile/compile.ts'
export type { Effects } from './effects.ts'
export { hashFile } from './engines/duckdb/manifest.ts'
export { describeError, UserError, UserErrors } from './error.ts'
export type { RunResult } from './report/results.ts'
export { summarise } from './report/summary.ts'
export { type RelationFreshness, readFreshness } from './run/freshness.ts'
export { openProject, type ProjectOptions, type RunOptions, runProject } from './run/project-run.ts'
