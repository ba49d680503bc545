import { summarise } from '../src/index.ts'
import type { PipelineResult } from './run.ts'

/** A run in numbers. */
function numbers({ files, staged, run }: PipelineResult) {
  const sources = staged.flatMap(file => file.sources)
  const sum = (pick: (source: (typeof sources)[number]) => number): number =>
    sources.reduce((total, source) => total + pick(source), 0)
  const count = (outcome: string): number => files.filter(file => file.outcome === outcome).length
  return {
    files: { accepted: count('accepted'), duplicate: count('duplicate'), rejected: count('rejected') },
    rows: {
      received: sum(s => s.received),
      good: sum(s => s.good),
      bad: sum(s => s.bad),
      duplicate: sum(s => s.duplicate),
      conflict: sum(s => s.conflict),
    },
    days: [...new Set(staged.map(file => file.date))].length,
    assertions: summarise(run),
    notices: run.actions.flatMap(action => action.notices ?? []),
  }
}

/** A run as one JSON document. */
export function jsonOf(result: PipelineResult) {
  return {
    exitCode: result.run.exitCode,
    waiting: result.isWaiting,
    ...numbers(result),
    outcomes: result.files,
    run: result.run,
  }
}

/** Warnings about accepted files, each with the number of files that it was given. */
function newColumns({ files }: PipelineResult): readonly (readonly [warning: string, count: number])[] {
  const counts = new Map<string, number>()
  for (const warning of files.flatMap(file => file.warnings ?? [])) counts.set(warning, (counts.get(warning) ?? 0) + 1)
  return [...counts].sort()
}

/** What a run did, for people. */
export function runSummary(result: PipelineResult): string {
  const { files, rows, days, assertions, notices } = numbers(result)
  const problems = result.run.actions.filter(action =>
    ['FAILED', 'REFUSED', 'TIMED_OUT', 'WARNED'].includes(action.status),
  )
  const shown = problems.map(
    action =>
      `  ${action.status} ${action.target.schema}.${action.target.name}: ${(action.error ?? '').split('\n')[0]}\n`,
  )
  const held = notices.map(notice => `  ${notice}\n`)
  const warnings = newColumns(result).map(
    ([warning, count]) => `  WARNED ${warning} in ${count} file(s): kept aside in clean/ until the contract has it\n`,
  )
  return `files   ${files.accepted} accepted, ${files.duplicate} duplicate, ${files.rejected} rejected
rows    ${rows.received} received = ${rows.good} good + ${rows.bad} bad + ${rows.duplicate} duplicate + ${rows.conflict} conflict
${warnings.join('')}staged  ${days} new day(s); ${assertions.verdict}; ${assertions.passed} assertions passed in ${(result.run.ms / 1000).toFixed(1)} s
${shown.join('')}${held.join('')}`
}
