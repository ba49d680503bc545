/** Whether the server can be had here: it is compiled, or there is Go. */
export function hasS3Server(): boolean
/** Compiles the server where it is missing or out of date; does nothing without Go. Throws an Error that says what went wrong. */
export function ensureS3Server(): void
/** The compiled server. Throws where there is none: a suite that needs it fails and is not skipped. */
export function s3ServerPath(): string
