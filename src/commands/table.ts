/** Rows under headings, aligned; numbers to the right. NULL is shown as such. */
export function textTable(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  const shown = rows.map(row => row.map(cell => (cell === null ? 'NULL' : cell.replaceAll(/[\r\n\t]+/g, ' '))))
  const widths = columns.map((name, at) => Math.max(name.length, ...shown.map(row => row[at]?.length ?? 0)))
  const isNumber = columns.map(
    (_, at) => shown.length > 0 && shown.every(row => /^(-?\d+(\.\d+)?%?|NULL)$/.test(row[at] ?? '')),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (isNumber[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(columns), widths.map(width => '─'.repeat(width)).join('  '), ...shown.map(line)].join('\n')
}
