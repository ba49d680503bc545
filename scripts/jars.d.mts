/** Fetches Hadoop's file system for S3 where it is missing, and returns its files. Throws an Error that says what went wrong. */
export function ensureJars(): readonly string[]
