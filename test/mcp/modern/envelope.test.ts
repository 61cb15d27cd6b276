import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../../src/base/json.js";
import { isEnveloped, mayLog, readEnvelope } from "../../../src/mcp/modern/envelope.js";
import { grantsOf } from "../../../src/mcp/methods/granted.js";
import { META, MODERN } from "../../../src/mcp/modern/revision.js";
import { ALL, envelope, EVERYTHING } from "./fixture.js";

const DEFAULT = grantsOf();

function metaOf(meta: JsonValue, grants = DEFAULT): JsonObject {
  const read = readEnvelope({ _meta: meta }, grants);
  if (!read.ok) throw new Error(read.error.detail);
  return read.value.meta;
}

describe("the envelope", () => {
  it("is refused when it speaks another revision, and says which", () => {
    const read = readEnvelope({ _meta: envelope({ [META.version]: "2027-01-01" }) }, DEFAULT);
    expect(read).toMatchObject({ ok: false, error: { kind: "version", requested: "2027-01-01" } });
  });

  it.each<[string, JsonObject]>([
    ["no _meta", {}],
    ["a _meta that is no object", { _meta: [] }],
    ["no revision", { _meta: { [META.capabilities]: {} } }],
    ["a revision that is no text", { _meta: envelope({ [META.version]: 20260728 }) }],
    ["a revision that goes on", { _meta: envelope({ [META.version]: "x".repeat(33) }) }],
    ["no capabilities", { _meta: { [META.version]: MODERN } }],
    ["capabilities that are none", { _meta: envelope({ [META.capabilities]: [] }) }],
    ["a capability that is a flag", { _meta: envelope({}, { sampling: true }) }],
    ["a client without a version", { _meta: envelope({ [META.clientInfo]: { name: "c" } }) }],
    ["a level that is none", { _meta: envelope({ [META.logLevel]: "loud" }) }],
    ["a token that is a fraction", { _meta: envelope({ progressToken: 0.5 }) }],
    ["a trace that is an object", { _meta: envelope({ traceparent: {} }) }],
  ])("is malformed with %s", (_, params) => {
    expect(readEnvelope(params, ALL)).toMatchObject({ ok: false, error: { kind: "malformed" } });
  });

  it("reaches the server with what is granted, and with nothing else of the client's", () => {
    const clientInfo = { name: "c", version: "1", title: "C", websiteUrl: "https://c", icons: [], secret: "s" };
    const given = envelope(
      {
        [META.clientInfo]: clientInfo,
        [META.logLevel]: "debug",
        progressToken: "p",
        traceparent: "00-a",
        baggage: "k=v",
        "com.example/key": "exfiltrated",
      },
      {
        ...EVERYTHING,
        roots: {},
        experimental: { x: {} },
        extensions: { "io.modelcontextprotocol/tasks": { x: 1 }, "io.modelcontextprotocol/ui": {} },
      },
    );
    const told = { [META.version]: MODERN, [META.clientInfo]: { name: "c", version: "1", title: "C" } };
    expect(metaOf(given)).toEqual({ ...told, progressToken: "p", [META.capabilities]: {} });
    expect(metaOf(given, ALL)).toEqual({
      ...told,
      ...{ progressToken: "p", traceparent: "00-a", baggage: "k=v", [META.logLevel]: "debug" },
      [META.capabilities]: {
        ...{ elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} },
        extensions: { "io.modelcontextprotocol/tasks": {} },
      },
    });
    expect(readEnvelope({ _meta: given }, DEFAULT)).toMatchObject({ ok: true, value: { dropped: 4 } });
  });

  it("never gets more than it had, but for the operator's roots", () => {
    const name = fc.constantFrom("elicitation", "sampling", "roots", "form", "url", "tools", "x", "extensions");
    const part = fc.dictionary(name, fc.constant<JsonObject>({}), { noNullPrototype: true });
    fc.assert(
      fc.property(fc.dictionary(name, part, { noNullPrototype: true }), (declared) => {
        const kept = metaOf(envelope({}, declared), ALL)[META.capabilities] as Record<string, JsonObject>;
        for (const [capability, members] of Object.entries(kept)) {
          if (capability === "roots") continue;
          expect(Object.keys(declared[capability] ?? {})).toEqual(expect.arrayContaining(Object.keys(members)));
        }
        expect(Object.keys(kept).every((kind) => ["elicitation", "sampling", "roots"].includes(kind))).toBe(true);
      }),
    );
  });

  it("is claimed by naming a revision, rightly or not", () => {
    expect(isEnveloped({ _meta: { [META.version]: 1 } })).toBe(true);
    expect([undefined, {}, { _meta: {} }, { _meta: "x" }, { [META.version]: MODERN }].map(isEnveloped)).toEqual(
      Array.from({ length: 5 }, () => false),
    );
  });

  it("lets come what is as grave as it asked for", () => {
    expect([mayLog("warning", "warning"), mayLog("warning", "alert"), mayLog("warning", "info")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
