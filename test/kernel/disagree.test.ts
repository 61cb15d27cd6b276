/** Results that say one thing to the client and another to the model. */
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../src/base/json.js";
import { contentDisagrees } from "../../src/kernel/disagree.js";

const text = (...texts: readonly JsonValue[]): JsonValue[] => texts.map((one) => ({ type: "text", text: one }));

describe("a result disagrees with itself", () => {
  it.each<readonly [string, JsonValue]>([
    ["when its one JSON text is another", { content: text('{"to":"bob"}'), structuredContent: { to: "eve" } }],
    ["when none of several is the same", { content: text("[1]", '{"a":2}'), structuredContent: { a: 1 } }],
    ["when the text holds half a character", { content: text('{"a":"\\ud800"}'), structuredContent: { a: "" } }],
    ["when what is structured is no object", { content: text("[1]"), structuredContent: "[1]" }],
  ])("%s", (_when, result) => {
    expect(contentDisagrees(result)).toBe(true);
  });
});

describe("a result does not disagree with itself", () => {
  it.each<readonly [string, JsonValue]>([
    [
      "when both say the same in other words of JSON",
      { content: text('{ "b": 1.0, "a": "x" }'), structuredContent: { a: "x", b: 1 } },
    ],
    ["when one of several texts says the same", { content: text("[2]", "[1]"), structuredContent: [1] }],
    ["when there is nothing structured", { content: text("[1]") }],
    ["when its texts are prose", { content: text("one", "{"), structuredContent: { a: 1 } }],
    ["when there is no text", { content: [], structuredContent: { a: 1 } }],
    [
      "when what looks like a text is a block of another type",
      { content: [{ type: "x", text: "[1]" }], structuredContent: [2] },
    ],
    [
      "when a block is no object, or its text no text",
      { content: [null, "[1]", 1, ...text(1, null, {})], structuredContent: [2] },
    ],
    ["when its content is no list", { content: { type: "text", text: "[1]" }, structuredContent: [2] }],
    ["when it has no content", { structuredContent: [2] }],
    ["when it is no object", [{ type: "text", text: "[1]" }]],
    ["when it is nothing", null],
  ])("%s", (_when, result) => {
    expect(contentDisagrees(result)).toBe(false);
  });
});
