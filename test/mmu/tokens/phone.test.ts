/** Numbers in groups end where the pattern says that they are declared by, and quickly on every text. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupsEnd } from "../../../src/mmu/tokens/phone.js";

const PATTERN = /(?:\+ ?|00)?\(?\d{1,4}\)?(?:[ .-]{0,2}\(?\d{1,5}\)?){1,6}(?![\p{L}\p{N}])/uy;

function patternEnd(text: string, at: number): number {
  PATTERN.lastIndex = at;
  return PATTERN.test(text) ? PATTERN.lastIndex : -1;
}

const piece = fc.constantFrom(
  "0",
  "00",
  "7",
  "12",
  "345",
  "67890",
  "+",
  "+ ",
  "(",
  ")",
  " ",
  "-",
  ".",
  "x",
  "é",
  "😀",
  "𝟙",
);
const texts = fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join(""));

describe("numbers in groups", () => {
  it("end where the pattern does", () => {
    fc.assert(
      fc.property(texts, fc.nat(3), (text, at) => {
        expect(groupsEnd(text, at)).toBe(patternEnd(text, at));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ["+49 30 1234567", 14],
    ["(030) 12-34-56 next", 14],
    ["00(49) 30 12 34 56 78 90 12", 24],
    ["1234567x", -1],
    ["0123456789012345678901234567890123456789", -1],
    [`${"1 2 3 ".repeat(20)}x`, 13],
  ])("%s ends at %i", (text, end) => {
    expect(groupsEnd(text, 0)).toBe(end);
    expect(patternEnd(text, 0)).toBe(end);
  });

  it.each([0, 400])("that lead nowhere are not cut in every way, %i characters into a text", (start) => {
    const text = `${" ".repeat(start)}${"1".repeat(40)}`;
    let reads = 0;
    const counted = {
      length: text.length,
      charCodeAt: (at: number): number => {
        reads++;
        return text.charCodeAt(at);
      },
    };
    expect(groupsEnd(counted as unknown as string, start)).toBe(-1);
    expect(reads).toBeLessThan(1200);
  });
});
