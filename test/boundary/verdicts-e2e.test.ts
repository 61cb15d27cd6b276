/** Every verdict but the plain ones, through the running proxy: what the server gets, what the client is told, what stays. */
import { describe, expect, test } from "vitest";
import type { ProxyProcess, Reply } from "./proxy-process.js";
import { startScripted, type ScriptedProxy } from "./scripted-proxy.js";
import { agentk, textOf, verified } from "./watch.js";

const LOOK = rule("look", "allow", 'syscalls = ["tool.describe", "tool.response"]');
const CALLS = rule("calls", "allow", 'syscalls = ["tool.invoke"]');
const TAIL = '[[rules]]\nid = "default-deny"\neffect = "deny"\n';
const REDACTED = "[redacted by agentk]";

function rule(id: string, effect: string, when: string, more = ""): string {
  return `[[rules]]\nid = "${id}"\neffect = "${effect}"\nwhen = { ${when} }\n${more}\n`;
}

/** A run that has begun, under these rules. */
async function begin(policy: string): Promise<ScriptedProxy> {
  const begun = startScripted("verdicts", { policy });
  await begun.proxy.handshake();
  return begun;
}

/** Arguments of the tool calls that the server has got. */
function sentTo({ seen }: ScriptedProxy): readonly unknown[] {
  return seen()
    .map((line) => JSON.parse(line) as { method?: string; params?: { arguments?: unknown } })
    .filter(({ method }) => method === "tools/call")
    .map(({ params }) => params?.arguments);
}

/** `type verdict:rule reason` of each decision in the log, in order. */
function decided(proxy: ProxyProcess): readonly string[] {
  return proxy.events().flatMap(({ type, value }) => {
    const decision = value.decision ?? (value["delivery"] as (typeof value)["decision"]);
    return decision === undefined ? [] : [`${type} ${decision.verdict}:${decision.rule} ${decision.reason}`];
  });
}

/** The decisions that are no plain allow. */
function special(proxy: ProxyProcess): readonly string[] {
  return decided(proxy).filter((said) => !said.endsWith(" policy-allow"));
}

function evidence({ result }: Reply): unknown {
  return (result?.["_meta"] as Readonly<Record<string, unknown>> | undefined)?.["agentk/decision"];
}

/** Ends the run; its log must verify and replay. */
async function end({ proxy }: ScriptedProxy): Promise<void> {
  await proxy.close();
  expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  const replay = await agentk(proxy.cwd, ["replay", "--json", proxy.log]);
  expect([replay.code, JSON.parse(replay.stdout)]).toMatchObject([0, { ok: true, depth: "deep", indeterminate: 0 }]);
}

describe("ask and defer", () => {
  // Claim: A4
  test("with nobody to ask, the call does not happen, and the log says why", async () => {
    const run = await begin(LOOK + rule("careful", "ask", 'syscalls = ["tool.invoke"], tool = "echo"') + CALLS + TAIL);
    const asked = await run.proxy.call("echo", { a: 1 });
    expect(asked.result).toMatchObject({ isError: true });
    expect(evidence(asked)).toMatchObject({ reason: "approval-unavailable", retryable: false, rule: "careful" });
    expect(textOf(await run.proxy.call("late", { ms: 1 }))).toBe("late");
    await end(run);
    expect(sentTo(run)).toEqual([{ ms: 1 }]);
    expect(special(run.proxy)).toEqual([
      "syscall ask:careful policy-ask",
      "approval deny:careful approval-unavailable",
    ]);
    const approval = run.proxy.events().find(({ type }) => type === "approval");
    expect(approval?.value).toMatchObject({ answer: "unavailable" });
  });

  test("a deferred call does not happen, and may be tried again", async () => {
    const run = await begin(LOOK + rule("later", "defer", 'syscalls = ["tool.invoke"]') + TAIL);
    const deferred = await run.proxy.call("echo", { a: 1 });
    expect(deferred.result).toMatchObject({ isError: true });
    expect(evidence(deferred)).toMatchObject({ verdict: "defer", reason: "policy-defer", retryable: true });
    expect(textOf(deferred)).toContain("may succeed later");
    await end(run);
    expect(sentTo(run)).toEqual([]);
    expect(special(run.proxy)).toEqual(["syscall defer:later policy-defer"]);
  });

  test.each(["ask", "defer", "deny"])(
    "a result that a rule would %s is withheld: it has come already",
    async (effect) => {
      const kept = rule("kept", effect, 'syscalls = ["tool.response"]');
      const run = await begin(kept + LOOK + CALLS + TAIL);
      const answer = await run.proxy.call("echo", { a: "canary" });
      expect(answer.error).toBeDefined();
      expect(JSON.stringify(answer)).not.toContain("canary");
      await end(run);
      expect(sentTo(run)).toEqual([{ a: "canary" }]);
    },
  );
});

