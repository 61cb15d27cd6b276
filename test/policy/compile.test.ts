/** Decisions: a golden table, order, the tail, grants, and agreement with an oracle on random policies. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decisionName } from "../../src/abi/decision.js";
import { SYSCALL_NAMES, type SyscallName } from "../../src/abi/syscalls.js";
import { compilePolicy, type PolicyQuestion } from "../../src/policy/compile.js";
import { ask, compiled, grants, policyOf, questions, ruleBodies, sourceOf, TAIL } from "./fixture.js";
import { oracle } from "./oracle.js";

const FIXTURES = "test/fixtures/policies";

function answer(source: string, question: PolicyQuestion): string {
  return decisionName(compiled(source).decide(question));
}

/** A policy of one allow rule for tool calls with more conditions. */
function allowing(conditions: string): string {
  return `[[rules]]\nid = "it"\neffect = "allow"\n[rules.when]\nsyscalls = ["tool.invoke"]\n${conditions}\n${TAIL}`;
}

describe("the guard policy", () => {
  const guard = compiled(sourceOf("policies/guard.toml"));
  it.each<[SyscallName, readonly string[], string]>([
    ["tool.invoke", [], "allow:tool-call"],
    ["tool.invoke", ["untrusted", "external"], "allow:tool-call"],
    ["tool.invoke", ["untrusted", "poisoned-suspect"], "deny:poisoned-session"],
    ["tool.invoke", ["private"], "deny:confidential-session"],
    ["tool.invoke", ["private", "secret"], "deny:confidential-session"],
    ["tool.invoke", ["private", "poisoned-suspect"], "deny:poisoned-session"],
    ["tool.describe", ["poisoned-suspect"], "allow:describe"],
    ["resource.describe", [], "allow:describe"],
    ["prompt.describe", [], "allow:describe"],
    ["tool.response", ["poisoned-suspect", "secret"], "allow:response"],
    ["resource.response", [], "allow:response"],
    ["prompt.response", [], "allow:response"],
    ["resource.read", [], "deny:default-deny"],
    ["prompt.get", [], "deny:default-deny"],
    ["model.call", [], "deny:default-deny"],
    ["context.read", [], "deny:default-deny"],
    ["memory.read", [], "deny:default-deny"],
    ["memory.write", [], "deny:default-deny"],
    ["secret.open", [], "deny:default-deny"],
    ["network.send", [], "deny:default-deny"],
    ["file.patch", [], "deny:default-deny"],
    ["human.approve", [], "deny:default-deny"],
    ["agent.spawn", [], "deny:default-deny"],
  ])("on %s with %j: %s", (kind, labels, expected) => {
    expect(decisionName(guard.decide(ask({ kind, labels })))).toBe(expected);
  });
});

describe("the v0.1 policy", () => {
  const source = sourceOf(`${FIXTURES}/agentk-v0.1.toml`);
  const granted = `[[grants]]\ncapability = "tool.invoke:fs/*"\n[[grants]]\ncapability = "network.send:*"\n${source}`;
  it.each<[string, SyscallName, readonly string[], string]>([
    [source, "model.call", ["secret"], "allow:context-read"],
    [source, "secret.open", [], "deny:secret-fd-required"],
    [source, "network.send", [], "deny:capability-missing"],
    [source, "network.send", ["untrusted"], "deny:taint-untrusted-egress"],
    [granted, "network.send", ["untrusted"], "allow:capability-receipt"],
    [granted, "network.send", ["secret"], "deny:taint-sensitive-egress"],
    [source, "tool.invoke", [], "deny:tool-invoke-capability-missing"],
    [granted, "tool.invoke", [], "allow:tool-invoke-receipt"],
    [granted, "tool.invoke", ["private"], "deny:tool-sensitive-input"],
    [granted, "tool.invoke", ["untrusted"], "deny:tool-tainted-input"],
    [source, "resource.response", [], "allow:resource-response-record"],
    [source, "prompt.get", ["poisoned-suspect"], "deny:prompt-tainted-input"],
    [source, "file.patch", [], "deny:default-deny"],
  ])("%#: %s on %s is decided as before", (policy, kind, labels, expected) => {
    expect(answer(policy, ask({ kind, labels }))).toBe(expected);
  });
});

describe("the smallest and the widest policy", () => {
  it.each(SYSCALL_NAMES)("deny and allow %s", (kind) => {
    expect(compiled(sourceOf(`${FIXTURES}/deny-all.toml`)).decide(ask({ kind }))).toEqual({
      verdict: "deny",
      rule: "default-deny",
      reason: "no-rule",
    });
    expect(answer(sourceOf(`${FIXTURES}/allow-all.toml`), ask({ kind }))).toBe("allow:everything");
  });

  it("deny a kind that no policy can name", () => {
    const stranger = { ...ask(), kind: "unknown" as SyscallName };
    const inherited = { ...ask(), kind: "constructor" as SyscallName };
    const policy = compiled(sourceOf(`${FIXTURES}/allow-all.toml`));
    expect([stranger, inherited].map((question) => decisionName(policy.decide(question)))).toEqual([
      "deny:default-deny",
      "deny:default-deny",
    ]);
  });
});

