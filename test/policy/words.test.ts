/** Phrases of word globs over a sentence of the user's. */
import { describe, expect, it } from "vitest";
import { compilePhrases } from "../../src/policy/words.js";

describe("compilePhrases", () => {
  it.each<[readonly string[], readonly string[], boolean]>([
    [["pay"], ["pay"], true],
    [["PAY"], ["pay"], true],
    [["\uFF50ay"], ["pay"], true],
    [["pay"], ["repay", "pays"], false],
    [["*pay*"], ["repayment"], true],
    [["p*y"], ["ply", "x"], true],
    [["p*y"], ["plys"], false],
    [["p?y"], ["pay"], false],
    [["a\\*"], ["a\\b"], true],
    [["a\\*"], ["a*"], false],
    [["x", "re*"], ["refund"], true],
    [["*"], [], false],
    [["send* all"], ["please", "send", "it", "to", "all"], true],
    [["send* all"], ["all", "of", "you", "send"], false],
    [["send send"], ["send"], false],
    [["send send"], ["send", "and", "send"], true],
    [["a b c"], ["a", "b"], false],
  ])("%j on %j: %s", (phrases, sentence, expected) => {
    expect(compilePhrases(phrases)(sentence)).toBe(expected);
  });
});
