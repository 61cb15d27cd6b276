/** The leaves of a value: nothing is dropped, and no two are called the same. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJsonObject, type JsonValue } from "../../src/base/json.js";
import { MAX_LEAVES, MAX_PATH_CHARS, MAX_PATHS_CHARS } from "../../src/mmu/bounds.js";
import { MAX_JSON_DEPTH } from "../../src/base/limits.js";
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

  const names = (result: JsonValue): Map<string, string> =>
    new Map(leavesOf(result).map(({ path, valuePath }) => [path, valuePath]));

  it("names a leaf as a policy author thinks of it", () => {
    const structured = names({
      structuredContent: { iban: "x" },
      structuredContentX: 1,
      content: [{ text: '{"a":1}' }],
    });
    expect(structured.get("/structuredContent/iban")).toBe("/iban");
    expect(structured.get("/structuredContentX")).toBe("/structuredContentX");
    expect(structured.get("/content/0/text!/a")).toBe("/content/0/text!/a");
    expect(names({ content: [{ text: '{"a":1}' }, { type: "image" }] }).get("/content/0/text!/a")).toBe("/a");
    expect(names({ content: [{ resource: { text: '{"b":1}' } }] }).get("/content/0/resource/text!/b")).toBe("/b");
    expect(names({ contents: [{ text: '{"b":1}' }] }).get("/contents/0/text!/b")).toBe("/b");
    expect(names({ content: [{ text: "plain" }] }).get("/content/0/text")).toBe("/content/0/text");
  });

  it("takes the one text block for the value wherever results have them, whatever stands beside it", () => {
    expect(names({ messages: [{ content: { text: '{"b":1}' } }] }).get("/messages/0/content/text!/b")).toBe("/b");
    const beside: JsonValue[] = [null, 7, "text", { resource: null, content: "text" }, { text: 7 }];
    expect(names({ content: [...beside, { text: '{"a":1}' }] }).get("/content/5/text!/a")).toBe("/a");
    const two = names({ content: [{ text: '{"a":1}' }], messages: [{ content: { text: "x" } }] });
    expect(two.get("/content/0/text!/a")).toBe("/content/0/text!/a");
  });

  it("takes the envelope's names for it at the top only", () => {
    const deeper = names({ a: { structuredContent: { iban: "x" } } });
    expect(deeper.get("/a/structuredContent/iban")).toBe("/a/structuredContent/iban");
    const text = names('{"structuredContent":{"iban":"x"}}');
    expect(text.get("!/structuredContent/iban")).toBe("!/structuredContent/iban");
    const inner = names({ note: '{"structuredContent":{"iban":"x"}}' });
    expect(inner.get("/note!/structuredContent/iban")).toBe("/note!/structuredContent/iban");
  });

  it("takes none of several text blocks for the value of the result", () => {
    const several = names({ content: [{ text: '{"a":1}' }, { text: '{"owner":"x"}' }] });
    expect(several.get("/content/0/text!/a")).toBe("/content/0/text!/a");
    expect(several.get("/content/1/text!/owner")).toBe("/content/1/text!/owner");
    const mixed = names({ content: [{ text: "plain" }, { resource: { text: '{"b":1}' } }] });
    expect(mixed.get("/content/1/resource/text!/b")).toBe("/content/1/resource/text!/b");
  });

  it("says in which string a leaf of JSON text stands, and whether that is the envelope's own", () => {
    const body = JSON.stringify({ to: "x" });
    const result = { content: [{ text: JSON.stringify({ body, n: 1 }) }], note: body };
    const holders = new Map(leavesOf(result).map((one) => [one.path, [one.holder, one.isHolderEnvelope]]));
    expect(holders.get("/content/0/text")).toEqual([undefined, false]);
    expect(holders.get("/content/0/text!/n")).toEqual(["/content/0/text", true]);
    expect(holders.get("/content/0/text!/body!/to")).toEqual(["/content/0/text!/body", false]);
    expect(holders.get("/note!/to")).toEqual(["/note", false]);
  });

  it("bounds the paths, each and all together, and drops no leaf", () => {
    const items = Array.from({ length: 100 }, (_, i) => i);
    const [rest, ...others] = leavesOf({ ["k".repeat(MAX_PATH_CHARS)]: items });
    expect(others).toEqual([]);
    expect(rest?.path).toBe(REST_PATH);
    expect(rest?.value).toBe(["k".repeat(MAX_PATH_CHARS), ...items].join("\n"));
    const many = Array.from({ length: MAX_LEAVES - 1 }, (_, i) => i);
    const leaves = leavesOf({ ["k".repeat(MAX_PATH_CHARS - 10)]: many });
    expect(leaves.reduce((sum, { path }) => sum + path.length, 0)).toBeLessThanOrEqual(MAX_PATHS_CHARS + 10);
    expect(leaves.at(-1)?.path).toBe(REST_PATH);
    expect(String(leaves.at(-1)?.value).split("\n").at(-1)).toBe(String(MAX_LEAVES - 2));
  });

  it("has paths of MAX_PATH_CHARS and none that is longer, escapes counted", () => {
    const kept = (name: string): readonly string[] => paths({ [name]: 1 });
    expect(kept("k".repeat(MAX_PATH_CHARS - 1)).map((path) => path.length)).toEqual([
      MAX_PATH_CHARS + 1,
      MAX_PATH_CHARS,
    ]);
    expect(kept("k".repeat(MAX_PATH_CHARS))).toEqual([REST_PATH]);
    expect(kept("/".repeat(MAX_PATH_CHARS / 2 + 1))).toEqual([REST_PATH]);
    const [rest] = leavesOf({ ["k".repeat(MAX_PATH_CHARS)]: 1 });
    expect(rest).toMatchObject({ isKey: false, parent: undefined, holder: undefined, isHolderEnvelope: false });
  });

  it("lets paths grow down to MAX_JSON_DEPTH, through lists, objects and JSON text, and no further", () => {
    const deep = (levels: number, wrap: (inner: JsonValue) => JsonValue): string => {
      let value: JsonValue = "end";
      for (let i = 0; i < levels; i++) value = wrap(value);
      return leavesOf(value).at(-1)?.path ?? "";
    };
    for (const levels of [MAX_JSON_DEPTH - 1, MAX_JSON_DEPTH, MAX_JSON_DEPTH + 1, 2 * MAX_JSON_DEPTH]) {
      const most = Math.min(levels, MAX_JSON_DEPTH);
      expect(deep(levels, (inner) => [inner])).toBe("/0".repeat(most));
      expect(deep(levels, (inner) => ({ a: inner }))).toBe("/a".repeat(most));
    }
    const inner = `${"[".repeat(MAX_JSON_DEPTH)}1${"]".repeat(MAX_JSON_DEPTH)}`;
    expect(paths([[[[inner]]]]).at(-1)).toBe(`/0/0/0/0!${"/0".repeat(MAX_JSON_DEPTH - 4)}`);
  });

  it("goes into JSON text below a name that is too long", () => {
    const leaves = leavesOf({ ["k".repeat(MAX_PATH_CHARS)]: '{"to":"eve"}' });
    expect(String(leaves.at(-1)?.value).split("\n")).toContain("eve");
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

  it("keeps the order of a long list, also of what is beyond the last leaf", () => {
    const list = Array.from({ length: MAX_LEAVES + 2000 }, (_, i) =>
      i % 97 === 0 ? [i, { a: String(i) }] : i % 89 === 0 ? `[${String(i)}]` : i,
    );
    const inOrder = (value: JsonValue): string[] => {
      if (Array.isArray(value)) return (value as readonly JsonValue[]).flatMap(inOrder);
      if (isJsonObject(value)) return Object.keys(value).flatMap((name) => [name, ...inOrder(value[name] ?? null)]);
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return typeof value === "string" && text.startsWith("[") ? [text, text.slice(1, -1)] : [text];
    };
    const leaves = leavesOf(list);
    expect(leaves).toHaveLength(MAX_LEAVES + 1);
    expect(
      leaves.flatMap(({ path, value }) => (path === REST_PATH ? String(value).split("\n") : [String(value)])),
    ).toEqual(inOrder(list));
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
