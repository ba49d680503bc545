import { UserError } from '../error.ts'
import { type Action, type RunnableAction, targetKey, targetName } from '../graph/types.ts'
import { PROCEDURES_FILE, type ProcedureConfig, type ProceduresConfig } from './config.ts'
import type { ActionLoad } from './loads.ts'

/** What one procedure loads and then checks, each in order. */
export interface Members {
  readonly procedure: ProcedureConfig
  readonly loads: readonly ActionLoad[]
  readonly assertions: readonly ActionLoad[]
}

export interface Assignment {
  readonly members: readonly Members[]
  /** Actions with a load of their own that no procedure holds. */
  readonly left: readonly RunnableAction[]
}

/**
 * Gives each action to the procedure whose tags it has. An assertion is counted where the last of what it reads is loaded; views
 * hold no rows, so one that has nothing to execute is in no procedure.
 *
 * @throws UserError for an action of two procedures, one that reads what a later procedure loads, and a procedure without actions
 */
export function assign(loads: readonly ActionLoad[], config: ProceduresConfig, actions: readonly Action[]): Assignment {
  const homes = new Map<string, number>()
  const left: RunnableAction[] = []
  for (const { action, load } of loads) {
    if (action.type === 'assertion') continue
    const home = homeOf(action, config)
    if (home !== undefined) homes.set(targetKey(action.target), home)
    else if (load.length > 0) left.push(action)
  }
  const depends = new Map(actions.map(action => [targetKey(action.target), action.dependencies.map(targetKey)]))
  const loadedIn = latestProcedure(homes, depends)
  refuseEarlyReads(loads, homes, loadedIn, config)
  const members = config.procedures.map((procedure, index) => ({
    procedure,
    loads: loads.filter(({ action, load }) => homes.get(targetKey(action.target)) === index && load.length > 0),
    assertions: loads.filter(
      ({ action }) => action.type === 'assertion' && loadedIn(targetKey(action.target)) === index,
    ),
  }))
  for (const each of members) refuseEmpty(each)
  return { members, left }
}

function homeOf(action: RunnableAction, { procedures }: ProceduresConfig): number | undefined {
  const found = procedures.flatMap(({ tags }, index) => (tags.some(tag => action.tags.includes(tag)) ? [index] : []))
  const [home, other] = found
  if (home !== undefined && other !== undefined) {
    throw new UserError(`its tags put it in ${procedures[home]?.name} and in ${procedures[other]?.name}`, {
      file: action.file,
      line: action.line,
      action: targetName(action.target),
      remedy: `leave one of these tags, or change ${PROCEDURES_FILE}`,
    })
  }
  return home
}

/** The last procedure that loads something which an action reads, itself included, directly or through others. */
function latestProcedure(
  homes: ReadonlyMap<string, number>,
  depends: ReadonlyMap<string, readonly string[]>,
): (key: string) => number | undefined {
  const known = new Map<string, number | undefined>()
  const visit = (key: string): number | undefined => {
    if (known.has(key)) return known.get(key)
    known.set(key, undefined)
    const all = [homes.get(key), ...(depends.get(key) ?? []).map(visit)].filter(index => index !== undefined)
    const latest = all.length === 0 ? undefined : Math.max(...all)
    known.set(key, latest)
    return latest
  }
  return visit
}

function refuseEarlyReads(
  loads: readonly ActionLoad[],
  homes: ReadonlyMap<string, number>,
  loadedIn: (key: string) => number | undefined,
  { procedures }: ProceduresConfig,
): void {
  for (const { action } of loads) {
    const home = homes.get(targetKey(action.target))
    const latest = home === undefined ? undefined : loadedIn(targetKey(action.target))
    if (home === undefined || latest === undefined || latest <= home) continue
    const read = action.dependencies.find(dependency => loadedIn(targetKey(dependency)) === latest)
    throw new UserError(
      `it is loaded by ${procedures[home]?.name} and reads ${read === undefined ? 'what' : `${targetName(read)}, which`} ${procedures[latest]?.name} loads later`,
      {
        file: action.file,
        line: action.line,
        action: targetName(action.target),
        remedy: `change its tags, or the order in ${PROCEDURES_FILE}`,
      },
    )
  }
}

function refuseEmpty({ procedure, loads, assertions }: Members): void {
  if (loads.length + assertions.length > 0) return
  throw new UserError(
    `${procedure.name} has nothing to load: only views, if anything, have one of its tags (${procedure.tags.join(', ')})`,
    {
      file: PROCEDURES_FILE,
      remedy: 'tag what it is to load, or remove it: views are made by the deployment',
    },
  )
}
