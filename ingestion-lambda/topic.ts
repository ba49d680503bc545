import { PublishCommand, SNSClient, type SNSClientConfig } from '@aws-sdk/client-sns'
import type { Entry } from './ledger.ts'

export function snsClient(config: SNSClientConfig = {}): SNSClient {
  return new SNSClient({ maxAttempts: 5, retryMode: 'standard', ...config })
}

/** Tells a topic of a file that somebody has to see to. The version tells a repeated message from a new one. */
export function topicAlert(client: SNSClient, topicArn: string): (entry: Entry) => Promise<void> {
  return async entry => {
    const code = 'code' in entry ? entry.code : undefined
    const Subject = `Ingestion: ${entry.outcome} ${code ?? ''}`.trim()
    await client.send(new PublishCommand({ TopicArn: topicArn, Subject, Message: JSON.stringify(entry, null, 2) }))
  }
}
