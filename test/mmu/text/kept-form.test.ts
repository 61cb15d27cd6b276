/** A text as it is kept: spans of its normal form lead back to where they came from. */
import { describe, expect, it } from "vitest";
import { keptForm, originalSpan } from "../../../src/mmu/text/kept-form.js";

const MEGABYTE = 1024 * 1024;

function original(text: string, normal: string): string {
  const kept = keptForm(text);
  const start = kept.normal.indexOf(normal);
  const span = originalSpan(kept, start, start + normal.length);
  return text.slice(span.start, span.end);
}

describe("a kept text", () => {
  it.each([
    ["say hello there", "hello", "hello"],
    ["Say HELLO There", "hello", "HELLO"],
    ["Say HELLO There", "say hello there", "Say HELLO There"],
    ["say  hel\u200blo  there", "hello", "hel\u200blo"],
    ["say  hel\u200blo  there", "there", "there"],
    ["say  there \n", "there", "there \n"],
    ["A\u200b ﬁx  Ab", "ab", "Ab"],
  ])("%j: %j stood there as %j", (text, normal, written) => {
    expect(original(text, normal)).toBe(written);
    const long = `${"before ".repeat(60)}${text}`;
    expect(original(long, normal)).toBe(written);
  });

  it("leads back though as much was taken away as was put in", () => {
    const text = "a\u200b ﬁ bcd E";
    expect(keptForm(text).normal).toHaveLength(text.length);
    expect(original(text, "bcd")).toBe("bcd");
    expect(original(text, keptForm(text).normal)).toBe(text);
    expect(original("a\u200b bcd ﬁ e", "bcd")).toBe("bcd");
    expect(original("\u200bab ﬁ", "ab")).toContain("ab");
    expect(original("a\u200b\u200bb ﬃ c", "ffi c")).toBe("ﬃ c");
  });

  it("that is its own normal form leads back to the same place, however long it is and wherever the span is cut", () => {
    const kept = keptForm(`${"a".repeat(MEGABYTE)} b c`);
    const span = { start: MEGABYTE, end: MEGABYTE + 3 };
    expect(originalSpan(kept, span.start, span.end)).toEqual(span);
  });

  it("keeps its map where it is long, changes in length and may be mapped", () => {
    const hasMap = (text: string): boolean => keptForm(text).map !== undefined;
    expect(hasMap(`${"a".repeat(254)}  `)).toBe(true);
    expect(hasMap(`${"a".repeat(253)}  `)).toBe(false);
    expect(hasMap("A".repeat(300))).toBe(false);
    expect(hasMap(`${"a".repeat(MEGABYTE - 2)}  `)).toBe(true);
    expect(hasMap(`${"a".repeat(MEGABYTE - 1)}  `)).toBe(false);
  });

  it("is named as a whole where it is too long to be mapped", () => {
    const text = `${"a".repeat(MEGABYTE - 4)} B  c`;
    expect(originalSpan(keptForm(text), MEGABYTE - 3, MEGABYTE - 2)).toEqual({ start: 0, end: text.length });
    expect(original(text.slice(1), "b")).toBe("B");
    expect(original(`${"a".repeat(MEGABYTE)} B c`, "b")).toBe("B");
  });
});
