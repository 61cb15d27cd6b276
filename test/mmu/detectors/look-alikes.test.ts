/** Letters that look like Latin ones, as the Latin ones. */
import { describe, expect, it } from "vitest";
import { withoutLookAlikes } from "../../../src/mmu/detectors/look-alikes.js";

describe("withoutLookAlikes", () => {
  it.each([
    ["\u0456gn\u043er\u0435", "ignore"],
    ["\u0420\u0395V\u0399\u039fUS", "peVioUS"],
    ["plain ASCII", "plain ASCII"],
    ["café 日本 😀", "café 日本 😀"],
  ])("of %j is %j", (text, latin) => {
    expect(withoutLookAlikes(text)).toBe(latin);
  });
});
