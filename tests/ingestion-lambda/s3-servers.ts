import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe } from 'vitest'
import { startMoto } from './moto.ts'
import type { Server } from './server.ts'
import { hasVersity, startVersity } from './versity.ts'

/** A server of S3 that a suite runs on. */
export interface S3Kind {
  readonly name: 'moto' | 'versitygw'
  readonly start: () => Promise<Server>
}

/** Defines a suite for each server. What it takes to compile versitygw is not part of Node or Python, and may be missing. */
export function describeOnS3(title: string, suite: (kind: S3Kind) => void): void {
  describe(`${title}, on moto`, () => suite({ name: 'moto', start: startMoto }))
  describe.skipIf(!hasVersity)(`${title}, on versitygw`, () => suite({ name: 'versitygw', start: startVersity }))
}

/** A server for the suite in which it is called, and a client of it, which is there when its tests run. */
export function useS3(start: S3Kind['start']): { readonly client: S3Client } {
  let server: Server
  let client: S3Client
  beforeAll(async () => {
    server = await start()
    client = new S3Client(server.config)
  })
  afterAll(async () => {
    client?.destroy()
    await server?.stop()
  })
  return {
    get client() {
      return client
    },
  }
}
