/** The report's own look: light and dark, from a narrow phone to a wide screen. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5a6675;--line:#e1e5ea;--good:#12734a;--bad:#b3261e;--warn:#8a5a00;--grey:#5a6675;--code:#f0f2f5}
@media (prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2029;--ink:#e6ebf2;--soft:#9aa7b6;--line:#2b333f;--good:#58c48d;--bad:#ff8a80;--warn:#f0b95a;--grey:#9aa7b6;--code:#11151b}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:68rem;margin:0 auto;padding:1.5rem 1rem 3rem}
header{background:var(--card);border:1px solid var(--line);border-left:6px solid var(--good);border-radius:10px;padding:1.25rem 1.5rem}
header.bad{border-left-color:var(--bad)}
h1{margin:.1rem 0 .3rem;font-size:1.7rem;line-height:1.2;letter-spacing:-.01em}
h2{font-size:1.05rem;margin:2rem 0 .6rem}
.kicker,.label{margin:0;color:var(--soft);font-size:.78rem;text-transform:uppercase;letter-spacing:.06em}
.facts{margin:.2rem 0;color:var(--soft);font-size:.88rem;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(5.5rem,1fr));gap:.6rem;margin:1rem 0 0}
.tile{border:1px solid var(--line);border-radius:8px;padding:.5rem .75rem;display:flex;flex-direction:column}
.tile dd{margin:0;font-size:1.5rem;font-weight:650;font-variant-numeric:tabular-nums}
.tile dt{color:var(--soft);font-size:.82rem}
.tile.none dd{color:var(--soft);font-weight:400}
.tile.passed dd{color:var(--good)}.tile.failed dd,.tile.refused dd{color:var(--bad)}.tile.warned dd{color:var(--warn)}
.cards{list-style:none;margin:0;padding:0;background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden}
.cards li+li{border-top:1px solid var(--line)}
summary{cursor:pointer;padding:.55rem 1rem;display:grid;grid-template-columns:5.5rem minmax(0,1fr) minmax(0,auto);gap:.75rem;align-items:baseline}
summary::-webkit-details-marker{display:none}
summary:hover{background:color-mix(in srgb,var(--line) 35%,transparent)}
.rule{overflow-wrap:anywhere}
.relation{color:var(--soft);font-size:.85rem;font-family:ui-monospace,Consolas,monospace;overflow-wrap:anywhere}
.badge{font-size:.74rem;font-weight:600;text-transform:uppercase;letter-spacing:.03em;color:var(--grey);white-space:nowrap}
.successful .badge{color:var(--good)}.failed .badge,.timed_out .badge,.refused .badge{color:var(--bad)}.warned .badge{color:var(--warn)}
.body{padding:0 1rem 1rem calc(5.5rem + 1.75rem)}
.count{margin:.2rem 0;font-weight:600}
.error{color:var(--bad);margin:.2rem 0;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.9rem}
pre{background:var(--code);border:1px solid var(--line);border-radius:6px;padding:.6rem .75rem;margin:.3rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.45 ui-monospace,Consolas,monospace}
table{width:100%;border-collapse:collapse;background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden}
th,td{text-align:left;padding:.45rem .75rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere;vertical-align:baseline}
th{font-size:.8rem;color:var(--soft);font-weight:600}
tbody tr:last-child td{border-bottom:0}
.number{text-align:right;font-variant-numeric:tabular-nums}
footer{margin-top:2rem;color:var(--soft)}footer p{margin:0}
@media (max-width:40rem){summary{grid-template-columns:4.6rem minmax(0,1fr);gap:.4rem}.relation{grid-column:2}.body{padding-left:1rem}.wide{display:none}th,td{padding:.45rem .5rem}h1{font-size:1.35rem}}
`
