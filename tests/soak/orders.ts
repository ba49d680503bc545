import { runSoak } from '../helpers/soak.ts'
import { openOrders } from '../history/orders.ts'

/** `npm run soak -- orders`: the published sample and 30 days that go on from it, in ten random orders, each loaded twice. */
export async function run(argv: readonly string[]): Promise<number> {
  const orders = await openOrders(30)
  try {
    return await runSoak({ name: 'orders', count: 10, check: orders.check }, argv)
  } finally {
    orders.close()
  }
}
