import type { Random } from './random.ts'

export interface Plan {
  readonly plan_id: string
  readonly plan_name: string
  monthly_price: number
  readonly data_allowance_gb: number
  readonly voice_minutes: number
  readonly sms_allowance: number
  readonly roaming_enabled: 'Y' | 'N'
  readonly validity_days: number
  readonly plan_category: string
}

export interface Customer {
  readonly customer_id: string
  readonly first_name: string
  readonly last_name: string
  email: string
  phone: string
  readonly gender: string
  readonly date_of_birth: string
  address: string
  state: string
  readonly country: string
  readonly registration_date: string
  readonly registration_channel: string
  plan_id: string
  status: 'active' | 'suspended' | 'cancelled'
}

const FIRST = [
  'Ana',
  'Ben',
  'Chloe',
  'David',
  'Elif',
  'Farid',
  'Grace',
  'Hugo',
  'Ines',
  'Jonas',
  'Karim',
  'Léa',
  'Mina',
  'Noah',
  'Olga',
  'Pavel',
  'Ravi',
  'Sofía',
  'Tomas',
  'Yuki',
]
const LAST = [
  'Adeyemi',
  'Bauer',
  'Costa',
  'Dubois',
  'Eriksen',
  'Fischer',
  'García',
  'Hansen',
  'Ivanov',
  'Jansen',
  'Kim',
  'Lopez',
  'Müller',
  'Novak',
  'Okafor',
  'Patel',
  'Rossi',
  'Silva',
  'Tanaka',
  'Weber',
]
const STREETS = ['Main Street', 'Oak Avenue', 'Station Road', 'Church Lane', 'Park Way', 'River Street', 'Hill Road']
const PLACES = [
  ['California', 'USA'],
  ['Texas', 'USA'],
  ['Bavaria', 'Germany'],
  ['Ontario', 'Canada'],
  ['Lombardy', 'Italy'],
  ['Catalonia', 'Spain'],
  ['Kerala', 'India'],
] as const
const CHANNELS = ['web', 'mobile_app', 'call_center', 'partner_onboarding']

/** How each family of plans behaves: events a customer a day, and how likely a customer is to leave in a day. */
export const CATEGORIES: Readonly<Record<string, { events: number; churn: number; share: number }>> = {
  Basic: { events: 0.15, churn: 0.0022, share: 0.4 },
  Premium: { events: 0.3, churn: 0.0012, share: 0.3 },
  Ultra: { events: 0.45, churn: 0.0006, share: 0.18 },
  Business: { events: 0.35, churn: 0.0003, share: 0.12 },
}

/** Twenty plans, five of each family. */
export function makePlans(chance: Random): Plan[] {
  return Object.keys(CATEGORIES).flatMap((category, family) =>
    Array.from({ length: 5 }, (_, size): Plan => {
      const number = family * 5 + size + 1
      return {
        plan_id: `P${String(number).padStart(3, '0')}`,
        plan_name: `${category} ${['XS', 'S', 'M', 'L', 'XL'][size]}`,
        monthly_price: 9.99 + family * 12 + size * 4 + chance.between(0, 1),
        data_allowance_gb: [1, 5, 20, 50, 100][size] ?? 1,
        voice_minutes: 100 * (size + 1) * (family + 1),
        sms_allowance: 50 * (size + 1),
        roaming_enabled: family > 0 && size > 1 ? 'Y' : 'N',
        validity_days: size === 0 ? 7 : 30,
        plan_category: category,
      }
    }),
  )
}

/** A new customer. `day` is the day of registration, as a number of days since 1970. */
export function makeCustomer(number: number, day: number, plans: readonly Plan[], chance: Random): Customer {
  const [first, last] = [chance.pick(FIRST), chance.pick(LAST)]
  const [state, country] = chance.pick(PLACES)
  return {
    customer_id: `C${String(number).padStart(6, '0')}`,
    first_name: first,
    last_name: last,
    email: emailOf(first, last, number),
    phone: phone(chance),
    gender: chance.pick(['F', 'M']),
    date_of_birth: isoDay(day - chance.between(18 * 365, 80 * 365)),
    address: address(chance),
    state,
    country,
    registration_date: `${isoDay(day)}T00:00:00Z`,
    registration_channel: chance.pick(CHANNELS),
    plan_id: pickPlan(plans, chance),
    status: chance.chance(0.96) ? 'active' : 'suspended',
  }
}

/** Changes one customer as a day may change one. */
export function changeCustomer(customer: Customer, plans: readonly Plan[], chance: Random): void {
  const kind = chance.next()
  if (kind < 0.45) customer.plan_id = pickPlan(plans, chance)
  else if (kind < 0.6) customer.status = customer.status === 'active' ? 'suspended' : 'active'
  else if (kind < 0.75) customer.phone = phone(chance)
  else if (kind < 0.9) customer.address = address(chance)
  else customer.email = emailOf(customer.first_name, customer.last_name, chance.between(1_000_000, 9_999_999))
}

function pickPlan(plans: readonly Plan[], chance: Random): string {
  let left = chance.next()
  const family = Object.entries(CATEGORIES).find(([, { share }]) => {
    left -= share
    return left < 0
  })?.[0]
  return chance.pick(plans.filter(plan => plan.plan_category === (family ?? 'Basic'))).plan_id
}

function emailOf(first: string, last: string, number: number): string {
  const plain = (text: string): string =>
    text
      .normalize('NFD')
      .replaceAll(/[^A-Za-z]/g, '')
      .toLowerCase()
  return `${plain(first)}.${plain(last)}${number}@example.com`
}

/** Numbers that are kept free for fiction. */
function phone(chance: Random): string {
  return `+1${chance.between(200, 989)}55501${String(chance.between(0, 99)).padStart(2, '0')}`
}

function address(chance: Random): string {
  return `${chance.between(1, 999)} ${chance.pick(STREETS)}`
}

/** A day number as YYYY-MM-DD. */
export function isoDay(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}