describe("transform", () => {
  test("of arguments: the server gets what the policy made of them", async () => {
    const changes = 'changes = [{ path = "/body", redact = true }, { path = "/to", substitute = "ops@acme.example" }]';
    const run = await begin(
      LOOK + rule("clean", "transform", 'syscalls = ["tool.invoke"], tool = "echo"', changes) + CALLS + TAIL,
    );
    const to = ["canary@evil.example"];
    const answer = await run.proxy.call("echo", { body: { text: "canary" }, to, subject: "kept" });
    const sent = { body: REDACTED, subject: "kept", to: "ops@acme.example" };
    expect(JSON.parse(textOf(answer))).toEqual(sent);
    await end(run);
    expect(sentTo(run)).toEqual([sent]);
    expect(run.seen().join("\n")).not.toContain("canary");
    expect(special(run.proxy)).toEqual(["syscall transform:clean policy-transform"]);
    const line = run.proxy.events().find(({ value }) => value.kind === "tool.invoke");
    expect(line?.value["changes"]).toEqual([
      { kind: "redact", path: "/body" },
      { kind: "substitute", path: "/to" },
    ]);
    expect(line?.value["sent"]).not.toEqual(line?.value["arguments"]);
  });

  test("of a result: the client gets what the policy made of it", async () => {
    const changes = 'changes = [{ path = "/content/*/text", redact = true }]';
    const run = await begin(
      rule("blot", "transform", 'syscalls = ["tool.response"], tool = "secret"', changes) + LOOK + CALLS + TAIL,
    );
    const answer = await run.proxy.call("secret", { text: "canary" });
    expect(answer.result).toEqual({ content: [{ text: REDACTED, type: "text" }] });
    expect(textOf(await run.proxy.call("echo", { a: 1 }))).toBe('{"a":1}');
    await end(run);
    expect(special(run.proxy)).toEqual(["page transform:blot policy-transform"]);
  });

  test("to quarantine: a stub in place of the result, and the session has not read it", async () => {
    const changes = "changes = [{ quarantine = true }]";
    const run = await begin(
      rule("hold", "transform", 'syscalls = ["tool.response"], labels_any = ["poisoned-suspect"]', changes) +
        LOOK +
        rule("steered", "deny", 'syscalls = ["tool.invoke"], labels_any = ["poisoned-suspect"]') +
        CALLS +
        TAIL,
    );
    const stub = await run.proxy.call("poisoned");
    expect(stub.result).toMatchObject({ isError: true });
    expect(textOf(stub)).toMatch(/^agentk keeps this result back \(rule `hold`\)/);
    expect(evidence(stub)).toMatchObject({ verdict: "transform", rule: "hold" });
    expect(JSON.stringify(run.proxy.replies)).not.toContain("Quarterly report");
    expect(textOf(await run.proxy.call("echo", { a: 1 }))).toBe('{"a":1}');
    await end(run);
    expect(special(run.proxy)).toEqual(["page transform:hold policy-transform"]);
  });
});

describe("transform of what no tool answered", () => {
  test("a list of tools is handed on as the policy made it, and withheld when it is quarantined", async () => {
    const of = (changes: string): string =>
      rule("list", "transform", 'syscalls = ["tool.describe"], target = "*/tools"', `changes = [${changes}]`) +
      LOOK +
      TAIL;
    const run = await begin(of('{ path = "/tools/*/description", redact = true }'));
    const tools = (await run.proxy.request("tools/list")).result?.["tools"] as readonly { description: string }[];
    expect(new Set(tools.map(({ description }) => description))).toEqual(new Set([REDACTED]));
    await end(run);
    const held = await begin(of("{ quarantine = true }"));
    expect((await held.proxy.request("tools/list")).error).toBeDefined();
    expect(JSON.stringify(held.proxy.replies)).not.toContain("does echo");
    await end(held);
  });
});

describe("observe", () => {
  test("everything passes unchanged, and the log says what would not have", async () => {
    const of = (tool: string): string => `syscalls = ["tool.invoke"], tool = "${tool}"`;
    const run = await begin(
      'mode = "observe"\n' +
        LOOK +
        rule("no-echo", "deny", of("echo")) +
        rule("careful", "ask", of("secret")) +
        rule("later", "defer", of("late")) +
        rule("clean", "transform", of("stderr"), 'changes = [{ path = "/text", redact = true }]') +
        TAIL,
    );
    await run.proxy.request("tools/list");
    const calls = [
      ["echo", { a: 1 }],
      ["secret", { text: "s" }],
      ["late", { ms: 1 }],
      ["stderr", { text: "told" }],
      ["poisoned", {}],
    ] as const;
    for (const [name, args] of calls) expect((await run.proxy.call(name, args)).result?.["isError"]).toBeUndefined();
    await end(run);
    expect(sentTo(run)).toEqual(calls.map(([, args]) => args));
    expect(special(run.proxy)).toEqual([
      "syscall allow:no-echo would-deny",
      "syscall allow:careful would-ask",
      "syscall allow:later would-defer",
      "syscall allow:clean would-transform",
      "syscall allow:default-deny would-deny",
    ]);
  });
});

