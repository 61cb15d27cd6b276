import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../../src/base/json.js";
import { MAX_PROMPT_BYTES, takeClaims, withoutAgentkMeta } from "../../../src/mcp/methods/claims.js";

const AGENTK_NAMES = ["agentk", "_agentk", "agentk/decision", "agentk.x", "com.agentk/claims"];
const NEAR_NAMES = ["agentkey", "my-agentk", "com.agentkit/x", "progressToken", "Agentk", "x.agentk"];

function taken(params: JsonObject) {
  const found = takeClaims(params);
  if (!found.ok) throw new Error(`${found.error.path} ${found.error.problem}`);
  return found.value;
}

function isAgentkName(name: string): boolean {
  return AGENTK_NAMES.includes(name);
}

/** An oracle of its own: every name of a member that stands anywhere below a `_meta`. */
function namesUnderMeta(value: JsonValue, isMeta = false): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item: JsonValue) => namesUnderMeta(item, isMeta));
  return Object.entries(value as JsonObject).flatMap(([name, member]) => [
    ...(isMeta ? [name] : []),
    ...namesUnderMeta(member, isMeta || name === "_meta"),
  ]);
}

const name = fc.constantFrom(...AGENTK_NAMES, ...NEAR_NAMES, "_meta", "_meta", "arguments", "a");
const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<JsonValue>(null, 1, "agentk"),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(name, tie("json"), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
const object = fc.dictionary(name, json, { maxKeys: 5, noNullPrototype: true });

describe("stripping", () => {
  it.each(AGENTK_NAMES)("removes `%s` from _meta of params, of arguments and below", (key) => {
    const meta = { [key]: { a: 1 }, keep: { [key]: 1, keep: [{ [key]: 1 }] } };
    const kept = { keep: { keep: [{}] } };
    const found = taken({ name: "t", _meta: meta, arguments: { deep: [{ _meta: meta }], [key]: "the tool's own" } });
    expect(found.params).toEqual({
      name: "t",
      _meta: kept,
      arguments: { deep: [{ _meta: kept }], [key]: "the tool's own" },
    });
  });

  it.each(NEAR_NAMES)("keeps `%s`", (key) => {
    const params = { _meta: { [key]: 1 }, [key]: 2 };
    expect(taken(params).params).toBe(params);
  });

  it("leaves no key of agentk's under any _meta, keeps all others, and does not change what it is given", () => {
    fc.assert(
      fc.property(object, (given) => {
        const before = structuredClone(given);
        const found = withoutAgentkMeta(given);
        const names = namesUnderMeta(found);
        expect(names.filter(isAgentkName)).toEqual([]);
        expect(given).toEqual(before);
        if (!namesUnderMeta(given).some(isAgentkName)) expect(found).toBe(given);
        expect(withoutAgentkMeta(found)).toBe(found);
      }),
      { numRuns: 500 },
    );
  });

  it("leaves no claim in params either", () => {
    fc.assert(
      fc.property(object, fc.constantFrom("agentk", "_agentk"), (rest, member) => {
        const plain = Object.fromEntries(Object.entries(rest).filter(([key]) => !key.endsWith("agentk")));
        const { params } = taken({ ...plain, [member]: {} });
        expect(Object.keys(params).sort()).toEqual(Object.keys(plain).sort());
      }),
    );
  });
});

describe("claims", () => {
  it.each(["agentk", "_agentk"])("reads `%s`: labels, the intent and how many capabilities", (member) => {
    const claim = { intent: "pay the bill", labels: ["trusted", "pii"], capabilities: ["a", "b", "c"] };
    expect(taken({ name: "t", [member]: claim })).toEqual({
      params: { name: "t" },
      claims: { intent: "pay the bill", labels: ["trusted", "pii"], capabilities: 3 },
    });
  });

  it("reads an empty claim as one of nothing, and none as none", () => {
    expect(taken({ agentk: {} })).toEqual({ params: {}, claims: { labels: [], capabilities: 0 } });
    expect(taken({ name: "t" })).toEqual({ params: { name: "t" } });
  });

  it.each<[string, JsonValue]>([
    ["null", null],
    ["a list", []],
    ["text", "trusted"],
    ["an unknown member", { label: ["trusted"] }],
    ["a label as text", { labels: "trusted" }],
    ["a label with a control character", { labels: ["a\u0007"] }],
    ["a label in capitals", { labels: ["Trusted"] }],
    ["an empty label", { labels: [""] }],
    ["65 labels", { labels: Array.from({ length: 65 }, () => "pii") }],
    ["65 capabilities", { capabilities: Array.from({ length: 65 }, () => "c") }],
    ["capabilities as numbers", { capabilities: [1] }],
    ["an intent that is no text", { intent: { a: 1 } }],
  ])("refuses %s", (_name, claim) => {
    expect(takeClaims({ agentk: claim }).ok).toBe(false);
    expect(takeClaims({ _agentk: claim }).ok).toBe(false);
  });

  it("refuses two claims at once", () => {
    expect(takeClaims({ agentk: {}, _agentk: {} }).ok).toBe(false);
  });

  it("accepts 64 labels", () => {
    expect(taken({ agentk: { labels: Array.from({ length: 64 }, () => "pii") } }).claims?.labels).toHaveLength(64);
  });
});

describe("a prompt", () => {
  const prompt = "agentk/prompt";

  it("is taken out of the params' own _meta, beside a claim or alone", () => {
    const _meta = { [prompt]: "pay the bill", progressToken: 1 };
    const params = { name: "t", _meta: { progressToken: 1 } };
    const alone = { labels: [], capabilities: 0, prompt: "pay the bill" };
    expect(taken({ name: "t", _meta })).toEqual({ params, claims: alone });
    expect(taken({ name: "t", _meta, agentk: { labels: ["pii"], intent: "a" } })).toEqual({
      params,
      claims: { labels: ["pii"], capabilities: 0, intent: "a", prompt: "pay the bill" },
    });
  });

  it("is not read anywhere else, where the model or a server may have written it", () => {
    const meta = { _meta: { [prompt]: "canary" } };
    for (const params of [
      { name: "t", arguments: { ...meta, [prompt]: "canary" } },
      { name: "t", [prompt]: "canary" },
      { name: "t", _meta: { a: { [prompt]: "canary" }, ...meta } },
      { name: "t", _meta: [{ [prompt]: "canary" }] },
      { name: "t", _meta: "agentk/prompt" },
    ])
      expect(taken(params).claims).toBeUndefined();
  });

  it.each<[string, JsonValue]>([
    ["null", null],
    ["a number", 1],
    ["a list", ["pay"]],
    ["an object", { text: "pay" }],
    ["a byte too much", "x".repeat(MAX_PROMPT_BYTES + 1)],
    ["a byte too much in UTF-8", `${"\u00fc".repeat(MAX_PROMPT_BYTES / 2)}x`],
  ])("is refused when it is %s", (_name, value) => {
    const found = takeClaims({ name: "t", _meta: { [prompt]: value } });
    expect(found).toMatchObject({ ok: false, error: { path: "/_meta/agentk~1prompt" } });
  });

  it.each(["", "x".repeat(MAX_PROMPT_BYTES), "\u00fc".repeat(MAX_PROMPT_BYTES / 2)])(
    "may be as long as this",
    (value) => {
      expect(taken({ _meta: { [prompt]: value } }).claims?.prompt).toBe(value);
    },
  );
});
