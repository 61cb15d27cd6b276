/** Arguments that headers repeat: what a schema may declare, what is sent, and what is not believed. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ParamHeaders } from "../../../src/app/http/params.js";
import type { JsonObject } from "../../../src/base/json.js";

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    region: { type: "string", "x-mcp-header": "Region" },
    deep: { type: "object", properties: { count: { type: "integer", "x-mcp-header": "Deep-Count" } } },
    dry: { type: "boolean", "x-mcp-header": "Dry" },
    free: { type: "string" },
  },
};

function learned(inputSchema: JsonObject = SCHEMA): ParamHeaders {
  const headers = new ParamHeaders();
  headers.learn({ tools: [{ name: "deploy", inputSchema }] });
  return headers;
}

const call = (args?: JsonObject, name = "deploy"): JsonObject =>
  args === undefined ? { name } : { name, arguments: args };

describe("what is sent to a server", () => {
  test("is what its schema declares and the call has", () => {
    const headers = learned();
    expect(headers.of(call({ region: "Zürich", deep: { count: 42 }, dry: false, free: "no" }))).toEqual({
      ...{ "mcp-param-region": "=?base64?WsO8cmljaA==?=", "mcp-param-deep-count": "42", "mcp-param-dry": "false" },
    });
    expect(headers.of(call({ region: null, deep: [] }))).toEqual({});
    expect(headers.of(call())).toEqual({});
    expect(headers.of(call({ region: "x" }, "other"))).toEqual({});
  });

  test("never holds what could end a header, whatever the argument, and reads back as the argument", () => {
    const headers = learned();
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (region) => {
        const sent = headers.of(call({ region }));
        expect(sent["mcp-param-region"]).toMatch(/^[\x20-\x7e]+$/);
        expect(headers.fault(call({ region }), sent)).toBeUndefined();
      }),
    );
  });

  test("is left out where it would be too long", () => {
    expect(learned().of(call({ region: "x".repeat(5000) }))).toEqual({});
  });
});

const declaring = (part: JsonObject): JsonObject => ({ type: "object", properties: { region: part } });

test.each<[string, JsonObject]>([
  ["a name that is no token", declaring({ type: "string", "x-mcp-header": "Re\r\ngion" })],
  ["an empty name", declaring({ type: "string", "x-mcp-header": "" })],
  ["a name that is no text", declaring({ type: "string", "x-mcp-header": 7 })],
  ["an argument without a type", declaring({ "x-mcp-header": "Region" })],
  ["a fraction", declaring({ type: "number", "x-mcp-header": "Region" })],
  ["an item of a list", declaring({ type: "array", items: { type: "string", "x-mcp-header": "Region" } })],
  [
    "one name for two",
    {
      ...declaring({ type: "string", "x-mcp-header": "A" }),
      properties: { region: { type: "string", "x-mcp-header": "A" }, b: { type: "string", "x-mcp-header": "a" } },
    },
  ],
  ["one right and one within a choice", { ...SCHEMA, anyOf: [declaring({ type: "string", "x-mcp-header": "Other" })] }],
])("a schema with %s declares nothing", (_, schema) => {
  expect(learned(schema).of(call({ region: "x", b: "y" }))).toEqual({});
});

describe("what a client's headers say", () => {
  test.each<[string, JsonObject, Record<string, string>]>([
    [
      "what the call says",
      { region: "eu", deep: { count: 42 } },
      { "mcp-param-region": "eu", "mcp-param-deep-count": "42.0" },
    ],
    ["the same in base64", { region: "eu" }, { "mcp-param-region": "=?base64?ZXU=?=" }],
    ["nothing of what is not there", { region: null }, {}],
    ["nothing of a tool that declares nothing", { free: "x" }, { "x-other": "y" }],
  ])("%s: taken", (_, args, given) => {
    expect(learned().fault(call(args), given)).toBeUndefined();
  });

  test.each<[string, JsonObject, Record<string, string>, string]>([
    ["another value", { region: "eu" }, { "mcp-param-region": "us" }, "mcp-param-region"],
    ["nothing of an argument", { region: "eu" }, {}, "mcp-param-region"],
    ["an argument that the call lacks", {}, { "mcp-param-region": "us" }, "mcp-param-region"],
    ["one that nothing declares", { region: "eu" }, { "mcp-param-region": "eu", "mcp-param-x": "1" }, "mcp-param-x"],
    ["a number by another text", { deep: { count: 42 } }, { "mcp-param-deep-count": "0x2a" }, "mcp-param-deep-count"],
    ["base64 of no text", { region: "eu" }, { "mcp-param-region": "=?base64?ZXU?=" }, "mcp-param-region"],
  ])("%s: refused", (_, args, given, header) => {
    expect(learned().fault(call(args), given)).toBe(header);
  });

  test("of a tool that nobody has listed: nothing is believed", () => {
    const headers = new ParamHeaders();
    expect(headers.fault(call({ region: "eu" }), { "mcp-param-region": "eu" })).toBe("mcp-param-region");
    expect(headers.fault(call({ region: "eu" }), {})).toBeUndefined();
  });
});
