/** When the engine of regular expressions is loaded; a file of its own, because it loads modules anew. */
import { describe, expect, it, vi } from "vitest";

describe("loadRegexFor", () => {
  it.each([
    ['matches = "a"', true],
    ['"m\\u0061tches" = "a"', true],
    ['tool = "a"', false],
  ])("for %j: loaded is %j", async (source, expected) => {
    vi.resetModules();
    const fresh = await import("../../../src/policy/match/regex.js");
    expect(fresh.compileRegex("a")).toEqual({ ok: false, error: "the engine for `matches` is not loaded" });
    await fresh.loadRegexFor(source);
    expect(fresh.compileRegex("a").ok).toBe(expected);
  });
});
