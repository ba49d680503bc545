import type { Effects } from '../src/effects.ts'
import { UserError } from '../src/error.ts'
import { backfill } from './backfill.ts'
import { HELD, heldOf } from './held.ts'
import type { PipelineOptions } from './project.ts'
import { changeWarehouse, withWarehouse } from './questions.ts'
import type { PipelineResult } from './run.ts'

/**
 * Accepts what was held of a day, and loads it.
 *
 * @throws UserError where nothing of that day is held
 */
export async function approve(
  options: PipelineOptions & { readonly date: string },
  effects: Effects,
): Promise<PipelineResult> {
  const { date } = options
  const held = await withWarehouse(options, effects, async ask => heldOf((await ask(HELD)).rows))
  if (!held.some(each => each.date === date)) {
    const days = held.map(each => each.date).join(', ')
    throw new UserError(`no snapshot of ${date} is held`, {
      remedy: days === '' ? 'nothing waits for approval' : `held are: ${days}`,
    })
  }
  await changeWarehouse(
    options,
    effects,
    `insert into TELCO_DB.DATAFORM.APPROVALS (dataset, business_date, content_hash, approved_at)
select h.dataset, h.business_date, h.content_hash, sysdate() from TELCO_DB.DATAFORM.HELD h
where h.dataset = 'DW.DIM_CUSTOMER' and h.business_date = '${date}'::date`,
  )
  return backfill({ ...options, from: date, to: date }, effects)
}
