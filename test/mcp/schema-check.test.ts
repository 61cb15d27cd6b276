/** Schemas of a server's tools: what they hold for, and what they must not be able to do to us. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../src/base/json.js";
import { compileSchema, SchemaCheck } from "../../src/mcp/schema-check.js";

async function check(schema: JsonValue, value: JsonValue): Promise<unknown> {
  const compiled = await compileSchema(schema);
  if (compiled === undefined || "fault" in compiled) return compiled?.fault;
  return compiled.check(value);
}

describe("a schema", () => {
  const MAIL = { type: "object", properties: { to: { type: "string", pattern: "^[a-z]+$" } }, required: ["to"] };

  it.each([
    [{ to: "ada" }, undefined],
    [{ to: 7 }, { path: "/to", keyword: "type" }],
    [{ to: "ADA" }, { path: "/to", keyword: "pattern" }],
    [{}, { path: "", keyword: "required" }],
  ])("holds for %j: %j", async (value, found) => {
    expect(await check(MAIL, value)).toEqual(found);
  });

  it("keeps two patterns apart", async () => {
    const two = { properties: { a: { pattern: "^x" }, b: { pattern: "^y" } } };
    expect(await check(two, { a: "x", b: "x" })).toEqual({ path: "/b", keyword: "pattern" });
    expect(await check(two, { a: "y", b: "y" })).toEqual({ path: "/a", keyword: "pattern" });
  });

  it("may be of draft-07, and may refer to its own parts", async () => {
    const $schema = "http://json-schema.org/draft-07/schema#";
    const schema = { $schema, definitions: { n: { type: "number" } }, properties: { a: { $ref: "#/definitions/n" } } };
    expect(await check(schema, { a: "1" })).toEqual({ path: "/a", keyword: "type" });
    expect(await check(schema, { a: 1 })).toBeUndefined();
  });

  it.each([
    ["of another dialect", { $schema: "http://json-schema.org/draft-04/schema#" }, "dialect"],
    ["with a pattern that RE2 does not know", { properties: { a: { pattern: "(?=a)a" } } }, "pattern"],
    ["with a pattern that is too large", { properties: { a: { pattern: "(a{100}){100}" } } }, "pattern"],
    ["that is none", { type: "strange" }, "invalid"],
    ["too deep", Array.from({ length: 40 }).reduce<JsonValue>((inner) => ({ not: inner }), {}), "too-large"],
    ["with too many branches", { anyOf: Array.from({ length: 300 }, () => ({})) }, "too-large"],
    ["too long", { description: "x".repeat(300_000) }, "too-large"],
    ["with a file to read", { allOf: [{ $ref: "file:///etc/passwd" }] }, "remote-ref"],
    ["with a base of its own within", { properties: { a: { $id: "http://x.example/", $ref: "#" } } }, "remote-ref"],
  ])("%s cannot be used", async (_what, schema, fault) => {
    expect(await check(schema, {})).toBe(fault);
  });

  it("never opens a connection", async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked++;
      response.end("{}");
    });
    server.on("connection", () => asked++);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/schema.json`;
    for (const schema of [{ $ref: url }, { $dynamicRef: url }, { $schema: url }, { properties: { a: { $ref: url } } }])
      expect(["remote-ref", "dialect"]).toContain(await check(schema, {}));
    expect(await check({ $id: url, $ref: "#/$defs/a", $defs: { a: { type: "string" } } }, 1)).toMatchObject({
      keyword: "type",
    });
    expect(asked).toBe(0);
    await new Promise((resolve) => server.close(resolve));
  });

  it("cannot hold us with a pattern, a reference or a comparison", async () => {
    const evil = { type: "string", pattern: "^(a+)+$" };
    expect(await check(evil, `${"a".repeat(50_000)}!`)).toMatchObject({ keyword: "pattern" });
    const doubled = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => {
        const next = { $ref: `#/$defs/a${String(i + 1)}` };
        return [`a${String(i)}`, { allOf: [next, next] }];
      }),
    );
    const bomb = { $defs: { ...doubled, a40: { type: "object" } }, $ref: "#/$defs/a0" };
    expect(await check(bomb, {})).toEqual({ path: "", keyword: "unchecked" });
    const items = Array.from({ length: 60_000 }, (_, i) => ({ i }));
    expect(await check({ uniqueItems: true, items: {} }, items)).toEqual({ path: "", keyword: "unchecked" });
  });

  it("cannot hold us with many choices for each of many items", async () => {
    const choices = { items: { enum: Array.from({ length: 4000 }, (_, i) => [i]) } };
    const items = (count: number): JsonValue => Array.from({ length: count }, () => [3999]);
    expect(await check(choices, items(10))).toBeUndefined();
    expect(await check(choices, items(300_000))).toEqual({ path: "", keyword: "unchecked" });
    expect(await check({ items: { type: "array" } }, items(300_000))).toBeUndefined();
  });
});

describe("the schemas of a server", () => {
  it("are those that it listed first", async () => {
    const schemas = new SchemaCheck(() => undefined);
    schemas.learn({ tools: [{ name: "a", inputSchema: { required: ["x"] } }] });
    schemas.learn({ tools: [{ name: "a", inputSchema: {} }] });
    expect((await schemas.of("a")).input?.check({})).toMatchObject({ keyword: "required" });
    expect(await schemas.of("b")).toEqual({ input: undefined, output: undefined });
  });

  it("are kept as long as there is room for them, and told of when there is none", async () => {
    const faults: string[] = [];
    const schemas = new SchemaCheck((fault) => faults.push(fault));
    const wide = { required: ["x"], description: "x".repeat(250_000) };
    for (let i = 0; i < 80; i++) schemas.learn({ tools: [{ name: `t${String(i)}`, inputSchema: wide }] });
    expect((await schemas.of("t60")).input?.check({})).toMatchObject({ keyword: "required" });
    expect(faults).toEqual([]);
    expect((await schemas.of("t79")).input).toBeUndefined();
    expect(faults).toEqual(["input:too-large"]);
  });

  it("are told of once when they cannot be used, and then not asked", async () => {
    const faults: string[] = [];
    const schemas = new SchemaCheck((fault) => faults.push(fault));
    schemas.learn({ tools: [{ name: "a", inputSchema: { $ref: "http://x.example/" }, outputSchema: { type: "x" } }] });
    expect(await schemas.of("a")).toEqual({ input: undefined, output: undefined });
    await schemas.of("a");
    expect(faults).toEqual(["input:remote-ref", "output:invalid"]);
  });
});
