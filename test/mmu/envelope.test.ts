/** What is the envelope's of a path in an MCP result, and which texts are JSON. */
import { describe, expect, it } from "vitest";
import { MAX_JSON_TEXT_CHARS } from "../../src/mmu/bounds.js";
import { isTextBlock, jsonTextOf, withoutEnvelope } from "../../src/mmu/envelope.js";

const TEXT_BLOCKS = [
  "/content/0/text",
  "/content/12/text",
  "/content/0/resource/text",
  "/contents/3/text",
  "/messages/10/content/text",
];
const OTHERS = [
  "",
  "/content",
  "/content/0",
  "/content/text",
  "/content//text",
  "/content/a/text",
  "/content/0/text/0",
  "/content/0/text!",
  "/content/0/resource",
  "/content/0/resource/resource/text",
  "/contents/3/resource/text",
  "/messages/0/text",
  "/messages/0/content/0/text",
  "/a/content/0/text",
  "content/0/text",
];

describe("isTextBlock", () => {
  it.each(TEXT_BLOCKS)("holds for %j", (path) => {
    expect(isTextBlock(path)).toBe(true);
  });

  it.each(OTHERS)("does not hold for %j", (path) => {
    expect(isTextBlock(path)).toBe(false);
  });
});

describe("withoutEnvelope", () => {
  it.each<[string, string]>([
    ["/structuredContent", ""],
    ["/structuredContent/account/iban", "/account/iban"],
    ["/structuredContent#", "#"],
    ["/structuredContent!/iban", "!/iban"],
    ...TEXT_BLOCKS.map<[string, string]>((path) => [`${path}!/iban`, "/iban"]),
    ["/content/0/text!", ""],
    ["/content/0/text!/content/0/text!/iban", "/content/0/text!/iban"],
  ])("of %j leaves %j", (path, left) => {
    expect(withoutEnvelope(path)).toBe(left);
  });

  it.each([
    ...TEXT_BLOCKS,
    "/structuredContentX/iban",
    "/a/structuredContent/iban",
    "/a/content/0/text!/iban",
    "/iban",
  ])("leaves %j as it is", (path) => {
    expect(withoutEnvelope(path)).toBe(path);
  });
});

describe("jsonTextOf", () => {
  it.each([
    ['{"iban":"x"}', { iban: "x" }],
    [" \r\n\t[1,null]\n", [1, null]],
    ["{}", {}],
  ])("reads %j", (text, value) => {
    expect(jsonTextOf(text)).toEqual(value);
  });

  it.each(["", "1", "null", '"[1]"', "x [1]", "[1", "{iban}", "[1] x", "\ufeff[]"])("takes %j for text", (text) => {
    expect(jsonTextOf(text)).toBeUndefined();
  });

  it("reads a text of ten megabytes, and none that is a character longer", () => {
    const text = `[${" ".repeat(MAX_JSON_TEXT_CHARS - 2)}]`;
    expect(jsonTextOf(text)).toEqual([]);
    expect(jsonTextOf(`${text} `)).toBeUndefined();
  });
});
