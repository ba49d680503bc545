/** Makes `.venv` where it is missing or holds other versions. Throws an Error that says what is missing. */
export function ensurePython(): void
/** The environment's interpreter. Throws where there is no environment: a suite that needs it fails and is not skipped. */
export function pythonPath(): string
