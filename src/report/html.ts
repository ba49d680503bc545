import { targetName } from '../graph/types.ts'
import { assertions, escapeMarkup as e } from './junit.ts'
import type { ActionResult, RunResult } from './results.ts'
import { STYLE } from './style.ts'
import { type Summary, summarise } from './summary.ts'

/** What is shown first: what went wrong. */
const ORDER = ['FAILED', 'TIMED_OUT', 'REFUSED', 'WARNED', 'CANCELLED', 'SKIPPED', 'DISABLED', 'SUCCESSFUL']

/** A run as one HTML page: no script, no network, no value of any failing row. */
export function toHtml(result: RunResult): string {
  const summary = summarise(result)
  const sorted = [...assertions(result)].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status))
  const others = result.actions.filter(action => action.type !== 'assertion')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${e(summary.verdict)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${header(result, summary)}
<section aria-labelledby="assertions"><h2 id="assertions">Assertions</h2>
<ul class="cards">${sorted.map(card).join('\n')}</ul></section>
<section aria-labelledby="actions"><h2 id="actions">Actions</h2>
<table><thead><tr><th>Status</th><th>Action</th><th class="wide">Type</th><th class="number">Rows</th><th class="number">ms</th></tr></thead>
<tbody>${others.map(row).join('\n')}</tbody></table></section>
<footer><p>Run it again:</p><pre>${e(result.command)}</pre></footer>
</main>
</body>
</html>
`
}

function header(result: RunResult, summary: Summary): string {
  const tiles = [
    ['passed', summary.passed],
    ['failed', summary.failed],
    ['warned', summary.warned],
    ['refused', summary.refused],
    ['not run', summary.notRun],
  ] as const
  const shown = tiles.map(
    ([name, value]) =>
      `<div class="tile ${value === 0 ? 'none' : name.replace(' ', '-')}"><dd>${value}</dd><dt>${name}</dt></div>`,
  )
  return `<header class="${summary.isGood ? 'good' : 'bad'}">
<p class="kicker">Assertion report</p>
<h1>${e(summary.verdict)}</h1>
<p class="facts">exit code ${result.exitCode} · ${e(result.engine)} · started ${e(result.startedAt.slice(0, 19).replace('T', ' '))} UTC · ${(result.ms / 1000).toFixed(1)} s</p>
<dl>${shown.join('')}</dl>
</header>`
}

function card(action: ActionResult): string {
  const { assertion } = action
  const relation = targetName(assertion?.parent ?? action.target)
  const open = action.status === 'SUCCESSFUL' ? '' : ' open'
  const facts = [
    `${assertion?.severity} severity`,
    assertion?.scope === 'new' ? 'only what the run added' : 'the whole relation',
    `${action.file}:${action.line}`,
    `${action.ms} ms`,
  ]
  const failing =
    action.rows !== null && action.rows > 0
      ? `<p class="count">${grouped(action.rows)} failing row${action.rows === 1 ? '' : 's'}</p>`
      : ''
  const error = action.error !== null && failing === '' ? `<p class="error">${e(action.error)}</p>` : ''
  return `<li class="${action.status.toLowerCase()}"><details${open}>
<summary><span class="badge">${badge(action)}</span> <span class="rule">${e(assertion?.rule ?? '')}</span> <span class="relation">${e(relation)}</span></summary>
<div class="body">${failing}${error}<p class="facts">${facts.map(e).join(' · ')}</p>
<p class="label">See the rows, Snowflake and DuckDB alike</p><pre>${e(assertion?.failingRows || action.sql.join(';\n'))}</pre></div>
</details></li>`
}

const BADGES: Readonly<Record<string, string>> = {
  SUCCESSFUL: 'passed',
  SKIPPED: 'not run',
  CANCELLED: 'not run',
  DISABLED: 'disabled',
}

function badge(action: ActionResult): string {
  return BADGES[action.status] ?? action.status.toLowerCase().replace('_', ' ')
}

/** A count with its thousands apart. The first number that `Intl` writes costs a run twenty milliseconds. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

function row(action: ActionResult): string {
  const error = action.error === null ? '' : `<p class="error">${e(action.error)}</p>`
  return `<tr class="${action.status.toLowerCase()}"><td><span class="badge">${badge(action).replace('passed', 'done')}</span></td><td>${e(targetName(action.target))}${error}</td><td class="wide">${action.type}</td><td class="number">${action.rows === null ? '' : grouped(action.rows)}</td><td class="number">${action.ms}</td></tr>`
}
