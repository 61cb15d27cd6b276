/** Encoded runs: found where they are long enough, put back in their place, and read word by word. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  boundedRuns,
  inPlace,
  memberEnd,
  membersOf,
  nextRun,
  wholeReadings,
  type Run,
  type Words,
} from "../../../../src/mmu/text/encodings/runs.js";

const AB = membersOf("ab");

function runsOf(text: string, least: number, from = 0): readonly Run[] {
  const found: Run[] = [];
  for (let run = nextRun(text, AB, least, from); run !== undefined; run = nextRun(text, AB, least, run.end))
    found.push(run);
  return found;
}

describe("members", () => {
  it("are the characters that were named, and none beyond ASCII", () => {
    expect(memberEnd("abba.ab", AB, 0)).toBe(4);
    expect(memberEnd("abba.ab", AB, 4)).toBe(4);
    expect(memberEnd("abba.ab", AB, 5)).toBe(7);
    expect(memberEnd("ab\u0161\u0162", AB, 0)).toBe(2);
    expect(memberEnd("\u0000", AB, 0)).toBe(0);
  });
});

describe("nextRun", () => {
  it.each([
    ["abab", 4, [{ start: 0, end: 4 }]],
    ["aba", 4, []],
    [".abab.", 4, [{ start: 1, end: 5 }]],
    ["aba.abab", 4, [{ start: 4, end: 8 }]],
    [
      "aba.ab.ababab.abab",
      4,
      [
        { start: 7, end: 13 },
        { start: 14, end: 18 },
      ],
    ],
    ["", 1, []],
    [
      "a.b",
      1,
      [
        { start: 0, end: 1 },
        { start: 2, end: 3 },
      ],
    ],
  ])("finds in %j those of %i or more", (text, least, runs) => {
    expect(runsOf(text, least)).toEqual(runs);
  });

  it("begins none before where it was to look from", () => {
    expect(nextRun("abababab", AB, 4, 2)).toEqual({ start: 2, end: 8 });
    expect(nextRun("abababab", AB, 4, 5)).toBeUndefined();
  });

  it("finds what a pattern finds", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "b", "a", "b", ".") }),
        fc.integer({ min: 1, max: 5 }),
        (text, least) => {
          const expected = Array.from(text.matchAll(new RegExp(`[ab]{${String(least)},}`, "g")), (match) => ({
            start: match.index,
            end: match.index + match[0].length,
          }));
          expect(runsOf(text, least)).toEqual(expected);
        },
      ),
    );
  });
});

describe("runs in their place", () => {
  const run = (start: number): { text: string; start: number; end: number } => ({ text: "xyz", start, end: start + 1 });

  it("leave all else as it stands", () => {
    expect(inPlace("a1b2c", [run(1), run(3)])).toBe("axyzbxyzc");
    expect(inPlace("abc", [])).toBe("abc");
  });

  it("are given one by one up to 64; of more the whole is given, and the first 63", () => {
    const runs = Array.from({ length: 65 }, (_, i) => run(2 * i));
    const text = "1 ".repeat(65);
    expect(boundedRuns(text, runs.slice(1))).toEqual(runs.slice(1));
    const whole = { text: "xyz ".repeat(65), start: 0, end: text.length };
    expect(boundedRuns(text, runs)).toEqual([whole, ...runs.slice(0, 63)]);
  });
});

describe("wholeReadings", () => {
  const members = membersOf("0123456789abcdef \n");
  const hex: Words = {
    members,
    mayBegin: (head) => !head.startsWith("ff"),
    bytesOf: (word) => (word.length % 2 === 1 ? undefined : Uint8Array.from(Buffer.from(word, "hex"))),
  };
  const read = (text: string): readonly string[] => wholeReadings(text, hex).map((reading) => reading.text);

  it.each([
    ["61626364", ["abcd"]],
    ["6162 6364", ["ab cd", "abcd"]],
    [" 6162\n6364 ", ["ab cd", "abcd"]],
    ["616 26364", ["abcd"]],
    ["6162 63640", []],
    ["ff62 6364", []],
    ["61ff 6364", []],
    ["c3a9 c3a9", ["é é", "éé"]],
    ["c3 a9c3a9", ["éé"]],
    ["6162636", []],
    ["6162 636", []],
    ["616263641", []],
    ["6162636x", []],
    ["        ", []],
    ["6100 6364", []],
    ["6162 63", []],
    ["61626364656667686900", []],
  ])("reads %j as %j", (text, readings) => {
    expect(read(text)).toEqual(readings);
  });

  it("span the whole text", () => {
    expect(wholeReadings(" 61626364 ", hex)).toEqual([{ text: "abcd", start: 0, end: 10 }]);
  });
});
