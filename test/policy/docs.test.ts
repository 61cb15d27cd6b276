/** The operator's page says nothing that does not load, and forgets no condition. */
import { describe, expect, it } from "vitest";
import { decisionName } from "../../src/abi/decision.js";
import { SYSCALL_NAMES } from "../../src/abi/syscalls.js";
import { LABEL_NAMES } from "../../src/abi/labels.js";
import { lintPolicy } from "../../src/policy/check/lint.js";
import { CONDITION_NAMES } from "../../src/policy/conditions/table.js";
import { ask, compiled, documentOf, sourceOf } from "./fixture.js";

const page = sourceOf("docs/policy.md");
const examples = [...page.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, source = ""]) => source);

describe("docs/policy.md", () => {
  it("has examples, and each is a whole policy that loads", () => {
    expect(examples.length).toBeGreaterThanOrEqual(4);
    for (const source of examples) expect(documentOf(source).rules.at(-1)?.id).toBe("default-deny");
  });

  it("has examples in which rules do what they seem to", () => {
    const codes = examples.flatMap((source) => lintPolicy(documentOf(source), source).map(({ code }) => code));
    const idle = ["ungiven-tag", "no-origin", "withheld-answers", "vacuous-every", "unreachable", "contradictory"];
    expect(codes.filter((code) => idle.includes(code))).toEqual([]);
  });

  it.each([...CONDITION_NAMES, ...SYSCALL_NAMES, ...LABEL_NAMES])("names `%s`", (name) => {
    expect(page).toContain(`\`${name}\``);
  });

  it("shows a first policy that decides as its text says", () => {
    const policy = compiled(examples[0] ?? "");
    const names = [{}, { tool: "write_file", target: "fs/write_file" }, { server: "mail", target: "mail/read_file" }];
    expect(names.map((changes) => decisionName(policy.decide(ask(changes)).decision))).toEqual([
      "allow:read-files",
      "deny:default-deny",
      "deny:default-deny",
    ]);
    expect(decisionName(policy.decide(ask({ labels: ["poisoned-suspect"] })).decision)).toBe("deny:poisoned");
  });
});
