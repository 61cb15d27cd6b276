/** Decisions: a golden table, order, the tail, grants. */
import { describe, expect, it } from "vitest";
import { decisionName } from "../../src/abi/decision.js";
import { SYSCALL_NAMES, type SyscallName } from "../../src/abi/syscalls.js";
import type { PolicyQuestion } from "../../src/policy/compile.js";
import { ask, compiled, sourceOf, TAIL } from "./fixture.js";

const FIXTURES = "test/fixtures/policies";

function answer(source: string, question: PolicyQuestion): string {
  return decisionName(compiled(source).decide(question).decision);
}

/** A policy of one allow rule for tool calls with more conditions. */
function allowing(conditions: string): string {
  return `[[rules]]\nid = "it"\neffect = "allow"\n[rules.when]\nsyscalls = ["tool.invoke"]\n${conditions}\n${TAIL}`;
}

describe("a policy without a test on values", () => {
  const guard = compiled(sourceOf(`${FIXTURES}/by-session.toml`));
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
    expect(decisionName(guard.decide(ask({ kind, labels })).decision)).toBe(expected);
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
      decision: { verdict: "deny", rule: "default-deny", reason: "no-rule" },
      facts: [],
      spends: [],
    });
    expect(answer(sourceOf(`${FIXTURES}/allow-all.toml`), ask({ kind }))).toBe("allow:everything");
  });

  it("deny a kind that no policy can name", () => {
    const stranger = { ...ask(), kind: "unknown" as SyscallName };
    const inherited = { ...ask(), kind: "constructor" as SyscallName };
    const policy = compiled(sourceOf(`${FIXTURES}/allow-all.toml`));
    expect([stranger, inherited].map((question) => decisionName(policy.decide(question).decision))).toEqual([
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
    expect(decisionName(policy.decide(ask(changes)).decision)).toBe(expected);
  });

  it("covers its kind, target and agent, and nothing beside", () => {
    const find = (kind: SyscallName, target: string, agent: string): number | undefined =>
      policy.findGrant({ ...ask(), kind, target, agent });
    expect(find("tool.invoke", "fs/read_x", "anyone")).toBe(0);
    expect(find("tool.describe", "fs/read_x", "anyone")).toBeUndefined();
    expect(find("tool.invoke", "xfs/read_x", "anyone")).toBeUndefined();
    expect(find("tool.invoke", "mail/send", "agent://mcp/a")).toBe(1);
    expect(find("tool.invoke", "mail/send", "agent://mc")).toBeUndefined();
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
    expect(compiled(deny + allow + TAIL).decide(ask()).decision).toEqual({
      verdict: "deny",
      rule: "no",
      reason: "policy-deny",
    });
    expect(compiled(allow + deny + TAIL).decide(ask()).decision).toEqual({
      verdict: "allow",
      rule: "yes",
      reason: "policy-allow",
    });
    expect(answer(deny + allow + TAIL, ask({ tool: "write" }))).toBe("allow:yes");
  });
});

describe("a compiled policy", () => {
  it("hands out decisions that nobody can change, and the same ruling when nothing was noted", () => {
    const { decide } = compiled(sourceOf(`${FIXTURES}/by-session.toml`));
    for (const question of [ask(), ask({ kind: "file.patch" })]) {
      expect(Object.isFrozen(decide(question))).toBe(true);
      expect(Object.isFrozen(decide(question).decision)).toBe(true);
      expect(decide(question)).toBe(decide({ ...question }));
    }
  });

  it("keeps the order of rules that are found by tool, by server and neither way", () => {
    const rule = (id: string, conditions: string): string =>
      `[[rules]]\nid = "${id}"\neffect = "deny"\nwhen = { syscalls = ["tool.invoke"], ${conditions} }\n`;
    const parts = [
      rule("server", 'server = "fs", labels_any = ["private"]'),
      rule("tool", 'tool = ["read_file", "x"], labels_any = ["private", "secret"]'),
      rule("rest", 'tool = "read_*"'),
      rule("late", 'tool = "read_file"'),
    ];
    const policy = compiled(parts.join("") + TAIL);
    const names = [["private"], ["secret"], []].map((labels) => policy.decide(ask({ labels })).decision.rule);
    expect(names).toEqual(["server", "tool", "rest"]);
    const reversed = compiled(parts.toReversed().join("") + TAIL);
    expect(reversed.decide(ask({ labels: ["private"] })).decision.rule).toBe("late");
    expect(policy.decide(ask({ tool: "x", labels: ["secret"], server: "other" })).decision.rule).toBe("tool");
  });
});

describe("rules filed by tool and by server", () => {
  const rule = (id: string, effect: string, more: string): string =>
    `[[rules]]\nid = "${id}"\neffect = "${effect}"\n[rules.when]\nsyscalls = ["tool.invoke"]\n${more}\n`;

  it.each(["server", "tool"])("are all asked in their order, though those before them by %s did not hold", (name) => {
    const filed = `${name} = ["${name === "server" ? "fs" : "read_file"}"]`;
    const policy = compiled(
      [
        rule("one", "deny", `${filed}\nlabels_any = ["secret"]`),
        rule("two", "deny", `${filed}\nlabels_any = ["private"]`),
        rule("three", "deny", `${filed}\nlabels_any = ["external"]`),
        rule("rest", "allow", ""),
        TAIL,
      ].join("\n"),
    );
    const ruleFor = (...labels: readonly string[]): string => policy.decide(ask({ labels })).decision.rule;
    expect([ruleFor("secret"), ruleFor("private"), ruleFor("external"), ruleFor()]).toEqual([
      ...["one", "two", "three", "rest"],
    ]);
  });
});
