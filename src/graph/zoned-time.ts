const DAY_MS = 86_400_000

/** Whether a name is one of a time zone (IANA). An offset such as `+01:00` is none: it knows no summer. */
export function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false
  try {
    return zoneFormat(name) !== undefined
  } catch {
    return false
  }
}

/**
 * The instant (milliseconds since 1970, UTC) at which a clock in the zone shows this time of this day. A time that the
 * clocks show twice is the first of both; one that they leap over is as late as it would be without the leap.
 *
 * @param day YYYY-MM-DD
 * @param timeMs milliseconds after midnight
 */
export function instantAt(day: string, timeMs: number, zone: string): number {
  const wall = Date.parse(`${day}T00:00:00Z`) + timeMs
  const [before, after] = [wall - DAY_MS, wall + DAY_MS].map(near => wallAt(near, zone) - near) as [number, number]
  const shown = [wall - before, wall - after].filter(instant => wallAt(instant, zone) === wall)
  return shown.length > 0 ? Math.min(...shown) : wall - before
}

/** The day (YYYY-MM-DD) that a calendar in the zone shows at an instant. */
export function dayAt(instant: number, zone: string): string {
  return isoText(wallAt(instant, zone)).slice(0, 10)
}

/** `2025-04-02 06:00 Europe/Berlin`. */
export function clockText(instant: number, zone: string): string {
  return `${isoText(wallAt(instant, zone)).slice(0, 16).replace('T', ' ')} ${zone}`
}

/** The day that is so many days after this one. */
export function addDays(day: string, count: number): string {
  return isoText(Date.parse(`${day}T00:00:00Z`) + count * DAY_MS).slice(0, 10)
}

/** Years of more than four digits are cut to the last that has four. */
function isoText(ms: number): string {
  return new Date(Math.min(ms, Date.parse('9999-12-31T23:59:59Z'))).toISOString()
}

/** What a clock in the zone shows, as the instant at which a clock in UTC shows the same. */
function wallAt(instant: number, zone: string): number {
  const parts = zoneFormat(zone).formatToParts(instant)
  const number = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find(part => part.type === type)?.value ?? 0)
  const wall = new Date(0)
  wall.setUTCFullYear(number('year'), number('month') - 1, number('day'))
  wall.setUTCHours(number('hour'), number('minute'), number('second'))
  return wall.getTime() + (((instant % 1000) + 1000) % 1000)
}

function zoneFormat(timeZone: string): Intl.DateTimeFormat {
  const [whole, calendar, hourCycle] = ['numeric', 'gregory', 'h23'] as const
  return new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, calendar, hourCycle, numberingSystem: 'latn' },
    ...{ year: whole, month: whole, day: whole, hour: whole, minute: whole, second: whole },
  })
}
