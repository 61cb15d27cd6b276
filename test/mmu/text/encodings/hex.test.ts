/** Hexadecimal bytes to the digit: what counts as a dump, and where a reading begins and ends. */
import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { hex } from "../../../../src/mmu/text/encodings/hex.js";

const hexOf = (...parts: readonly (string | readonly number[])[]): string =>
  parts
    .map((part) => Buffer.from(typeof part === "string" ? [...Buffer.from(part)] : [...part]).toString("hex"))
    .join("");
const textsOf = (text: string): readonly string[] => hex.decode(text).map((reading) => reading.text);

describe("a text that is nothing but words of hexadecimal digits", () => {
  it.each([
    ["behind much white space", `${" ".repeat(40)}736563726574`, ["secret"]],
    ["digit by digit", "7 3 6 5 6 3 7 2 6 5 7 4", ["secret"]],
    ["with a word of one byte", "41 4243 44454647", ["ABCDEFG"]],
    ["with words of two bytes", "4142 4344", ["AB CD", "ABCD"]],
    ["with prefixes and separators", "0x41,0X42;\\x43:\\X44-", ["ABCD"]],
  ])("is read %s", (_, text, readings) => {
    expect(textsOf(text)).toEqual(readings);
  });

  it.each([
    ["of one byte each, and together of one digit too many", "41 42 434"],
    ["of which one is no text", "4142 43ff"],
  ])("is not read with words %s", (_, text) => {
    expect(hex.decode(text).filter(({ start, end }) => start === 0 && end === text.length)).toEqual([]);
  });
});

describe("a dump in longer text", () => {
  const KEY = "secret k";

  it.each([
    ["eight bytes", `. ${hexOf(KEY)} .`, 2, 18],
    ["the half byte that follows them", `. ${hexOf(KEY)}7 .`, 2, 19],
    ["no separator at its end", `. ${hexOf(KEY).match(/../g)?.join(", ") ?? ""}, .`, 2, 32],
    ["no byte that is no text", `. ff, ${hexOf(KEY).match(/../g)?.join(", ") ?? ""}, ff .`, 6, 36],
    ["no byte that is no text, run together", `. ${hexOf([0xff], KEY, [0xff])} .`, 4, 20],
    ["no digit in front of them", `. f${hexOf(KEY, [0xff])} .`, 3, 19],
  ])("is given with its place: %s", (_, text, start, end) => {
    expect(hex.decode(text)).toEqual([{ text: KEY, start, end }]);
  });

  it.each([
    ["of seven bytes", `. ${hexOf("seven c")} .`],
    ["with text of seven bytes", `. ${hexOf([0xff], "seven c", [0xff])} .`],
  ])("is none %s", (_, text) => {
    expect(hex.decode(text)).toEqual([]);
  });

  it("is read with every digit", () => {
    const all = hexOf("0123456789", "ABCDEFGHIO", "abcdefghio", "JKLMNZ[]^_", "jklmnz{}~");
    const said = "0123456789ABCDEFGHIOabcdefghioJKLMNZ[]^_jklmnz{}~";
    expect(textsOf(`. ${all} .`)).toEqual([said]);
    expect(textsOf(`. ${all.toUpperCase()} .`)).toEqual([said]);
  });

  it("is each of its words where all are long, and one text where one is short", () => {
    expect(hex.decode(`. ${hexOf(KEY)}\n${hexOf("mallory!and")} .`)).toEqual([
      { text: KEY, start: 2, end: 18 },
      { text: "mallory!and", start: 19, end: 41 },
    ]);
    expect(hex.decode(`. ${hexOf(KEY, [0xff])} ${hexOf([0xff], "mallory!")} .`)).toEqual([
      { text: KEY, start: 2, end: 18 },
      { text: "mallory!", start: 23, end: 39 },
    ]);
    expect(textsOf(`. ${hexOf(KEY)} ${hexOf("mallory")} .`)).toEqual([`${KEY}mallory`]);
    expect(textsOf(`. ${hexOf("mallory!")} ${hexOf(KEY)}\t41 .`)).toEqual([`mallory!${KEY}A`]);
  });

  it("is read beside others", () => {
    expect(hex.decode(`. ${hexOf("secret key")}zz${hexOf("secret too")}:::${hexOf("and more")} .`)).toEqual([
      { text: "secret key", start: 2, end: 22 },
      { text: "secret too", start: 24, end: 44 },
      { text: "and more", start: 47, end: 63 },
    ]);
  });

  it.each([
    ["behind a word that ends in digits", "code f", ""],
    ["behind a prefix", "x: 0xf", ""],
    ["behind bytes of their own", "x: ff f", "f ff"],
    ["behind a decoy that is text by half a byte", `x: f${hexOf("bcdrefgr")}00`, "00"],
  ])("is read with a digit too many, %s", (_, before, after) => {
    expect(hex.decode(`${before}${hexOf("secret key")}${after} .`)).toEqual([
      { text: "secret key", start: before.length, end: before.length + 20 },
    ]);
  });

  it("is not lost where all of it is text by half a byte as well", () => {
    expect(textsOf(`x: f${hexOf("bcdrefgrst secret key")} .`)).toEqual(["bcdrefgrst secret key"]);
  });

  it("is the first of two that are as long, a digit too many between them", () => {
    const text = `x: ff${hexOf("secret one")}00f${hexOf("secret two")} .`;
    expect(textsOf(text)).toEqual(["secret one"]);
  });
});
