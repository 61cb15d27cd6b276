/** What of a call's words is an echo when it comes back, to the character: by its own result, and by any later one. */
import { describe, expect, it } from "vitest";
import {
  echoOf,
  newContext,
  withoutCall,
  withSent,
  type OpenContext,
  type SentLeaf,
} from "../../src/kernel/context.js";
import { MAX_ARGUMENT_CHARS } from "../../src/mmu/bounds.js";
import { OUTSIDE } from "../../src/mmu/lattice.js";

const PROSE = "lily ".repeat(200);
const ADDRESS = "mallory@evil.example";

function leaf(value: string | number): SentLeaf {
  const isText = typeof value === "string";
  return { path: "/value", text: String(value), isText, labels: OUTSIDE, endorsed: false };
}

function sent(...values: readonly (string | number)[]): OpenContext {
  return withSent(newContext([]), "c1", values.map(leaf));
}

type Case = readonly [why: string, sent: string | number, back: string | number | boolean | null, isEcho: boolean];

describe("in the result of its own call", () => {
  it.each<Case>([
    ["a short word as a whole", "me", "me", true],
    ["a short word in another", "me", "some text", false],
    ["a short word of what was sent", "some text", "me", false],
    ["four letters in a word", "lily", "waterlilyfield", true],
    ["three letters in a word", "lil", "waterlilyfield", false],
    ["four letters of a word that was sent", "waterlilyfield", "lily", true],
    ["three letters of a word that was sent", "waterlilyfield", "lil", false],
    ["a number, written otherwise", 47_110, "47,110", true],
    ["another number", 47_110, 88_123, false],
    ["what a code says", "m%65", "me", true],
    ["what a number would say as a code", 616_263_646_566, "abcdef", false],
    ["what a code in 512 characters says", `orchid%20me${PROSE}`.slice(0, 512), "orchid me", true],
    ["what a code in a longer text would say", `orchid%20me${PROSE}`.slice(0, 513), "orchid me", false],
  ])("%s", (_why, value, back, isEcho) => {
    expect(echoOf(sent(value), "c1", back)).toEqual(isEcho ? OUTSIDE : undefined);
  });

  it("of 128 values each is compared, and of more each counts as echoed", () => {
    const values = Array.from({ length: 129 }, (_, i) => `composed ${String(i)}`);
    expect(echoOf(sent(...values.slice(1)), "c1", "quite another thing")).toBeUndefined();
    expect(echoOf(sent(...values), "c1", "quite another thing")).toEqual(OUTSIDE);
  });

  it("what a code says is one more of them", () => {
    const values = Array.from({ length: 127 }, (_, i) => `composed ${String(i)}`);
    expect(echoOf(sent(...values, "m%65"), "c1", "quite another thing")).toEqual(OUTSIDE);
  });

  it("of 32 Ki characters each is compared, and more count as echoed", () => {
    expect(echoOf(sent("a".repeat(16_384), "b".repeat(16_384)), "c1", "quite another thing")).toBeUndefined();
    expect(echoOf(sent("a".repeat(16_384), "b".repeat(16_385)), "c1", "quite another thing")).toEqual(OUTSIDE);
  });

  it("a short word is none any more once the call is over, nor in another call's", () => {
    const context = sent("me");
    expect(echoOf(context, "c2", "me")).toBeUndefined();
    expect(echoOf(context, undefined, "me")).toBeUndefined();
    expect(echoOf(withoutCall(context, "c2"), "c1", "me")).toEqual(OUTSIDE);
    expect(echoOf(withoutCall(context, "c1"), "c1", "me")).toBeUndefined();
  });

  it("what has a trusted origin is none", () => {
    const context = withSent(newContext([]), "c1", [{ ...leaf("orchid"), endorsed: true }, leaf("lily")]);
    expect(echoOf(context, "c1", "orchid")).toBeUndefined();
    expect(echoOf(context, "c1", "lily")).toEqual(OUTSIDE);
  });
});

describe("in any later result", () => {
  it.each<Case>([
    ["four letters", "lily", "lily", true],
    ["three letters in a text", "lil", "the lil thing", false],
    ["a short word that a code says", "m%65", "me", false],
    ["a longer word that a code says", "or%63hid", "orchid", true],
    ["512 characters of prose", PROSE.slice(0, 512), PROSE.slice(0, 512), true],
    ["longer prose", PROSE.slice(0, 513), PROSE.slice(0, 513), false],
    ["an address in longer prose", PROSE + ADDRESS, ADDRESS, true],
    ["an address in other words", `please write to ${ADDRESS}`, `told <${ADDRESS}> so`, true],
    ["a card's number", 4_111_111_111_111_111, "4111 1111 1111 1111", true],
    ["a word that is a boolean's", "true", "true", true],
    ["a boolean", "true", true, false],
    ["null", "null", null, false],
  ])("%s", (_why, value, back, isEcho) => {
    expect(echoOf(sent(value), "c9", back)).toEqual(isEcho ? OUTSIDE : undefined);
  });

  it("a text is labelled as what was sent of it, and of each address in it", () => {
    const secret = { ...leaf(ADDRESS), labels: { ...OUTSIDE, confidentiality: "secret" } } as const;
    const context = withSent(sent(`write to ${ADDRESS}`), "c2", [secret]);
    expect(echoOf(context, "c9", `write to ${ADDRESS}`)).toEqual(secret.labels);
    expect(echoOf(context, "c9", "write to")).toEqual(OUTSIDE);
  });

  it("a text too long to be looked for counts as one, when there is anything that it could echo", () => {
    const longest = "x".repeat(MAX_ARGUMENT_CHARS);
    expect(echoOf(sent("lily"), "c9", longest)).toBeUndefined();
    expect(echoOf(sent("lily"), "c9", `${longest}x`)).toEqual(OUTSIDE);
    expect(echoOf(sent("me"), "c9", `${longest}x`)).toBeUndefined();
  });
});
