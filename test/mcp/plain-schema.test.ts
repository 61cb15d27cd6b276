/** What is taken for plain is valid by the dialects' own schemas, which ajv brings; and real tools' schemas are plain. */
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../src/base/json.js";
import { isPlainSchema } from "../../src/mcp/plain-schema.js";

const KEYWORDS =
  "type title description format pattern $comment default const enum examples minimum maximum minLength maxLength " +
  "minItems maxItems required items additionalProperties anyOf oneOf allOf properties $ref $defs not uniqueItems";

const { schema } = fc.letrec<{ schema: unknown; value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>("string", "object", "", 0, 1, -1, 1.5, true, null, [], {}, ["a"], ["a", "a"], ["string"]),
    tie("schema"),
    fc.array(tie("schema"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b"), tie("schema"), { maxKeys: 2 }),
  ),
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.boolean(),
    fc.dictionary(fc.constantFrom(...KEYWORDS.split(" ")), tie("value"), { maxKeys: 3 }),
  ),
}));

describe("a schema that is taken for plain", () => {
  it("is valid, in both dialects", () => {
    const dialects = [
      new Ajv2020({ logger: false, validateFormats: false }),
      new Ajv({ logger: false, validateFormats: false }),
    ];
    let plain = 0;
    fc.assert(
      fc.property(schema, (made) => {
        if (!isPlainSchema(made as JsonValue)) return;
        plain++;
        for (const dialect of dialects) expect(dialect.validateSchema(made as object | boolean)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(plain).toBeGreaterThan(2000);
  });

  it("may be a usual tool's", () => {
    const properties = {
      path: { type: "string", description: "where", minLength: 1 },
      edits: {
        type: "array",
        items: { type: "object", properties: {}, required: ["old"], additionalProperties: false },
      },
      mode: { anyOf: [{ enum: ["a", "b"] }, { const: null }], default: "a" },
    };
    expect(isPlainSchema({ type: "object", properties, required: ["path"] })).toBe(true);
  });

  it.each([
    { type: "strange" },
    { type: 5 },
    { properties: [] },
    { properties: { a: 1 } },
    { required: "a" },
    { required: ["a", "a"] },
    { required: [1] },
    { items: 1 },
    { anyOf: [] },
    { minLength: -1 },
    { maxItems: 1.5 },
    { minimum: "1" },
    { enum: "a" },
    { pattern: 1 },
    { $ref: "#/x" },
    { constructor: true },
    [],
    "text",
  ] as JsonValue[])("is not %j", (made) => {
    expect(isPlainSchema(made)).toBe(false);
  });
});
