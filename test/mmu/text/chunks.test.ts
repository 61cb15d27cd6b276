/** Chunks of what is not visible ASCII: each with the character before it, all else as it stands. */
import { describe, expect, it } from "vitest";
import { isVisibleCode, withChunks } from "../../../src/mmu/text/chunks.js";

const marked = (text: string, most = Infinity): string | undefined => withChunks(text, (chunk) => `<${chunk}>`, most);

describe("withChunks", () => {
  it.each([
    ["", ""],
    ["plain\ttext\n", "plain\ttext\n"],
    ["é", "<é>"],
    ["aé", "<aé>"],
    ["abé", "a<bé>"],
    ["éb", "<é>b"],
    ["caféé au", "ca<féé> au"],
    ["ééa é", "<éé>a< é>"],
    ["éaé", "<é><aé>"],
    ["a\u0000b\u007fc", "<a\u0000><b\u007f>c"],
    ["ab😀c", "a<b😀>c"],
  ])("of %j makes %j", (text, expected) => {
    expect(marked(text)).toBe(expected);
  });

  it("gives up at more chunks than it may make", () => {
    expect(marked("aébécé", 3)).toBe("<aé><bé><cé>");
    expect(marked("aébécé", 2)).toBeUndefined();
    expect(marked("abc", 0)).toBe("abc");
    expect(marked("é", 0)).toBeUndefined();
  });

  it("asks once for a short chunk that comes again, and makes long ones each time", () => {
    const asked: string[] = [];
    const text = "aé bé aé aéééé aéééé aééé aééé";
    withChunks(text, (chunk) => (asked.push(chunk), chunk), Infinity);
    expect(asked).toEqual(["aé", "bé", "aéééé", "aéééé", "aééé"]);
  });

  it("remembers 4096 chunks and no more", () => {
    const asked = new Map<string, number>();
    const chunks = Array.from({ length: 4097 }, (_, i) => `a${String.fromCharCode(0x4e00 + i)}`);
    const text = chunks.join("");
    withChunks(text + text, (chunk) => (asked.set(chunk, (asked.get(chunk) ?? 0) + 1), chunk), Infinity);
    expect(chunks.filter((chunk) => asked.get(chunk) !== 1)).toEqual([chunks[4096]]);
    expect(asked.get(chunks[4096] ?? "")).toBe(2);
  });

  it("answers the same after a text that it gave up", () => {
    marked("aébécé", 1);
    expect(marked("aéb")).toBe("<aé>b");
  });
});

describe("isVisibleCode", () => {
  it("is visible ASCII and its white space", () => {
    const codes = Array.from({ length: 0x200 }, (_, code) => code);
    expect(codes.filter(isVisibleCode)).toEqual(codes.filter((code) => /[\t-\r -~]/.test(String.fromCharCode(code))));
  });
});
