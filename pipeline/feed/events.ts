import type { Random } from './random.ts'
import type { Customer } from './world.ts'

type Payload = Readonly<Record<string, string | number>>

/** Kinds of events: how often, and what belongs to each. */
const KINDS: readonly (readonly [type: string, weight: number, payload: (chance: Random) => Payload])[] = [
  ['data_session', 24, chance => ({ mb_used: Math.round(chance.next() ** 2 * 50_000) / 100 })],
  ['call_started', 12, chance => ({ call_id: hex(chance, 12), duration_seconds: 0 })],
  ['call_ended', 12, chance => ({ call_id: hex(chance, 12), duration_seconds: chance.between(3, 3600) })],
  ['sms_sent', 12, chance => ({ sms_id: hex(chance, 12), length: chance.between(1, 160) })],
  ['app_open', 9, chance => ({ screen: chance.pick(['home', 'usage', 'billing', 'plans']) })],
  ['app_click', 9, chance => ({ element: chance.pick(['menu', 'pay', 'upgrade', 'help']) })],
  ['login', 6, () => ({})],
  ['logout', 4, () => ({})],
  ['balance_check', 5, chance => ({ balance: chance.between(0, 10_000) / 100 })],
  ['topup', 3, chance => ({ amount: chance.pick([5, 10, 20, 50]) })],
  [
    'purchase_addon',
    2,
    chance => ({
      addon: chance.pick(['data_1gb', 'data_5gb', 'roaming_week']),
      price: chance.pick([2.99, 4.99, 9.99]),
    }),
  ],
  ['network_drop', 2, chance => ({ reason: chance.pick(['handover', 'no_signal', 'congestion']) })],
]
const TOTAL = KINDS.reduce((sum, [, weight]) => sum + weight, 0)

/** One event of a customer on a day, in the source's shape and order of keys. */
export function makeEvent(customer: Customer, day: string, chance: Random): Record<string, unknown> {
  let left = chance.next() * TOTAL
  const [type, , payload] = KINDS.find(([, weight]) => {
    left -= weight
    return left < 0
  }) ?? ['login', 1, () => ({})]
  return {
    event_id: uuid(chance),
    customer_id: customer.customer_id,
    event_type: type,
    event_timestamp: `${day}T${two(chance.between(0, 23))}:${two(chance.between(0, 59))}:${two(chance.between(0, 59))}Z`,
    device_type: chance.pick(['Android', 'iOS', 'Web', 'FeaturePhone']),
    ip_address: `198.51.100.${chance.between(1, 254)}`,
    network_type: chance.pick(['3G', '4G', '4G', '5G', '5G', 'WiFi']),
    payload: payload(chance),
  }
}

const two = (number: number): string => String(number).padStart(2, '0')

function hex(chance: Random, length: number): string {
  return Array.from({ length }, () => chance.between(0, 15).toString(16)).join('')
}

function uuid(chance: Random): string {
  return `${hex(chance, 8)}-${hex(chance, 4)}-4${hex(chance, 3)}-a${hex(chance, 3)}-${hex(chance, 12)}`
}
