import { closeSync, cpSync, fsyncSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { median, milliseconds, print, progress, timeNode } from '../helpers/timing.ts'
import { type Answer, assertionsOfLastRun, millisecondsOfAction, ourAnswer, referenceAnswer } from './answers.ts'
import {
  type Bench,
  loadCommand,
  type Morning,
  prepareReference,
  prepareWarehouse,
  referenceCommand,
  showMorning,
} from './states.ts'

/** One thing that is measured: on a copy of `state`, `command` on a morning. */
export interface Measurement {
  readonly name: string
  /** Measurements of one group must end with the same rows. */
  readonly group: string
  readonly state: string
  readonly morning: Morning
  readonly command: (copy: string, isFirst: boolean) => readonly string[]
  readonly answer: (copy: string) => Promise<Answer>
  /** Whether it is a run of the project. */
  readonly isOurs: boolean
}

/** What a measurement's calls took. */
export interface Figures {
  readonly ms: readonly number[]
  readonly peaks: readonly number[]
  /** Of the step that corrects facts; NaN where there was none. */
  readonly corrections: readonly number[]
}

/** The days that are measured. */
export interface Days {
  readonly short: number
  readonly long: number
  /** The day that comes late, and the one that comes once more. */
  readonly late: number
}

const inOrder = (days: number): string => `in order after ${days} days`

/** What the measurements are called. */
export const names = {
  ours: (days: number): string => `ours, ${inOrder(days)}`,
  all: (days: number): string => `ours, ${inOrder(days)}, all assertions`,
  reference: (days: number): string => `reference, ${inOrder(days)}`,
  late: 'ours, a late day',
  revised: 'ours, a revised day',
} as const

/** Everything that is measured; the states that are missing are made. The first round of ours checks every assertion. */
export async function measurements(bench: Bench, { short, long, late }: Days): Promise<readonly Measurement[]> {
  const ours = async (name: string, morning: Morning, days: number, isAll = false): Promise<Measurement> => ({
    name,
    group: name === names.late || name === names.revised ? name : String(days),
    state: await prepareWarehouse(bench, days, name === names.late ? late : undefined),
    morning,
    command: (copy, isFirst) => loadCommand(bench, copy, isAll || isFirst ? undefined : 'daily'),
    answer: ourAnswer,
    isOurs: true,
  })
  const theirs = async (days: number): Promise<readonly Measurement[]> => {
    const { reference: script } = bench
    if (script === undefined) return []
    const measurement = {
      name: names.reference(days),
      group: String(days),
      state: await prepareReference(bench, script, days),
      morning: { day: days + 1 },
      command: (copy: string) => referenceCommand(bench, script, join(copy, 'reference.duckdb'), days + 1),
      answer: referenceAnswer,
      isOurs: false,
    }
    return [measurement]
  }
  return [
    await ours(names.ours(short), { day: short + 1 }, short),
    ...(await theirs(short)),
    await ours(names.ours(long), { day: long + 1 }, long),
    ...(await theirs(long)),
    await ours(names.late, { day: long }, long),
    await ours(names.revised, { day: long, isRevised: true }, long),
    await ours(names.all(long), { day: long + 1 }, long, true),
  ]
}

/** Copies a state; what the system has yet to write to the disk would be written within what is measured. */
function copyState(state: string, copy: string): void {
  rmSync(copy, { recursive: true, force: true })
  cpSync(state, copy, { recursive: true })
  for (const name of readdirSync(copy, { withFileTypes: true }).filter(entry => entry.isFile())) {
    const file = openSync(join(copy, name.name), 'r+')
    fsyncSync(file)
    closeSync(file)
  }
}

/** Runs a measurement once, on a copy of its state that is gone afterwards. */
async function measure(bench: Bench, measurement: Measurement, isFirst: boolean) {
  const copy = join(bench.states, 'copy')
  copyState(measurement.state, copy)
  showMorning(bench, measurement.morning)
  const { ms, peak } = timeNode(measurement.command(copy, isFirst), bench.root)
  const corrections = measurement.isOurs ? millisecondsOfAction(bench.project, 'ACTIVITY_ATTRIBUTION') : Number.NaN
  const answer = await measurement.answer(copy)
  rmSync(copy, { recursive: true, force: true })
  return { ms, peak, corrections, answer }
}

/** A first round warms the caches, tells what was checked, and shows that both sides end with the same rows. */
export async function firstRound(bench: Bench, list: readonly Measurement[]): Promise<boolean> {
  const byGroup = new Map<string, Set<string>>()
  let isRight = true
  for (const measurement of list) {
    const { answer } = await measure(bench, measurement, true)
    const seen = byGroup.get(measurement.group) ?? new Set()
    byGroup.set(measurement.group, seen.add(JSON.stringify(answer)))
    const rows = `${answer.versions} versions of ${answer.current} current customers, ${answer.facts} facts, ${answer.corrections} corrections`
    const { checked, failed } = assertionsOfLastRun(bench.project)
    if (measurement.isOurs && failed > 0) isRight = false
    const checks = measurement.isOurs ? `, ${checked} assertions checked, ${failed} not passed` : ''
    print(`${measurement.name}: ${rows}${checks}`)
    // A late day leaves what the same day leaves in its turn.
    if (measurement.name !== names.late) continue
    const usual = list.find(({ name }) => name === names.revised)
    const wanted = usual === undefined ? answer : await ourAnswer(usual.state)
    if (wanted.versions === answer.versions && wanted.current === answer.current) continue
    print(`a late day leaves ${answer.versions} versions, and the same days in order ${wanted.versions}`)
    isRight = false
  }
  return isRight && [...byGroup.values()].every(answers => answers.size === 1)
}

/** Runs every measurement `repetitions` times, alternating, and prints the medians. */
export async function rounds(
  bench: Bench,
  list: readonly Measurement[],
  repetitions: number,
): Promise<ReadonlyMap<string, Figures>> {
  const figures = new Map(
    list.map(({ name }) => [name, { ms: [] as number[], peaks: [] as number[], corrections: [] as number[] }]),
  )
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    for (const measurement of list) {
      const { ms, peak, corrections } = await measure(bench, measurement, false)
      const of = figures.get(measurement.name)
      of?.ms.push(ms)
      of?.peaks.push(peak)
      of?.corrections.push(corrections)
      progress(`${repetition}/${repetitions} ${measurement.name}: ${milliseconds(ms)}`)
    }
  }
  return figures
}

/** The median of a measurement's times, NaN where it was not made. */
export const middle = (figures: ReadonlyMap<string, Figures>, name: string): number =>
  median(figures.get(name)?.ms ?? [])
