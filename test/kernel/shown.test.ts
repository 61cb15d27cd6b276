/** What the log shows of targets and paths: nothing that could be a secret, and nothing without a bound. */
import { describe, expect, it } from "vitest";
import { shownOrigin, shownPrefix } from "../../src/kernel/row.js";
import { shownPath } from "../../src/kernel/shown-path.js";
import { SYSCALLS } from "../../src/kernel/table.js";

describe("a target", () => {
  it.each([
    ["notes/hunter2", "notes/(redacted)"],
    ["notes/a/b", "notes/(redacted)"],
    ["/hunter2", "/(redacted)"],
    ["hunter2", "(redacted)"],
    ["", "(redacted)"],
  ])("%j shows its namespace alone", (target, shown) => {
    expect(shownPrefix(target)).toBe(shown);
  });

  it.each([
    [`${"a".repeat(32)}://h/x`, `${"a".repeat(32)}://h/(redacted)`],
    [`${"a".repeat(33)}://h/x`, "(redacted)"],
    [`x://${"h".repeat(260)}/x`, `x://${"h".repeat(260)}/(redacted)`],
    [`x://${"h".repeat(261)}/x`, "(redacted)"],
    ["mailto:bob@acme.example", "mailto:(redacted)"],
    ["see https://acme.example/", "(redacted)"],
    ["//acme.example/", "(redacted)"],
  ])("%j shows its scheme and host, where they have the form and length of such", (target, shown) => {
    expect(shownOrigin(target)).toBe(shown);
  });

  it("that is a file shows nothing, and what a client has open is shown by our name for it", () => {
    expect(SYSCALLS["file.patch"].shown("/home/hunter2")).toBe("(redacted)");
    expect(SYSCALLS["context.read"].shown("client/roots")).toBe("client/roots");
    expect(SYSCALLS["context.read"].shown("client/roots/hunter2")).toBe("(redacted)");
  });

  it("of another server gives no subject back", () => {
    expect(SYSCALLS["tool.describe"].subjectOf("fs/tools", "fs")).toEqual({ item: "tools" });
    for (const target of ["mail/tools", "fs", "tools"]) {
      expect(SYSCALLS["tool.describe"].subjectOf(target, "fs")).toBeUndefined();
      expect(SYSCALLS["tool.invoke"].subjectOf(target, "fs")).toBeUndefined();
    }
  });
});

describe("a path", () => {
  const isKnown = (name: string): boolean => name === "to";

  it("shows indices, names of MCP's and names of the policy's, and no other", () => {
    expect(shownPath("/content/0/text!/to/hunter2#", isKnown)).toBe("/content/0/text!/to/?#");
    expect(shownPath("/1234567/to~1/999999", isKnown)).toBe("/?/?/999999");
  });

  it("is cut past its bound, and says so", () => {
    const whole = "/to".repeat(170);
    expect(shownPath(`${whole}/0`, isKnown)).toBe(`${whole}/0`);
    expect(shownPath(`${whole}/01`, isKnown)).toBe(`${whole}/0?`);
  });
});
