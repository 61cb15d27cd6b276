/** Characters by class, and where a name is whole. */
import { describe, expect, it } from "vitest";
import {
  codeAt,
  codeSet,
  isAlnumCode,
  isDigitCode,
  isIn,
  isLetterCode,
  isWholeAt,
  isWordCode,
} from "../../../src/mmu/tokens/chars.js";

const codes = Array.from({ length: 0x10000 }, (_, code) => code);
const charOf = (code: number): string => String.fromCharCode(code);
const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;

describe("classes of characters", () => {
  it("take letters, digits and marks of every script for a word's, and both halves of a pair", () => {
    const expected = codes.filter((code) => isSurrogate(code) || /[\p{L}\p{N}\p{M}]/u.test(charOf(code)));
    expect(codes.filter(isWordCode)).toEqual(expected);
  });

  it("say the same when they are asked again", () => {
    for (const character of "aZ09é\u0301") expect(isWordCode(character.charCodeAt(0))).toBe(true);
    for (const character of " .-_@/—") expect(isWordCode(character.charCodeAt(0))).toBe(false);
  });

  it("take no code beyond the table for a word's", () => {
    expect(isWordCode(0x10000)).toBe(false);
  });

  it.each([
    ["digit", isDigitCode, /[0-9]/],
    ["letter", isLetterCode, /[a-z]/i],
    ["letter or digit", isAlnumCode, /[a-z0-9]/i],
  ] as const)("name each ASCII %s, and nothing else", (_, isOne, pattern) => {
    expect(codes.filter(isOne)).toEqual(codes.filter((code) => pattern.test(charOf(code))));
  });
});

describe("codeAt", () => {
  it("is a code of no class outside of the text", () => {
    expect([-1, 0, 1, 2].map((at) => codeAt("ab", at))).toEqual([0x7f, 0x61, 0x62, 0x7f]);
  });
});

describe("a set of characters", () => {
  it("holds what it was made of, and nothing else", () => {
    const set = codeSet("-\u00ff ");
    expect(codes.filter((code) => isIn(set, code))).toEqual([0x20, 0x2d, 0xff]);
  });
});

describe("isWholeAt", () => {
  const isWhole = (text: string, name: string): boolean =>
    isWholeAt(text, text.indexOf(name), text.indexOf(name) + name.length);

  it.each(["bob", "see bob smith", "(bob)", "bob.", "bob. smith", "a .bob", "a -bob- c", "‘bob’", "a, bob; c"])(
    "finds bob whole in %j",
    (text) => {
      expect(isWhole(text, "bob")).toBe(true);
    },
  );

  it.each(Array.from("-_.@/\\+&%~#"))("takes what stands beyond %j for the same name", (joiner) => {
    expect(isWhole(`bob${joiner}x`, "bob")).toBe(false);
    expect(isWhole(`x${joiner}bob`, "bob")).toBe(false);
  });

  it.each(["bobs", "abob", "bob2", "ébob", "bobé"])("does not find it whole in %j", (text) => {
    expect(isWhole(text, "bob")).toBe(false);
  });
});
