/** Readings one by one: in which order they come, by which steps, from where in the text, and when there are too many. */
import { describe, expect, it } from "vitest";
import { decodings, readingsOf } from "../../../src/mmu/text/decode.js";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const hex = (text: string): string => Buffer.from(text).toString("hex");
const count = <T>(length: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length }, (_, index) => make(index));

/** Readings as lines: what it says, by which steps, from where to where. */
function linesOf(text: string): readonly string[] {
  return readingsOf(text).map(
    (reading) => `${reading.text} | ${reading.steps.join(" ")} | ${String(reading.start)}-${String(reading.end)}`,
  );
}

const FRIEND = base64("hello there, friend");
const DAY = hex("and a good day");

describe("readings", () => {
  it("come all at once first, then by one encoding in place, then run by run where each stands", () => {
    expect(linesOf(`a ${FRIEND} / ${DAY} z`)).toEqual([
      "a hello there, friend / and a good day z | hex@1 base64@1 | 0-63",
      `a ${FRIEND} / and a good day z | hex@1 | 0-63`,
      `a hello there, friend / ${DAY} z | base64@1 | 0-63`,
      "and a good day | hex@1 | 33-61",
      "hello there, friend | base64@1 | 2-30",
    ]);
  });

  it("are the runs, and not the whole, where a run ends with the text", () => {
    expect(linesOf(`see ${FRIEND}`)).toEqual([
      "see hello there, friend | base64@1 | 0-32",
      "hello there, friend | base64@1 | 4-32",
    ]);
  });

  it("have the span of what was cut out of the text itself, however deep they lie in it", () => {
    const outer = hex(`first. ${FRIEND} last`);
    const lines = linesOf(`a note: ${outer}.`);
    expect(lines).toContain(`first. ${FRIEND} last | hex@1 | 8-88`);
    expect(lines).toContain("first. hello there, friend last | hex@1 base64@1 | 8-88");
    expect(lines).toContain("hello there, friend | hex@1 base64@1 | 0-89");
  });

  it("are none where what an encoding hides is only white space", () => {
    expect(decodings("%20%0A%20")).toEqual({ readings: [], isComplete: true });
  });
});

describe("the readings of one text are all there are, up to", () => {
  it("thirty-two", () => {
    const runs = (length: number): string =>
      count(length, (at) => base64(`message number ${String(10 + at)}`)).join(" . ");
    expect(decodings(runs(31)).readings).toHaveLength(32);
    expect(decodings(runs(31)).isComplete).toBe(true);
    expect(decodings(runs(32)).readings).toHaveLength(32);
    expect(decodings(runs(32)).isComplete).toBe(false);
  });

  it("ninety-six texts looked at, whether they read alike or not", () => {
    const spelt = (bits: number): string =>
      Array.from("mallory is paid", (letter, at) => ((bits >> at) & 1 ? letter.toUpperCase() : letter)).join("");
    // Three looks at the whole, and one at each run.
    const runs = (length: number): string => count(length, (at) => (at < 60 ? base64 : hex)(spelt(at))).join(" . ");
    expect(decodings(runs(93)).readings).toHaveLength(4);
    expect(decodings(runs(93)).isComplete).toBe(true);
    expect(decodings(runs(94)).isComplete).toBe(false);
  });

  it("eight times its characters and 4096 looked at, each text once", () => {
    // NFKC spells each square out as six characters: 15 texts of 136 or 536 characters, or a few less.
    const text = (letters: number): string => `${"㌖".repeat(80)}${"x".repeat(letters)} %41 &amp; \\n`;
    expect(decodings(text(43)).readings).toHaveLength(7);
    expect(decodings(text(43)).isComplete).toBe(true);
    expect(decodings(text(44)).isComplete).toBe(false);
  });
});
