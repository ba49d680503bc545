import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { UserError } from '../src/error.ts'
import type { BatchOptions } from './batch.ts'

const names = { serviceName: 'ingestion', namespace: 'TelcoCustomer360' }

/** The function's log and metrics: key, version, hash, counts and codes, and nothing from a file. */
export interface Telemetry extends Pick<BatchOptions, 'log' | 'failed' | 'ignored'> {
  /** Writes the metrics of this call. */
  readonly flush: () => void
}

export function telemetry(): Telemetry {
  const logger = new Logger({ serviceName: names.serviceName })
  const metrics = new Metrics(names)
  const count = (name: string, value = 1): void => void metrics.addMetric(name, MetricUnit.Count, value)
  return {
    log: entry => {
      logger.info('ingested', { entry })
      count(entry.outcome)
      if ('rows' in entry && entry.outcome === 'accepted') count('rows', entry.rows)
    },
    failed: (error, messageId) => {
      logger.error('a message failed and will come again', { messageId, failure: describeFailure(error) })
      count('failed')
    },
    ignored: events => {
      logger.warn('events of other objects were ignored', { events })
      count('ignored', events)
    },
    flush: () => metrics.publishStoredMetrics(),
  }
}

/**
 * What may be logged of any error. Nobody can promise for the text of an error from below that it quotes nothing, so only our own
 * texts are written; of all others the name, S3's answer and the place.
 */
export function describeFailure(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { name: typeof error }
  if (error instanceof UserError) return { name: error.name, message: error.message, remedy: error.remedy }
  const { httpStatusCode, requestId } = ('$metadata' in error ? error.$metadata : {}) as Record<string, unknown>
  const stack = (error.stack ?? '').split('\n').filter(line => /^\s+at /.test(line))
  return { name: error.name, httpStatusCode, requestId, stack: stack.slice(0, 8).map(line => line.trim()) }
}
