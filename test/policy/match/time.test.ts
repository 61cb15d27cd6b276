/** Durations, instants and windows, at and around their boundaries. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TimeWindow } from "../../../src/policy/ast.js";
import {
  isWithin,
  parseDuration,
  parseInstant,
  parseTimeOfDay,
  parseUtcOffset,
} from "../../../src/policy/match/time.js";

describe("parseDuration", () => {
  it.each([
    ["1s", 1000],
    ["30s", 30_000],
    ["10m", 600_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
    ["0000000001s", 1000],
    ["9999999999s", 9_999_999_999_000],
    ["0s", undefined],
    ["00000000001s", undefined],
    ["9999999999d", undefined],
    ["30", undefined],
    ["s", undefined],
    ["", undefined],
    ["1.5h", undefined],
    ["-1h", undefined],
    ["+1h", undefined],
    ["1 h", undefined],
    ["1H", undefined],
    ["1ms", undefined],
    ["1h30m", undefined],
    ["1w", undefined],
    ["1h\n", undefined],
    ["١h", undefined],
  ])("of %j is %j", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

describe("parseTimeOfDay", () => {
  it.each([
    ["00:00", 0],
    ["08:30", 510],
    ["23:59", 1439],
    ["24:00", 1440],
    ["24:01", undefined],
    ["25:00", undefined],
    ["8:00", undefined],
    ["08:60", undefined],
    ["08:00:00", undefined],
    ["0800", undefined],
    ["", undefined],
    [" 08:00", undefined],
  ])("of %j is %j", (text, expected) => {
    expect(parseTimeOfDay(text)).toBe(expected);
  });
});

describe("parseUtcOffset", () => {
  it.each([
    ["Z", 0],
    ["+00:00", 0],
    ["-00:00", 0],
    ["+01:00", 60],
    ["-03:30", -210],
    ["+23:59", 1439],
    ["+24:00", undefined],
    ["01:00", undefined],
    ["+1:00", undefined],
    ["+0100", undefined],
    ["+01:60", undefined],
    ["UTC", undefined],
    ["", undefined],
  ])("of %j is %j", (text, expected) => {
    expect(parseUtcOffset(text)).toBe(expected);
  });
});

describe("parseInstant", () => {
  it.each([
    // The examples of RFC 3339 section 5.8.
    ["1985-04-12T23:20:50.52Z", 482_196_050_520],
    ["1996-12-19T16:39:57-08:00", 851_042_397_000],
    ["1990-12-31T23:59:60Z", 662_688_000_000],
    ["1990-12-31T15:59:60-08:00", 662_688_000_000],
    ["1937-01-01T12:00:27.87+00:20", -1_041_337_172_130],
    ["1970-01-01T00:00:00Z", 0],
    ["1969-12-31T23:59:59.999Z", -1],
    ["1991-01-01T00:59:60+01:00", 662_688_000_000],
    ["2027-01-01t00:00:00z", 1_798_761_600_000],
    ["2000-02-29T00:00:00Z", 951_782_400_000],
    ["2024-02-29T00:00:00-00:00", 1_709_164_800_000],
    ["0000-01-01T00:00:00Z", -62_167_219_200_000],
    ["9999-12-31T23:59:59Z", 253_402_300_799_000],
    ["2027-01-01T00:00:00.0009999Z", 1_798_761_600_000],
  ])("of %j is %j", (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });

  it.each([
    "1900-02-29T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "2024-02-30T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-01-00T00:00:00Z",
    "2024-01-32T00:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T00:60:00Z",
    "2024-01-01T00:00:61Z",
    "2024-01-01T00:00:60Z",
    "2024-06-15T23:59:60Z",
    "1990-12-31T23:59:60-08:00",
    "2024-01-01T00:00:00",
    "2024-01-01 00:00:00Z",
    "2024-01-01T00:00Z",
    "2024-01-01",
    "2024-1-1T00:00:00Z",
    "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00,5Z",
    "2024-01-01T00:00:00+24:00",
    "2024-01-01T00:00:00+01:60",
    "2024-01-01T00:00:00+0100",
    "2024-01-01T00:00:00+01",
    "2024-01-01T00:00:00 Z",
    "2024-01-01T00:00:00Z ",
    "2024-01-01T00:00:00Z\n",
    "+002024-01-01T00:00:00Z",
    "12024-01-01T00:00:00Z",
    "Jan 1 2024",
    "1704067200",
    "",
  ])("refuses %j", (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it("agrees with Date on every moment that both can write", () => {
    const moments = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
    fc.assert(
      fc.property(moments, (moment) => {
        expect(parseInstant(new Date(moment).toISOString())).toBe(moment);
      }),
      { numRuns: 2000 },
    );
  });

  it("knows the same days as Date", () => {
    const two = (number: number): string => String(number).padStart(2, "0");
    for (const year of [1600, 1700, 1900, 1999, 2000, 2023, 2024, 2100]) {
      for (let month = 1; month <= 12; month++) {
        for (let day = 28; day <= 31; day++) {
          const isDay = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
          const text = `${String(year)}-${two(month)}-${two(day)}T00:00:00Z`;
          expect([text, parseInstant(text) !== undefined]).toEqual([text, isDay]);
        }
      }
    }
  });
});

function at(text: string): number {
  const moment = parseInstant(text);
  if (moment === undefined) throw new Error(text);
  return moment;
}

describe("isWithin", () => {
  const office: TimeWindow = { from: 480, to: 1080, days: ["mon", "tue", "wed", "thu", "fri"], utc_offset: 60 };
  const night: TimeWindow = { from: 1320, to: 360, days: ["fri"], utc_offset: 0 };

  it.each([
    // 2026-01-05 is a Monday.
    ["2026-01-05T08:00:00+01:00", true],
    ["2026-01-05T07:59:59.999+01:00", false],
    ["2026-01-05T17:59:59.999+01:00", true],
    ["2026-01-05T18:00:00+01:00", false],
    ["2026-01-05T08:00:00Z", true],
    ["2026-01-05T17:00:00Z", false],
    ["2026-01-09T12:00:00+01:00", true],
    ["2026-01-10T12:00:00+01:00", false],
    ["2026-01-11T12:00:00+01:00", false],
    ["1969-12-29T12:00:00+01:00", true],
    ["1969-12-28T12:00:00+01:00", false],
  ])("at %s, in office hours: %j", (text, expected) => {
    expect(isWithin(office, at(text))).toBe(expected);
  });

  it.each([
    // 2026-01-09 is a Friday.
    ["2026-01-09T22:00:00Z", true],
    ["2026-01-09T21:59:59.999Z", false],
    ["2026-01-09T23:59:59.999Z", true],
    ["2026-01-10T00:00:00Z", true],
    ["2026-01-10T05:59:59.999Z", true],
    ["2026-01-10T06:00:00Z", false],
    ["2026-01-10T22:00:00Z", false],
    ["2026-01-09T05:00:00Z", false],
  ])("at %s, in the night that Friday starts: %j", (text, expected) => {
    expect(isWithin(night, at(text))).toBe(expected);
  });

  it("reads the day where the window is", () => {
    const monday: TimeWindow = { from: 0, to: 1440, days: ["mon"], utc_offset: -480 };
    expect(isWithin(monday, at("2026-01-05T07:59:59Z"))).toBe(false);
    expect(isWithin(monday, at("2026-01-05T08:00:00Z"))).toBe(true);
    expect(isWithin(monday, at("2026-01-06T07:59:59Z"))).toBe(true);
    expect(isWithin(monday, at("2026-01-06T08:00:00Z"))).toBe(false);
  });

  it("is empty from a time to the same time, and without days", () => {
    expect(isWithin({ from: 480, to: 480, utc_offset: 0 }, at("2026-01-05T08:00:00Z"))).toBe(false);
    expect(isWithin({ from: 0, to: 1440, days: [], utc_offset: 0 }, at("2026-01-05T08:00:00Z"))).toBe(false);
  });

  it("holds at every moment of a window of the whole day, and a window and its rest never both", () => {
    const minutes = fc.integer({ min: 0, max: 1439 });
    const moments = fc.integer({ min: -1e13, max: 1e13 });
    fc.assert(
      fc.property(minutes, minutes, moments, fc.integer({ min: -720, max: 840 }), (from, to, moment, utc_offset) => {
        expect(isWithin({ from: 0, to: 1440, utc_offset }, moment)).toBe(true);
        const both = [isWithin({ from, to, utc_offset }, moment), isWithin({ from: to, to: from, utc_offset }, moment)];
        expect(both.filter(Boolean)).toHaveLength(from === to ? 0 : 1);
      }),
    );
  });

  it.each([Number.NaN, Infinity])("throws when the clock says %j", (moment) => {
    expect(() => isWithin(office, moment)).toThrow(RangeError);
  });
});
