import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright-core'

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** The machine's own Chromium or Chrome; undefined where there is none. CHROMIUM names another one. */
export const chromiumPath = [process.env.CHROMIUM, ...places].find(path => path !== undefined && existsSync(path))

/** How a page is looked at. */
export interface Look {
  /** Width of the window in CSS pixels. */
  readonly width: number
  readonly colorScheme: 'light' | 'dark'
}

/** What is wrong with a page, as far as a machine can see; all empty where it is fine. */
export interface Findings {
  /** Elements that reach beyond the window's right edge while the page scrolls sideways. */
  readonly overflowing: readonly string[]
  readonly errors: readonly string[]
  /** Addresses asked for besides the page itself. */
  readonly requests: readonly string[]
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

/** Opens an HTML file and says what is wrong with it. A screenshot is written where `screenshot` names a file. */
export async function inspectPage(browser: Browser, file: string, look: Look, screenshot?: string): Promise<Findings> {
  const viewport = { width: look.width, height: 900 }
  const page = await browser.newPage({ viewport, colorScheme: look.colorScheme })
  const [errors, requests]: [string[], string[]] = [[], []]
  const address = pathToFileURL(file).href
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
  })
  page.on('pageerror', error => errors.push(error.message))
  page.on('request', request => {
    if (request.url() !== address && !request.url().startsWith('data:')) requests.push(request.url())
  })
  try {
    await page.goto(address, { waitUntil: 'load' })
    // Handed over as text: the page's own globals are not those of this file's types.
    const overflowing = (await page.evaluate(`(() => {
      const width = document.documentElement.clientWidth
      if (document.documentElement.scrollWidth <= width) return []
      return [...document.querySelectorAll('body *')]
        .filter(element => element.getBoundingClientRect().right > width + 1)
        .map(element => element.outerHTML.slice(0, 80))
    })()`)) as string[]
    if (screenshot !== undefined) await page.screenshot({ path: screenshot, fullPage: true })
    return { overflowing, errors, requests }
  } finally {
    await page.close()
  }
}
