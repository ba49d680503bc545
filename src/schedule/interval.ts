const UNITS: Readonly<Record<string, number>> = { H: 3600, M: 60, S: 1 }

/**
 * The seconds of a duration as Snowflake writes it: a whole number, then HOURS, MINUTES or SECONDS, each also without its S and
 * as one letter. Undefined for anything else.
 */
export function readInterval(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,9})\s*(HOURS?|MINUTES?|SECONDS?|H|M|S)$/i.exec(text.trim()) ?? []
  const seconds = UNITS[unit.slice(0, 1).toUpperCase()]
  return count === undefined || seconds === undefined ? undefined : Number(count) * seconds
}
