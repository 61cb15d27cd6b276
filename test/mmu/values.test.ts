/** Numbers and dates are the same however they are written, and nothing else is. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalScalar } from "../../src/mmu/values.js";

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
  ])("%j is %s", (value, canonical) => {
    expect(canonicalScalar(value)).toBe(canonical);
  });

  it.each(["", "abc", "007", "1.2.3", "12 monkeys", "1,20,0", "2024-13-01", "25:00", "0x10", "GB82", "9".repeat(60)])(
    "%j is neither",
    (value) => {
      expect(canonicalScalar(value)).toBeUndefined();
    },
  );

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
