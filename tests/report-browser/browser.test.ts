import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, type Findings, inspectPage, type Look, openBrowser } from '../helpers/browser.ts'

const narrow: Look = { width: 400, colorScheme: 'light' }
let browser: Browser
let folder: string

async function findings(body: string): Promise<Findings> {
  const file = join(folder, 'page.html')
  writeFileSync(file, `<!doctype html><html lang="en"><title>t</title><body>${body}</body></html>`)
  return inspectPage(browser, file, narrow)
}

describe.skipIf(chromiumPath === undefined)('what the browser check sees', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'browser-'))
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('nothing on a plain page', async () => {
    expect(await findings('<p>fine</p>')).toEqual({ overflowing: [], errors: [], requests: [] })
  })

  it('an element that makes the page scroll sideways', async () => {
    const { overflowing } = await findings('<pre id="wide" style="width: 900px">x</pre>')
    expect(overflowing).toEqual(['<pre id="wide" style="width: 900px">x</pre>'])
  })

  it('an error of a script, and a word on the console', async () => {
    const { errors } = await findings('<script>console.error("said"); throw new Error("thrown")</script>')
    expect(errors).toEqual(['said', 'thrown'])
  })

  it('a request for anything but the page', async () => {
    const { requests } = await findings('<img src="http://127.0.0.1:9/picture.png" alt="">')
    expect(requests).toEqual(['http://127.0.0.1:9/picture.png'])
  })
})
