import { build } from '../../scripts/build.mjs'

/** Builds `dist/` once before the tests, because a child process cannot run TypeScript on Node 20. */
export default async function setup(): Promise<void> {
  await build()
}