describe("expiry", () => {
  test.each([
    ["past", "2020-01-01T00:00:00Z"],
    ["garbage", "next Tuesday"],
    ["empty", ""],
    ["without a zone", "2999-01-01T00:00:00"],
  ])("a policy whose expiry is %s denies everything, in whatever mode", async (_, expires) => {
    for (const mode of ["enforce", "observe"]) {
      const run = await begin(`expires = "${expires}"\nmode = "${mode}"\n${LOOK}${CALLS}${TAIL}`);
      expect((await run.proxy.request("tools/list")).error).toBeDefined();
      const denied = await run.proxy.call("echo", { a: 1 });
      expect(evidence(denied)).toMatchObject({ verdict: "deny", rule: "policy-expired", retryable: false });
      await end(run);
      expect(run.seenMethods()).not.toContain("tools/call");
      expect(run.seenMethods()).not.toContain("tools/list");
      expect(decided(run.proxy).filter((said) => !said.endsWith("deny:policy-expired policy-expired"))).toEqual([]);
    }
  });

  test("one that lies ahead changes nothing", async () => {
    const run = await begin(`expires = "2999-01-01T00:00:00Z"\n${LOOK}${CALLS}${TAIL}`);
    expect(textOf(await run.proxy.call("echo", { a: 1 }))).toBe('{"a":1}');
    await end(run);
  });
});

describe("grants", () => {
  const GRANTED = rule("granted", "allow", 'syscalls = ["tool.invoke"], capability = "present"');

  test("two uses are two calls of whatever it covers; the third is denied", async () => {
    const grant = '[[grants]]\ncapability = "tool.invoke:downstream-mcp/e*"\nuses = 2\n';
    const run = await begin(grant + LOOK + GRANTED + TAIL);
    // Not covered, so it uses nothing up.
    expect((await run.proxy.call("secret", { text: "s" })).result).toMatchObject({ isError: true });
    expect(textOf(await run.proxy.call("echo", { a: 1 }))).toBe('{"a":1}');
    expect(textOf(await run.proxy.call("environment", {}))).toContain("PATH");
    for (const a of [3, 4]) expect((await run.proxy.call("echo", { a })).result).toMatchObject({ isError: true });
    await end(run);
    expect(sentTo(run)).toEqual([{ a: 1 }, {}]);
    const used = run.proxy.events().filter(({ value }) => value["grant"] !== undefined);
    expect(used.map(({ value }) => [value["grant"], value.decision?.verdict])).toEqual([
      [0, "allow"],
      [0, "allow"],
    ]);
  });

  test("many calls at once get no more than its uses", async () => {
    const grant = '[[grants]]\ncapability = "tool.invoke:*/echo"\nuses = 3\n';
    const run = await begin(grant + LOOK + GRANTED + TAIL);
    const answers = await Promise.all(Array.from({ length: 12 }, (_, a) => run.proxy.call("echo", { a })));
    expect(answers.filter(({ result }) => result?.["isError"] !== true)).toHaveLength(3);
    await end(run);
    expect(sentTo(run)).toHaveLength(3);
  });

  test.each(["2020-01-01T00:00:00Z", "whenever"])("one that expires at %s covers nothing", async (expires) => {
    const grant = `[[grants]]\ncapability = "tool.invoke:*"\nexpires = "${expires}"\n`;
    const run = await begin(grant + LOOK + GRANTED + TAIL);
    expect((await run.proxy.call("echo", { a: 1 })).result).toMatchObject({ isError: true });
    await end(run);
    expect(sentTo(run)).toEqual([]);
  });
});

describe("what the session did before", () => {
  test("counts and sums hold for calls that come all at once", async () => {
    const of = 'syscalls = ["tool.invoke"], tool = "echo"';
    const run = await begin(
      LOOK +
        rule("dear", "deny", `${of}, budget = { path = "/amount", over = 1000, within = "24h" }`) +
        rule("few", "allow", `${of}, history = [{ tool = "echo", at_most = 3 }]`) +
        TAIL,
    );
    const pay = (amount: unknown): Promise<Reply> => run.proxy.call("echo", { amount });
    const passed = (answers: readonly Reply[]): number =>
      answers.filter(({ result }) => result?.["isError"] !== true).length;
    expect(passed(await Promise.all(Array.from({ length: 8 }, () => pay(400))))).toBe(2);
    // What is no amount exceeds every budget, and what was denied spent nothing.
    for (const amount of [-1000, "a lot", null, [1], 200.01]) expect(passed([await pay(amount)])).toBe(0);
    for (const amount of [100, "100"]) expect(passed([await pay(amount)])).toBe(1);
    expect(passed([await pay(0)])).toBe(0);
    await end(run);
    expect(sentTo(run)).toEqual([400, 400, 100, "100"].map((amount) => ({ amount })));
    expect(special(run.proxy).at(-1)).toBe("syscall deny:default-deny no-rule");
  });
});
