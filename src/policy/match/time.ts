/**
 * Durations, instants and windows of time, read strictly and computed as numbers: no `Date`, whose reading of loose
 * forms differs between engines.
 */
import { WEEKDAYS, type TimeWindow } from "../ast.js";

const MINUTE = 60_000;
const DAY = 86_400_000;
const UNITS: ReadonlyMap<string, number> = new Map([
  ["s", 1000],
  ["m", MINUTE],
  ["h", 3_600_000],
  ["d", DAY],
]);

/** Milliseconds of `30s`, `10m`, `24h`, `7d`: one unit, 1 to 10 digits, more than nothing. A day is 24 hours. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,10})([smhd])$/.exec(text) ?? [];
  const milliseconds = Number(digits) * (UNITS.get(unit ?? "") ?? Number.NaN);
  return milliseconds > 0 && Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}

/** Minutes after midnight of `HH:MM`. `24:00` is 1440, the end of the day. */
export function parseTimeOfDay(text: string): number | undefined {
  if (text === "24:00") return 24 * 60;
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

/** Minutes east of UTC of `Z` or `+HH:MM`, as in RFC 3339 section 5.6: up to 23:59 either way. */
export function parseUtcOffset(text: string): number | undefined {
  if (text === "Z") return 0;
  const minutes = /^[+-]/.test(text) ? parseTimeOfDay(text.slice(1)) : undefined;
  if (minutes === undefined || minutes === 24 * 60) return undefined;
  return text.startsWith("-") ? 0 - minutes : minutes;
}

const DATE = String.raw`(?<year>\d{4})-(?<month>0[1-9]|1[0-2])-(?<day>0[1-9]|[12]\d|3[01])`;
const TIME = String.raw`(?<time>(?:[01]\d|2[0-3]):[0-5]\d):(?<second>[0-5]\d|60)(?:\.(?<fraction>\d{1,18}))?`;
const INSTANT = new RegExp(String.raw`^${DATE}T${TIME}(?<zone>Z|[+-]\d{2}:\d{2})$`);

/**
 * Milliseconds since 1970-01-01T00:00:00Z of an RFC 3339 date-time; what is finer is cut off. `t` and `z` may be lower
 * case (section 5.6), a space for `T` is refused. A leap second, `23:59:60` UTC at the end of a month (section 5.7),
 * is the moment after it, as in POSIX time.
 */
export function parseInstant(text: string): number | undefined {
  const fields = INSTANT.exec(text.toUpperCase())?.groups;
  if (fields === undefined) return undefined;
  const field = (name: string): number => Number(fields[name]);
  const minutes = parseTimeOfDay(String(fields["time"]));
  const offset = parseUtcOffset(String(fields["zone"]));
  const first = daysFromCivil(field("year"), field("month"), 1);
  const next = daysFromCivil(field("year"), field("month") + 1, 1);
  const day = first + field("day") - 1;
  if (minutes === undefined || offset === undefined || day >= next) return undefined;
  const whole = day * DAY + (minutes - offset) * MINUTE + field("second") * 1000;
  if (field("second") < 60) return whole + Number((fields["fraction"] ?? "").slice(0, 3).padEnd(3, "0"));
  return whole === first * DAY || whole === next * DAY ? whole : undefined;
}

/**
 * Days from 1970-01-01 in the proleptic Gregorian calendar: Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms", days_from_civil. Years start in March, so that the leap day is the last and month 13 is the January
 * after; eras are of 400 years.
 */
function daysFromCivil(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/**
 * True when the moment lies in the window: `from` is in, `to` is out. When `to` is before `from` the window runs over
 * midnight, and its day is the one it starts on. A window from a time to the same time is empty, and so is one with
 * an empty list of days.
 * @throws RangeError when `wallMs` is not a finite number: a rule that cannot know the time must not pass anything.
 */
export function isWithin(window: TimeWindow, wallMs: number): boolean {
  if (!Number.isFinite(wallMs)) throw new RangeError("the wall clock is not a finite number");
  const local = wallMs + window.utc_offset * MINUTE;
  const day = Math.floor(local / DAY);
  const minute = Math.floor((local - day * DAY) / MINUTE);
  const isAfter = minute >= window.from;
  const isBefore = minute < window.to;
  if (window.from <= window.to) return isAfter && isBefore && isDay(window, day);
  return (isAfter && isDay(window, day)) || (isBefore && isDay(window, day - 1));
}

/** `day` counts from 1970-01-01, a Thursday. */
function isDay(window: TimeWindow, day: number): boolean {
  if (window.days === undefined) return true;
  const weekday = WEEKDAYS[(((day + 3) % 7) + 7) % 7];
  return weekday !== undefined && window.days.includes(weekday);
}
