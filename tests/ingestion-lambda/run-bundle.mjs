// Runs the bundle as Lambda does: `node run-bundle.mjs HANDLER`, the batch on standard input. The last line of standard output
// is the answer and the peak of the process's memory in bytes.
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

const { handler } = await import(pathToFileURL(process.argv[2] ?? '').href)
const answer = await handler(JSON.parse(await text(process.stdin)))
process.stdout.write(`${JSON.stringify({ answer, peak: process.resourceUsage().maxRSS * 1024 })}\n`)
