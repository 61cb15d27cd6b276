/** Moments as people read them. */

/** ECMA-262 section 21.4.1.1: a time value further from 1970 is no date. */
const MAX_DATE_MS = 8.64e15;

/** `2026-11-21T03:54:13.000Z`, or the number where it is no date. */
export function isoTime(wallMs: number): string {
  return wallMs <= MAX_DATE_MS ? new Date(wallMs).toISOString() : String(wallMs);
}
