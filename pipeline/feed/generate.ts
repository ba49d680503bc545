import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeEvent } from './events.ts'
import { FILE_FAULTS, type InjectedFault, ROW_FAULTS } from './faults.ts'
import { type Random, random } from './random.ts'
import { CATEGORIES, type Customer, changeCustomer, isoDay, makeCustomer, makePlans, type Plan } from './world.ts'

export interface GenerateOptions {
  readonly out: string
  readonly customers: number
  readonly days: number
  /** YYYY-MM-DD. */
  readonly start: string
  readonly seed: number
  /** Share of bad rows; 0 also leaves bad files out. */
  readonly faults: number
}

/** The share of customers that a day changes. */
const DAILY_CHANGES = 0.005

/** Writes a feed: a snapshot of customers, a price list and a log for each day. The same arguments give the same bytes. */
export function generate(options: GenerateOptions): { readonly files: number; readonly faults: number } {
  const chance = random(options.seed)
  // Faults have chance of their own, so that a feed with them is the feed without them, and they.
  const mischief = random(options.seed + 7919)
  const first = Math.floor(Date.parse(`${options.start}T00:00:00Z`) / 86_400_000)
  const plans = makePlans(chance)
  const world: World = {
    plans,
    customers: Array.from({ length: options.customers }, (_, at) =>
      makeCustomer(at + 1, first - chance.between(-15, 900), plans, chance),
    ),
    gone: [],
    total: options.customers,
  }
  const injected: InjectedFault[] = []
  let files = 0
  const write = (name: string, content: string | Buffer): void => {
    const path = join(options.out, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    files += 1
  }
  let last = { customers: '', plans: '', activity: '' }
  for (let at = 0; at < options.days; at++) {
    const day = isoDay(first + at)
    if (at > 0) passDay(world, first + at, chance)
    last = writeDay(world, day, at, options, { chance, mischief, injected, write })
  }
  if (options.faults > 0) {
    FILE_FAULTS.forEach(({ fault, what, expected, make }, at) => {
      const { name, bytes } = make(isoDay(first + options.days + at).replaceAll('-', ''), last)
      write(name, bytes)
      injected.push({ fault, what, file: name, expected })
    })
    write('faults.json', `${JSON.stringify(injected, null, 2)}\n`)
  }
  return { files, faults: injected.length }
}

interface World {
  readonly plans: Plan[]
  customers: Customer[]
  /** Customers that vanished, who may come back. */
  gone: Customer[]
  total: number
}

/** A day's life: changes, churn, newcomers, some who vanish and some who return, now and then a new price. */
function passDay(world: World, day: number, chance: Random): void {
  const { customers, plans } = world
  for (let count = Math.max(1, Math.round(customers.length * DAILY_CHANGES)); count > 0; count--)
    changeCustomer(chance.pick(customers), plans, chance)
  const families = new Map(plans.map(plan => [plan.plan_id, CATEGORIES[plan.plan_category]?.churn ?? 0]))
  world.customers = customers.filter(customer => {
    if (customer.status === 'active' && chance.chance(families.get(customer.plan_id) ?? 0))
      customer.status = 'cancelled'
    const vanishes = chance.chance(customer.status === 'cancelled' ? 0.02 : 0.0002)
    if (vanishes) world.gone.push(customer)
    return !vanishes
  })
  world.gone = world.gone.filter(customer => {
    const returns = chance.chance(0.05)
    if (returns) world.customers.push(customer)
    return !returns
  })
  for (let count = chance.between(0, Math.max(1, Math.round(customers.length * 0.002))); count > 0; count--) {
    world.total += 1
    world.customers.push(makeCustomer(world.total, day, plans, chance))
  }
  world.customers.sort((a, b) => (a.customer_id < b.customer_id ? -1 : 1))
  if (chance.chance(0.05)) chance.pick(plans).monthly_price += 1
}

interface Writing {
  readonly chance: Random
  readonly mischief: Random
  readonly injected: InjectedFault[]
  readonly write: (name: string, content: string | Buffer) => void
}

function writeDay(world: World, day: string, at: number, options: GenerateOptions, writing: Writing) {
  const { chance, write } = writing
  const digits = day.replaceAll('-', '')
  const families = new Map(world.plans.map(plan => [plan.plan_id, CATEGORIES[plan.plan_category]?.events ?? 0]))
  const events = world.customers
    .filter(customer => customer.status === 'active')
    .flatMap(customer => {
      const rate = families.get(customer.plan_id) ?? 0
      const count = chance.chance(rate) ? chance.between(1, 2) : 0
      return Array.from({ length: count }, () => makeEvent(customer, day, chance))
    })
    .sort((a, b) => (String(a.event_timestamp) < String(b.event_timestamp) ? -1 : 1))
  const lines = {
    customers: world.customers.map(row => JSON.stringify(row)),
    activity_logs: events.map(row => JSON.stringify(row)),
  }
  const names = {
    customers: `customers_${digits}.ndjson`,
    activity_logs: `activity_logs/year=${digits.slice(0, 4)}/month=${digits.slice(4, 6)}/day=${digits.slice(6)}/logs_${digits}.ndjson`,
  }
  const good = {
    customers: `${lines.customers.join('\n')}\n`,
    plans: plansCsv(world.plans, '\n'),
    activity: `${lines.activity_logs.join('\n')}\n`,
  }
  if (options.faults === 0) {
    write(names.customers, good.customers)
    write(names.activity_logs, good.activity)
    write(`plans_${digits}.csv`, good.plans)
    return good
  }
  for (const dataset of ['customers', 'activity_logs'] as const) {
    write(names[dataset], `${spoil(lines[dataset], dataset, names[dataset], options.faults, writing).join('\n')}\n`)
  }
  writePlansWithQuirks(world.plans, `plans_${digits}.csv`, at, writing)
  return good
}

/** Puts bad rows among good ones; a day's log has at least one. */
function spoil(
  rows: readonly string[],
  dataset: 'customers' | 'activity_logs',
  file: string,
  rate: number,
  { mischief, injected }: Writing,
): readonly string[] {
  const kinds = ROW_FAULTS.filter(kind => kind.dataset === dataset)
  const forced = mischief.between(0, Math.max(0, rows.length - 1))
  const written: string[] = []
  for (const [at, row] of rows.entries()) {
    if (at !== forced && !mischief.chance(rate)) {
      written.push(row)
      continue
    }
    const { fault, what, expected, replaces, make } = mischief.pick(kinds)
    if (!replaces) written.push(row)
    written.push(make(row, mischief))
    injected.push({ fault, what, file, line: written.length, expected })
  }
  return written
}

/** Price lists in the forms that must be taken as they are: with a mark at the start, with other line ends, with a new column. */
function writePlansWithQuirks(plans: readonly Plan[], name: string, at: number, { injected, write }: Writing): void {
  const form = at % 7
  if (form !== 4) {
    write(name, `${form === 2 ? '\uFEFF' : ''}${plansCsv(plans, form === 3 ? '\r\n' : '\n')}`)
    return
  }
  const [header = '', ...rows] = plansCsv(plans, '\n').trimEnd().split('\n')
  write(name, `${[`${header},colour`, ...rows.map(row => `${row},blue`)].join('\n')}\n`)
  injected.push({ fault: 'F33', what: 'a new column', file: name, expected: { stage: 'warning', code: 'NEW_COLUMN' } })
}

function plansCsv(plans: readonly Plan[], end: string): string {
  const header =
    'plan_id,plan_name,monthly_price,data_allowance_gb,voice_minutes,sms_allowance,roaming_enabled,validity_days,plan_category'
  const rows = plans.map(plan =>
    [
      plan.plan_id,
      plan.plan_name,
      plan.monthly_price.toFixed(2),
      plan.data_allowance_gb,
      plan.voice_minutes,
      plan.sms_allowance,
      plan.roaming_enabled,
      plan.validity_days,
      plan.plan_category,
    ].join(','),
  )
  return `${[header, ...rows].join(end)}${end}`
}
