/** The leaves of a value: nothing is dropped, and no two are called the same. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../src/base/json.js";
import { MAX_LEAVES } from "../../src/mmu/bounds.js";
import { REST_PATH } from "../../src/base/pointer.js";
import { leavesOf } from "../../src/mmu/leaves.js";

const paths = (value: JsonValue): string[] => leavesOf(value).map(({ path }) => path);

describe("leavesOf", () => {
  it("gives keys and values in document order", () => {
    const leaves = leavesOf({ a: [1, { b: null }], c: true });
    expect(leaves.map(({ path, value, isKey }) => [path, value, isKey])).toEqual([
      ["/a#", "a", true],
      ["/a/0", 1, false],
      ["/a/1/b#", "b", true],
      ["/a/1/b", null, false],
      ["/c#", "c", true],
      ["/c", true, false],
    ]);
  });

  it("escapes what a path is made of", () => {
    expect(paths({ "a/b~c#d!e": 1 })).toEqual(["/a~1b~0c~2d~3e#", "/a~1b~0c~2d~3e"]);
  });

  it("reads JSON text, and JSON text within it, to a bounded depth", () => {
    const deep = (levels: number): string => (levels === 0 ? "end" : JSON.stringify({ x: deep(levels - 1) }));
    expect(paths(deep(3))).toEqual(["", "!/x#", "!/x", "!/x!/x#", "!/x!/x", "!/x!/x!/x#", "!/x!/x!/x"]);
    expect(paths(deep(5)).at(-1)).toBe("!/x!/x!/x");
  });

  it("leaves what only looks like JSON text alone", () => {
    expect(paths("{not json")).toEqual([""]);
    expect(paths("12")).toEqual([""]);
  });

  it("names a leaf as a policy author thinks of it", () => {
    const result = {
      structuredContent: { iban: "x" },
      structuredContentX: 1,
      content: [{ text: '{"a":1}' }, { resource: { text: '{"b":1}' } }, { text: "plain" }],
    };
    const values = leavesOf(result).filter(({ isKey }) => !isKey);
    const names = new Map(values.map(({ path, valuePath }) => [path, valuePath]));
    expect(names.get("/structuredContent/iban")).toBe("/iban");
    expect(names.get("/structuredContentX")).toBe("/structuredContentX");
    expect(names.get("/content/0/text!/a")).toBe("/a");
    expect(names.get("/content/1/resource/text!/b")).toBe("/b");
    expect(names.get("/content/2/text")).toBe("/content/2/text");
  });

  it("knows the object around a leaf", () => {
    const inner = { from: "bank", subject: "x", tags: ["t"] };
    const leaves = leavesOf({ list: [inner] });
    expect(leaves.find(({ value }) => value === "bank")?.parent).toEqual(inner);
    expect(leaves.find(({ value }) => value === "t")?.parent).toEqual(inner);
  });

  it("joins what is too much into one leaf, and drops none", () => {
    const leaves = leavesOf(Array.from({ length: MAX_LEAVES + 3 }, (_, i) => `v${String(i)}`));
    expect(leaves).toHaveLength(MAX_LEAVES + 1);
    const rest = leaves.at(-1);
    expect(rest?.path).toBe(REST_PATH);
    expect(rest?.value).toBe([0, 1, 2].map((i) => `v${String(MAX_LEAVES + i)}`).join("\n"));
  });

  it("survives nesting that would overflow a stack", () => {
    const text = "[".repeat(100_000) + '"deep"' + "]".repeat(100_000);
    const deep = leavesOf(text).at(-1);
    expect(deep?.value).toBe("deep");
    expect(deep?.path.length).toBeLessThan(1000);
  });

  it("gives every scalar and key once, each under its own path", () => {
    const names = fc.string({ unit: fc.constantFrom("a", "b", "/", "~", "#", "!", "0"), maxLength: 3 });
    const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.integer(),
        names,
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(names, tie("value"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(value, (one) => {
        const all = leavesOf(one);
        expect(new Set(all.map(({ path }) => path)).size).toBe(all.length);
      }),
    );
  });
});
