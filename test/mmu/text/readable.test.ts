/** Bytes as text: strict UTF-8, and of it what a person could read. */
import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { codePointAt, isPrintable, longestStretch, readText, sizeOf, textOf } from "../../../src/mmu/text/readable.js";

const EDGES = [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff];

describe("codePointAt", () => {
  it.each(EDGES)("reads the bytes of U+%i, wherever they stand", (code) => {
    const bytes = Buffer.from(`a${String.fromCodePoint(code)}b`);
    expect(codePointAt(bytes, 1)).toBe(code);
    expect(sizeOf(code)).toBe(bytes.length - 2);
    expect(codePointAt(bytes, bytes.length - 1)).toBe(0x62);
    expect(codePointAt(bytes.subarray(0, -1), 1)).toBe(code);
  });

  it.each([
    ["a byte that continues", [0x80, 0x80, 0x80, 0x80]],
    ["the last byte that continues", [0xbf, 0x80, 0x80, 0x80]],
    ["a byte that announces five", [0xf8, 0x88, 0x80, 0x80]],
    ["a byte that announces five, with bits as of a character", [0xf9, 0x88, 0x80, 0x80]],
    ["two for one", [0xc1, 0xbf]],
    ["three for two", [0xe0, 0x9f, 0xbf]],
    ["four for three", [0xf0, 0x8f, 0xbf, 0xbf]],
    ["the first surrogate", [0xed, 0xa0, 0x80]],
    ["the last surrogate", [0xed, 0xbf, 0xbf]],
    ["more than Unicode has", [0xf4, 0x90, 0x80, 0x80]],
    ["two, cut short", [0xc3]],
    ["three, cut short", [0xe2, 0x82]],
    ["four, cut short", [0xf0, 0x9f, 0x98]],
    ["two, broken off", [0xc3, 0x41]],
    ["three, broken off at once", [0xe2, 0x41, 0xac]],
    ["three, broken off at the end", [0xe2, 0x82, 0xc0]],
    ["nothing", []],
  ])("reads none from %s", (_, bytes) => {
    expect(codePointAt(Uint8Array.from(bytes), 0)).toBe(-1);
  });
});

describe("isPrintable", () => {
  it("is all but controls, private use, noncharacters of each plane and the replacement character", () => {
    const isLeftOut = (code: number): boolean =>
      (/\p{Cc}/u.test(String.fromCodePoint(code)) && !(code >= 9 && code <= 13)) ||
      (code >= 0xe000 && code <= 0xf8ff) ||
      code >= 0xf0000 ||
      code % 0x10000 >= 0xfffe ||
      code === 0xfffd;
    const wrong = Array.from({ length: 0x110000 }, (_, code) => code).filter(
      (code) => isPrintable(code) === isLeftOut(code),
    );
    expect(wrong).toEqual([]);
  });
});

describe("readText", () => {
  const nine = "nine char";

  it("allows one unprintable character in ten, and none in a short text", () => {
    expect(readText(Buffer.from(`${nine}\u0001`), false)).toBe(`${nine}\u0001`);
    expect(readText(Buffer.from(`${nine.slice(1)}\u0001`), false)).toBeUndefined();
    expect(readText(Buffer.from(`${nine}\u0001`), true)).toBeUndefined();
    expect(readText(Buffer.from(`${nine}\0`), false)).toBe(`${nine}\0`);
    expect(readText(Buffer.from("é😀"), true)).toBe("é😀");
  });

  it("counts characters, not bytes", () => {
    expect(readText(Buffer.from(`${"é".repeat(8)}\u0001`), false)).toBeUndefined();
    expect(readText(Buffer.from(`${"é".repeat(9)}\ue000`), false)).toBe(`${"é".repeat(9)}\ue000`);
  });

  it("reads nothing from no bytes, and nothing from what is not UTF-8 to its end", () => {
    expect(readText(new Uint8Array(), false)).toBeUndefined();
    for (const byte of [0x80, 0xff]) {
      expect(readText(Uint8Array.from([...Buffer.from(nine.repeat(3)), byte]), false)).toBeUndefined();
    }
  });

  it("keeps a byte order mark", () => {
    expect(readText(Buffer.from("\ufeffa"), false)).toBe("\ufeffa");
    expect(textOf(Buffer.from("\ufeffa"))).toBe("\ufeffa");
  });
});

describe("longestStretch", () => {
  const stretch = (bytes: readonly number[], least: number): unknown => longestStretch(Uint8Array.from(bytes), least);
  const codes = (text: string): number[] => [...Buffer.from(text)];

  it.each([
    ["at the start", [...codes("abc"), 1, ...codes("de")], { text: "abc", from: 0, to: 3 }],
    ["at the end", [...codes("de"), 1, ...codes("abc")], { text: "abc", from: 3, to: 6 }],
    [
      "behind two shorter ones",
      [1, ...codes("ab"), 1, ...codes("c"), 1, ...codes("def")],
      { text: "def", from: 6, to: 9 },
    ],
    ["between", [0xff, ...codes("aé"), 0xff, 0x61], { text: "aé", from: 1, to: 4 }],
    ["the first of equals", [...codes("abc"), 0xff, ...codes("def")], { text: "abc", from: 0, to: 3 }],
    ["throughout", codes("abc"), { text: "abc", from: 0, to: 3 }],
    ["before a character cut short", [...codes("abc"), 0xe2, 0x82], { text: "abc", from: 0, to: 3 }],
    ["before one that is not printable", codes("abc\ue000d"), { text: "abc", from: 0, to: 3 }],
  ])("is found %s", (_, bytes, expected) => {
    expect(stretch(bytes, 3)).toEqual(expected);
    expect(stretch(bytes, expected.to - expected.from + 1)).toBeUndefined();
  });
});
