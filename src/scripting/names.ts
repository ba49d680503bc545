/** What a name stands for while a script is read. */
export type NameKind = 'variable' | 'counter' | 'row' | 'cursor' | 'resultset' | 'exception'

/** The names that can be seen at a place of a script. */
export interface Names {
  readonly find: (name: string) => NameKind | undefined
  /** Whether this very block declares it. */
  readonly owns: (name: string) => boolean
  readonly declare: (name: string, kind: NameKind) => void
  /** Names within a block, a branch or a loop. */
  readonly inner: () => Names
}

/** Variables that Snowflake sets. */
const GLOBALS = new Set(['SQLROWCOUNT', 'SQLFOUND', 'SQLNOTFOUND', 'SQLID'])
/** Those that describe the exception at hand. */
export const EXCEPTION_GLOBALS: ReadonlySet<string> = new Set(['SQLCODE', 'SQLERRM', 'SQLSTATE'])

/** Whether Snowflake sets the variable of this name. */
export function isGlobal(name: string): boolean {
  return GLOBALS.has(name) || EXCEPTION_GLOBALS.has(name)
}

/** No names but what `outer` has. */
export function createNames(outer?: Names): Names {
  const own = new Map<string, NameKind>()
  const names: Names = {
    find: name => own.get(name) ?? outer?.find(name),
    owns: name => own.has(name),
    declare: (name, kind) => void own.set(name, kind),
    inner: () => createNames(names),
  }
  return names
}
