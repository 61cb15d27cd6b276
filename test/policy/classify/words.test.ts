/** Names cut into words. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPlainName, splitName } from "../../../src/policy/classify/words.js";

describe("splitName", () => {
  it.each([
    ["get_unread_emails", ["get", "unread", "emails"], 0, []],
    ["getURLContent", ["get", "url", "content"], 0, ["geturlcontent"]],
    ["HTTPRequest", ["http", "request"], 0, ["httprequest"]],
    ["GET_FILE", ["get", "file"], 0, []],
    ["kebab-case name", ["kebab", "case", "name"], 0, []],
    ["files.read", ["files", "read"], 1, []],
    ["a.b_c/doIt", ["a", "b", "c", "do", "it"], 3, ["doit"]],
    ["send.", ["send"], 0, []],
    ["..send", ["send"], 0, []],
    ["a../_b", ["a", "b"], 1, []],
    ["s3_put2x", ["s", "put", "x"], 0, []],
    ["A", ["a"], 0, []],
    ["deLete", ["de", "lete"], 0, ["delete"]],
    ["caf\u00e9_x", ["caf", "x"], 0, []],
    ["", [], 0, []],
    ["__1__", [], 0, []],
  ])("%j is %j, its own name from word %j on", (name, words, start, uncut) => {
    expect(splitName(name)).toEqual({ words, start, uncut });
  });

  it("loses no ASCII letter, adds none, and puts the start among the words", () => {
    const unit = fc.constantFrom(...Array.from("aZbQ_-./:0 \u00e9\u212a@[`{"));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit, maxLength: 40 }), fc.string({ unit: "binary" })), (name) => {
        const { words, start } = splitName(name);
        expect(words.join("")).toBe(name.replace(/[^A-Za-z]/g, "").toLowerCase());
        expect(words.every((word) => word !== "")).toBe(true);
        expect(start === 0 || start < words.length).toBe(true);
      }),
    );
  });
});

it("isPlainName takes what MCP asks names to be, and no look-alikes", () => {
  expect(["get_file", "a.b/c:d-e", "x y", ""].map(isPlainName)).toEqual([true, true, true, true]);
  expect(["get_f\u0456le", "a\nb", "a\u200bb", "a\u0000", "a*"].some(isPlainName)).toBe(false);
});
