/** Looking at few bytes of base64 says the same as making all of them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, longestIn, mayBeText } from "../../../../src/mmu/text/encodings/sextets.js";
import { longestStretch, readText } from "../../../../src/mmu/text/readable.js";

const character = fc.constantFrom(...Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"));
const noise = fc.array(character, { maxLength: 60 }).map((all) => all.join(""));
const words = fc.string({
  unit: fc.constantFrom("a", "B", " ", ".", "é", "日", "😀", "\u0007", "\ue000"),
  maxLength: 30,
});
const said = words.map((text) => Buffer.from(text).toString("base64").replace(/=+$/, ""));
const runs = fc.array(fc.oneof(noise, said), { maxLength: 5 }).map((parts) => parts.join(""));

describe("bytes of base64 that are looked at one by one", () => {
  it("are those that a decoder makes", () => {
    fc.assert(
      fc.property(runs, (text) => {
        const whole = text.slice(0, text.length - (text.length % 4));
        expect([...bytesOf(whole)]).toEqual([...Buffer.from(whole, "base64")]);
      }),
    );
  });

  it("hold the same longest readable stretch", () => {
    fc.assert(
      fc.property(runs, fc.nat(5), fc.integer({ min: 1, max: 14 }), (text, from, least) => {
        const start = Math.min(from, text.length);
        const plain = longestStretch(bytesOf(text.slice(start)), least);
        const quick = longestIn(text, { start, end: text.length }, least);
        expect(quick).toEqual(plain === undefined ? undefined : { from: plain.from, to: plain.to });
      }),
      { numRuns: 2000 },
    );
  });

  it("never speak against a run that is readable", () => {
    fc.assert(
      fc.property(runs, (text) => {
        if (readText(bytesOf(text), false) !== undefined) expect(mayBeText(text, 0, text.length)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("say of most runs that are no text that they are none", () => {
    const binary = Array.from({ length: 300 }, (_, i) => Buffer.from([i, i * 7, 0xff, i * 31]).toString("base64"));
    expect(binary.map((run) => run.repeat(4)).filter((run) => mayBeText(run, 0, run.length))).toEqual([]);
  });

  it("are looked at from four bytes on, and of a longer run those in front of the last three", () => {
    const code = (...bytes: readonly number[]): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
    const isSaidOf = (run: string): boolean => mayBeText(run, 0, run.length);
    expect(isSaidOf(code(0xff, 0x61, 0x61, 0x61))).toBe(false);
    expect(isSaidOf(code(0x61, 0xff, 0x61, 0x61, 0x61))).toBe(false);
    expect(isSaidOf(code(0x61, 0xff, 0x61, 0x61))).toBe(true);
    expect(isSaidOf(code(0x00, 0x61, 0x61, 0x61))).toBe(true);
  });
});