describe("a grant", () => {
  const policy = compiled(sourceOf(`${FIXTURES}/grants-only.toml`));
  it.each<[Parameters<typeof ask>[0], string]>([
    [{}, "allow:granted-tool"],
    [{ target: "fs/write_file" }, "deny:default-deny"],
    [{ labels: ["poisoned-suspect"] }, "deny:default-deny"],
    [{ labels: ["private"] }, "allow:granted-tool"],
    [{ target: "mail/send" }, "allow:granted-tool"],
    [{ target: "mail/send", agent: "agent://other" }, "deny:default-deny"],
    [{ kind: "network.send" }, "deny:default-deny"],
  ])("on %j: %s", (changes, expected) => {
    expect(decisionName(policy.decide(ask(changes)))).toBe(expected);
  });

  it("covers its kind, target and agent, and nothing beside", () => {
    expect(policy.hasCapability("tool.invoke", "fs/read_x", "anyone")).toBe(true);
    expect(policy.hasCapability("tool.describe", "fs/read_x", "anyone")).toBe(false);
    expect(policy.hasCapability("tool.invoke", "xfs/read_x", "anyone")).toBe(false);
    expect(policy.hasCapability("tool.invoke", "mail/send", "agent://mcp/a")).toBe(true);
    expect(policy.hasCapability("tool.invoke", "mail/send", "agent://mc")).toBe(false);
  });
});

describe("a condition", () => {
  it.each<[string, Parameters<typeof ask>[0], boolean]>([
    ['server = "fs"', {}, true],
    ['server = "fs"', { server: "fs2" }, false],
    ['server = ["mail", "f?"]', {}, true],
    ['tool = "read_*"', {}, true],
    ['tool = "read_*"', { tool: "write_file" }, false],
    ['tool = "read_*"', { tool: "READ_file" }, false],
    ['target = "fs/*"', { target: "mail/send" }, false],
    ['agent = "agent://mcp/*"', {}, true],
    ['agent = "agent://mcp/*"', { agent: "agent://cron" }, false],
    ['labels_any = ["private", "pii"]', { labels: ["pii"] }, true],
    ['labels_any = ["private", "pii"]', { labels: ["external"] }, false],
    ["labels_any = []", {}, true],
    ['labels_all = ["private", "pii"]', { labels: ["pii"] }, false],
    ['labels_all = ["private", "pii"]', { labels: ["pii", "private", "x"] }, true],
    ['labels_none = ["private", "pii"]', { labels: ["pii"] }, false],
    ['labels_none = ["private", "pii"]', { labels: ["x"] }, true],
    ['capability = "missing"', {}, true],
    ['capability = "present"', {}, false],
    ['server = "fs"\ntool = "write"', {}, false],
  ])("%j on %j: %s", (conditions, changes, expected) => {
    expect(answer(allowing(conditions), ask(changes))).toBe(expected ? "allow:it" : "deny:default-deny");
  });

  it("on the tool is never met by a call that has none, not even with `*`", () => {
    const { tool, ...toolless } = ask();
    expect(tool).toBe("read_file");
    expect(answer(allowing('tool = "*"'), toolless)).toBe("deny:default-deny");
  });
});

describe("order", () => {
  const deny = '[[rules]]\nid = "no"\neffect = "deny"\nwhen = { syscalls = ["tool.invoke"], tool = "read_*" }\n';
  const allow = '[[rules]]\nid = "yes"\neffect = "allow"\nwhen = { syscalls = ["tool.invoke"] }\n';

  it("decides: the first rule that holds wins", () => {
    expect(compiled(deny + allow + TAIL).decide(ask())).toEqual({ verdict: "deny", rule: "no", reason: "policy-deny" });
    expect(compiled(allow + deny + TAIL).decide(ask())).toEqual({
      verdict: "allow",
      rule: "yes",
      reason: "policy-allow",
    });
    expect(answer(deny + allow + TAIL, ask({ tool: "write" }))).toBe("allow:yes");
  });
});

describe("a compiled policy", () => {
  it("decides as the oracle does", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(ruleBodies, grants, fc.array(questions, { maxLength: 8 }), (bodies, granted, asked) => {
        const document = policyOf(bodies, granted);
        const policy = compilePolicy(document);
        for (const question of asked) {
          const decision = policy.decide(question);
          seen.add(decision.reason);
          expect(decisionName(decision)).toBe(oracle(document, question));
        }
      }),
      { numRuns: 1500 },
    );
    // The random questions must meet rules of both effects, or this shows nothing.
    expect([...seen].toSorted()).toEqual(["no-rule", "policy-allow", "policy-deny"]);
  });

  it("never allows more for deny rules put in front", () => {
    fc.assert(
      fc.property(ruleBodies, ruleBodies, questions, (bodies, front, question) => {
        const denials = front.map((body) => ({ ...body, effect: "deny" as const }));
        const before = compilePolicy(policyOf(bodies)).decide(question);
        const after = compilePolicy(policyOf([...denials, ...bodies])).decide(question);
        if (before.verdict === "deny") expect(after.verdict).toBe("deny");
      }),
    );
  });

  it("never allows more for a grant taken away, when no rule asks for a missing one", () => {
    fc.assert(
      fc.property(ruleBodies, grants, questions, (bodies, granted, question) => {
        const asking = bodies.map(({ when }) => ({
          effect: "allow" as const,
          when: { ...when, capability: "present" as const },
        }));
        const all = compilePolicy(policyOf(asking, granted)).decide(question);
        const fewer = compilePolicy(policyOf(asking, granted.slice(1))).decide(question);
        if (all.verdict === "deny") expect(fewer.verdict).toBe("deny");
      }),
    );
  });

  it("hands out decisions that nobody can change", () => {
    const { decide } = compiled(sourceOf("policies/guard.toml"));
    expect(Object.isFrozen(decide(ask()))).toBe(true);
    expect(Object.isFrozen(decide(ask({ kind: "file.patch" })))).toBe(true);
  });
});
