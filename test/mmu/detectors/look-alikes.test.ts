/** Letters that look like Latin ones, as the Latin ones. */
import { describe, expect, it } from "vitest";
import { withoutLookAlikes } from "../../../src/mmu/detectors/look-alikes.js";

describe("withoutLookAlikes", () => {
  it.each([
    ["\u0456gn\u043er\u0435", "ignore"],
    ["\u0420\u0395V\u0399\u039fUS", "peVioUS"],
    ["PR\u0555MPT \u0408\u054d\u051a\u051c", "PRoMPT juqw"],
    ["\u041d\u0412\u0420 \u043d", "hbp \u043d"],
    ["plain ASCII", "plain ASCII"],
    ["café 日本 😀", "café 日本 😀"],
  ])("of %j is %j", (text, latin) => {
    expect(withoutLookAlikes(text)).toBe(latin);
  });
});
