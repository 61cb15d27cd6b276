/** Chunks: where each ends, what it holds, and which are passed over. */
import { describe, expect, it } from "vitest";
import { MAX_TOKEN_CHARS } from "../../../src/mmu/bounds.js";
import {
  AT,
  COLON,
  DASH,
  DIGIT,
  DOT,
  isBetween,
  PLUS,
  readChunk,
  SLASH,
  trimmedEnd,
  WIDE,
  type Chunk,
} from "../../../src/mmu/tokens/chunk.js";

function chunkOf(text: string, start = 0): Chunk {
  const chunk: Chunk = { end: 0, holds: 0, isPlain: true };
  readChunk(text, start, chunk);
  return chunk;
}

const written = (text: string, start = 0): string => text.slice(start, chunkOf(text, start).end);
const trimmed = (text: string): string => text.slice(0, trimmedEnd(text, 0, chunkOf(text)));
const ALL = 255;

describe("isBetween", () => {
  it("is white space, brackets, quotes and marks of lists, and the full stop of Chinese", () => {
    const codes = Array.from({ length: 0x10000 }, (_, code) => code);
    const marks = "\u0020\"'()*,;<>[]`{|}\u00a0\u3002";
    const expected = codes.filter((code) => code < 0x20 || marks.includes(String.fromCharCode(code)));
    expect(codes.filter(isBetween)).toEqual(expected);
  });
});

describe("a chunk", () => {
  it.each([
    ["word next", "word"],
    ["word, next", "word"],
    ["don't'", "don't"],
    ["é'é", "é'é"],
    ["dogs' x", "dogs"],
    ["don'/t", "don"],
    ["aaa'", "aaa"],
    ["1,000,000 x", "1,000,000"],
    ["1, 000", "1"],
    ["x,1", "x"],
    ["1,x", "1"],
    ["1;000", "1"],
    ["a\u3002b", "a"],
    ["a@b\u3002c\u3002d", "a@b\u3002c\u3002d"],
    ["a@b\u3002 c", "a@b"],
    ["a@\u3002c", "a@"],
    ["a@b\u3002\u8c22", "a@b"],
    ["a\u00a0b", "a"],
    ["))", ")"],
    ["'quoted'", "'"],
    ["x//y,z;w'v*u", "x//y,z;w'v*u"],
    ["http://x/(a)b)c", "http://x/(a)b"],
    ["http://x/[a]b]c", "http://x/[a]b"],
    ["http://x/(a]b)c", "http://x/(a]b"],
    ["http://x/([a])b]c", "http://x/([a])b"],
    ["http://x/a\u3002b c", "http://x/a\u3002b"],
    ['http://x/a"b', "http://x/a"],
    ["/ /x", "/"],
  ])("of %j ends behind %j", (text, chunk) => {
    expect(written(text)).toBe(chunk);
  });

  it("knows what stands before it: an apostrophe that goes on a word, and one that is the text's first", () => {
    expect(written("a'b", 1)).toBe("'b");
    expect(written("'b")).toBe("'");
  });

  it.each([
    ["a", 0],
    ["a1", DIGIT],
    ["a.b", DOT],
    ["a:b", COLON],
    ["a@b", AT],
    ["a/b", SLASH],
    ["a\\b", SLASH],
    ["a-b", DASH],
    ["a_b", DASH],
    ["a+b", PLUS],
    ["aé", WIDE],
    ["a~=&!?#%$^b", 0],
    ["1.2:3", DIGIT | DOT | COLON],
    ["//a", ALL],
  ])("%s says that it holds %i", (text, holds) => {
    expect(chunkOf(text).holds).toBe(holds);
  });

  it.each(["a", "end.", "end!", "why?", "see:", "...", "don't", "aé", "é", "a.\u00a0b", "end.’"])(
    "%j is plain",
    (text) => {
      expect(chunkOf(text).isPlain).toBe(true);
    },
  );

  it.each(["a.b", "a:b", "a!b", "a?b", "a./x", "a:/", "a?/x", "a~b", "a=b", "a&b", "a1", "1.", "a-b", "//a", "a//b"])(
    "%j is not plain",
    (text) => {
      expect(chunkOf(text).isPlain).toBe(false);
    },
  );

  it("is cut where no token is longer, and then says nothing of what it holds", () => {
    const long = "x".repeat(MAX_TOKEN_CHARS);
    expect(chunkOf(long.slice(1))).toEqual({ end: MAX_TOKEN_CHARS - 1, holds: 0, isPlain: true });
    expect(chunkOf(`${long}.com`)).toEqual({ end: MAX_TOKEN_CHARS, holds: ALL, isPlain: true });
    expect(chunkOf(`ab ${long}x`, 3)).toEqual({ end: 3 + MAX_TOKEN_CHARS, holds: ALL, isPlain: true });
    expect(chunkOf(`a://${long}`).end).toBe(MAX_TOKEN_CHARS);
  });
});

describe("a chunk without its punctuation", () => {
  it.each([
    ["end.", "end"],
    ["why?!", "why"],
    ["see:", "see"],
    ["a=]", "a"],
    ["a_~", "a"],
    ["...", ""],
    ["'", ""],
    ["a-", "a-"],
    ["https://x.y/z).", "https://x.y/z"],
    ["https://x.y/z.,;!?'*_~=", "https://x.y/z"],
    ["https://x.y/(z).", "https://x.y/(z)"],
    ["https://x.y/[z]", "https://x.y/[z]"],
    ["a/b.]", "a/b"],
  ])("%j is %j", (text, expected) => {
    expect(trimmed(text)).toBe(expected);
  });

  it("loses a bracket at its end only where it is no URL", () => {
    const whole = (text: string, holds: number): number =>
      trimmedEnd(text, 0, { end: text.length, holds, isPlain: false });
    expect(whole("a/(b)", SLASH)).toBe(4);
    expect(whole("a/[b]", SLASH)).toBe(4);
    expect(whole("a//(b)", SLASH)).toBe(6);
    expect(whole("a//[b]", SLASH)).toBe(6);
    expect(trimmedEnd("x )", 2, { end: 3, holds: 0, isPlain: true })).toBe(2);
  });
});
