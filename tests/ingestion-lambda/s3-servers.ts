import { describe } from 'vitest'
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
