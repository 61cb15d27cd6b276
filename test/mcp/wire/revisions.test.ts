import { describe, expect, it } from "vitest";
import { forwardVersion, isRevision, REVISIONS } from "../../../src/mcp/wire/revisions.js";

describe("forwardVersion", () => {
  it.each(REVISIONS)("puts %s before the server when the client asks for it", (version) => {
    expect(forwardVersion(version)).toBe(version);
    expect(isRevision(version)).toBe(true);
  });

  it.each(["2026-07-28", "1999-01-01", "2024-10-07", "", "2025-11-25 "])("puts our newest for `%s`", (version) => {
    expect(forwardVersion(version)).toBe("2025-11-25");
    expect(isRevision(version)).toBe(false);
  });
});
