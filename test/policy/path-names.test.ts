/** The names that the operator wrote in paths, which the log may show of a call that is hidden. */
import { describe, expect, it } from "vitest";
import { pathNames } from "../../src/policy/path-names.js";
import { policyOf } from "./fixture.js";

const shown = (...document: Parameters<typeof policyOf>): readonly string[] =>
  [...pathNames(policyOf(...document))].filter((name) => name !== "").sort();

describe("pathNames", () => {
  it("has the names of every path in the rules, however deep it is nested", () => {
    const rules = [
      {
        effect: "transform" as const,
        when: {
          syscalls: ["tool.invoke" as const],
          every: [{ path: "/message/to" }],
          any: [{ syscalls: [], not: { syscalls: [], some: [{ path: "/deep/**" }] } }],
          budget: { path: "/amount", over: 5 },
        },
        changes: [{ kind: "redact" as const, path: "/secret" }],
      },
    ];
    expect(shown(rules)).toEqual(["**", "amount", "deep", "message", "secret", "to"]);
  });

  it("has the names of every path of a source, and of its `when`", () => {
    const source = { path: ["/content/0", "/notes"], when: { path: "kind", in: ["mail"] }, labels: ["untrusted"] };
    expect(shown([], { sources: [source] })).toEqual(["0", "content", "kind", "notes"]);
  });

  it("has no word that stands elsewhere in the policy", () => {
    const when = { syscalls: ["tool.invoke" as const], tool: ["pay"], only: ["iban"], intent: ["wire"] };
    expect(
      shown([{ effect: "ask", reason: "/why", when }], { directory: [{ name: "staff", values: ["/home"] }] }),
    ).toEqual([]);
  });

  it("has names as members are called, with marks between them and escapes undone", () => {
    const when = { syscalls: ["tool.invoke" as const], every: [{ path: "/body!/a~1b/c~0d/key#" }] };
    expect(shown([{ effect: "deny", when }])).toEqual(["a/b", "body", "c~d", "key"]);
  });
});
