/** Numbers and dates are the same however they are written, and nothing else is. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalScalar, isNumeric } from "../../src/mmu/values.js";

describe("canonicalScalar", () => {
  it.each<[string | number, string]>([
    [1200, "n:1200"],
    ["1200.00", "n:1200"],
    ["1,200.00", "n:1200"],
    ["$1,200", "n:1200"],
    ["1.200,00", "n:1200"],
    ["1200 EUR", "n:1200"],
    [98.7, "n:98.7"],
    ["98.70", "n:98.7"],
    ["-5", "n:-5"],
    [-0, "n:0"],
    ["2024-05-15", "d:2024-05-15"],
    ["15 May 2024", "d:2024-05-15"],
    ["May 15th, 2024", "d:2024-05-15"],
    ["2024-05-15T10:00:00", "d:2024-05-15T10:00"],
    ["2024-05-15 10:00", "d:2024-05-15T10:00"],
    ["June 13", "d:--06-13"],
    ["10:00 pm", "t:22:00"],
    [" 1200 ", "n:1200"],
    ["0", "n:0"],
    ["10", "n:10"],
    ["0.50", "n:0.5"],
    ["-0.5", "n:-0.5"],
    ["-0.00", "n:0"],
    ["+5", "n:5"],
    [1e21, "n:1e+21"],
    [1e-7, "n:1e-7"],
    [`1${"0".repeat(39)}`, `n:1${"0".repeat(39)}`],
    ["-1,200.50", "n:-1200.5"],
    ["+1,200", "n:1200"],
    ["12,345,678", "n:12345678"],
    ["123,456", "n:123456"],
    ["1 200", "n:1200"],
    ["-1'200", "n:-1200"],
    ["123_456", "n:123456"],
    ["12 345 678.95", "n:12345678.95"],
    ["12.345,67", "n:12345.67"],
    ["-1.234.567,8", "n:-1234567.8"],
    ["+1.200,00", "n:1200"],
    ["98,7", "n:98.7"],
    ["-98,70", "n:-98.7"],
    ["1234,5", "n:1234.5"],
    ["usd 98,70", "n:98.7"],
    ["1 Jan 2024", "d:2024-01-01"],
    ["31 December 2024", "d:2024-12-31"],
    ["3rd of May", "d:--05-03"],
    ["2024-01-31", "d:2024-01-31"],
    ["2024/12/1", "d:2024-12-01"],
    ["2024-05-15T10:00Z", "d:2024-05-15T10:00Z"],
    ["2024-05-15t10:00z", "d:2024-05-15T10:00Z"],
    ["2024-05-15T10:00+00:00", "d:2024-05-15T10:00Z"],
    ["2024-05-15T10:00:30+02:00", "d:2024-05-15T10:00:30+0200"],
    ["2024-05-15T10:00-0530", "d:2024-05-15T10:00-0530"],
    ["10:00 am", "t:10:00"],
    ["12:00 AM", "t:00:00"],
    ["12:30 p.m", "t:12:30"],
    ["23:59", "t:23:59"],
    ["10:00:30", "t:10:00:30"],
    ["10:00:00", "t:10:00"],
  ])("%j is %s", (value, canonical) => {
    expect(canonicalScalar(value)).toBe(canonical);
  });

  it.each(["", "abc", "007", "1.2.3", "12 monkeys", "1,20,0", "2024-13-01", "25:00", "0x10", "GB82", "9".repeat(60)])(
    "%j is neither",
    (value) => {
      expect(canonicalScalar(value)).toBeUndefined();
    },
  );

  it.each([
    ...[true, false, null, "1,200,00", "12345,678", "1,2345", "1,2,5"],
    ...[
      "12345 678",
      "1 200 00",
      "1 20",
      "1-200",
      "1  200",
      "12345.678,9",
      "1.200,5.3",
      "01.5",
      "01,200",
      "-007",
      "0,5x",
    ],
    ...["2024-00-10", "2024-05-00", "2024-05-32", "2024-13-01T10:00", "2024-05-15T24:00", "2024-05-15T10:60"],
    ...["0 May 2024", "32 May", "24:00", "10:60", "23:59:5"],
    `1${"0".repeat(40)}`,
  ])("%j is neither, however near", (value) => {
    expect(canonicalScalar(value)).toBeUndefined();
  });

  it("tells what stands for a number from what stands for a date or time", () => {
    const isOne = (value: string): boolean => isNumeric(canonicalScalar(value) ?? "");
    expect(["1,200", "-5", "June 13", "2024-05-15", "10:00", "abc"].map(isOne)).toEqual([
      ...[true, true],
      ...[false, false, false, false],
    ]);
  });

  it("keeps different numbers apart", () => {
    const cents = fc.integer({ min: 0, max: 10_000_000 });
    fc.assert(
      fc.property(cents, cents, (a, b) => {
        const written = (value: number): string => (value / 100).toFixed(2);
        expect(canonicalScalar(written(a)) === canonicalScalar(written(b))).toBe(a === b);
        expect(canonicalScalar(a / 100)).toBe(canonicalScalar(written(a)));
      }),
    );
  });
});
