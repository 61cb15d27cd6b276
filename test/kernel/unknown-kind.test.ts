/** A request of a kind that there is not: denied under any policy, and its name stands in the log only if it can be shown. */
import { describe, expect, it } from "vitest";
import { ALLOW_ALL, ask, opened, requestOf, type SyscallStep } from "./fixture.js";

const asked = (subject: Readonly<Record<string, string>>): SyscallStep =>
  ask(opened(ALLOW_ALL), { ...requestOf("tool.invoke"), kind: "unknown", subject });

describe("a kind that there is not", () => {
  it("is denied with high risk, under its own name", () => {
    const { event, act } = asked({ name: "tools/frobnicate" });
    expect(act).toBeUndefined();
    expect(event.value).toMatchObject({
      target: "tools/frobnicate",
      risk: "high",
      decision: { verdict: "deny", rule: "default-deny", reason: "unknown-syscall" },
    });
  });

  it.each([
    ["that acts on a terminal", { name: "a\u001b[31mb" }],
    ["that hides", { name: "a\u202eb" }],
    ["of two lines", { name: "a\nb" }],
    ["that is empty", { name: "" }],
    ["that is not there", { nome: "x" }],
  ])("has no name in the log %s", (_what, subject) => {
    const { event, line } = asked(subject);
    expect(event.value.target).toBe("(unprintable)");
    expect(line).toContain('"target":"(unprintable)"');
  });
});
