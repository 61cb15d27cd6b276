/** Running one case: what the world is told of its calls, and what the result says of what was expected. */
import { expect, test } from "vitest";
import type { Decision } from "../../src/abi/decision.js";
import { runCase, type CaseCall, type CaseResult } from "../../src/policy/cases-run.js";
import { parseCases } from "../../src/policy/cases.js";

const ALLOW: Decision = { verdict: "allow", rule: "pay-known", reason: "policy-allow" };
const DENY: Decision = { verdict: "deny", rule: "default-deny", reason: "no-rule" };

/** Runs the one case of a text in a world that decides as it is given. */
async function ran(
  source: string,
  ...decisions: readonly Decision[]
): Promise<{ result: CaseResult; calls: CaseCall[] }> {
  const parsed = parseCases(`[[cases]]\nname = "one"\n${source}`);
  const one = parsed.ok ? parsed.value.cases[0] : undefined;
  if (one === undefined) throw new Error(JSON.stringify(parsed));
  const calls: CaseCall[] = [];
  const left = [...decisions];
  const call = (asked: CaseCall): Decision => {
    calls.push(asked);
    const decision = left.shift();
    if (decision === undefined) throw new Error("no kernel");
    return decision;
  };
  const nothing = (): void => undefined;
  return { result: await runCase(one, "", () => ({ page: nothing, user: nothing, call })), calls };
}

test.each([
  ["deny", "deny", DENY],
  ["deny:default-deny", "deny:default-deny", DENY],
  ["deny:default-deny no-rule", "deny:default-deny no-rule", DENY],
  ["allow:pay-known policy-allow", "allow:pay-known policy-allow", ALLOW],
])("what %s expects is said as it was written", async (written, expected, decision) => {
  const { result } = await ran(`tool = "pay"\nexpect = "${written}"`, decision);
  const actual = `${decision.verdict}:${decision.rule} ${decision.reason}`;
  expect(result).toEqual({ name: "one", line: 1, ok: true, expected, actual, why: "" });
});

test("a case that cannot be run fails, and says what it expected", async () => {
  const { result } = await ran('tool = "pay"\nexpect = "allow:pay-known"');
  const why = "the case could not be run: no kernel";
  expect(result).toEqual({ name: "one", line: 1, ok: false, expected: "allow:pay-known", actual: undefined, why });
});

test("a call is made at its time, by its agent, and of its target; what is not said is left out", async () => {
  const earlier = '[[cases.earlier]]\ntool = "pay"\nat = "2026-11-21T11:00:00Z"\narguments = { to = "bob" }';
  const said = `tool = "pay"\nagent = "agent://a"\nat = "2026-11-21T12:00:00Z"\nexpect = "allow"\n${earlier}`;
  const { calls } = await ran(said, ALLOW, ALLOW);
  const common = { syscall: "tool.invoke", server: "server", tool: "pay", agent: "agent://a", labels: [] };
  expect(calls).toEqual([
    { ...common, at_ms: Date.UTC(2026, 10, 21, 11), arguments: { to: "bob" } },
    { ...common, at_ms: Date.UTC(2026, 10, 21, 12), arguments: {} },
  ]);
  const plain = await ran('syscall = "network.send"\ntarget = "https://x.example/"\nexpect = "deny"', DENY);
  const send = { syscall: "network.send", server: "server", target: "https://x.example/", arguments: {}, labels: [] };
  expect(plain.calls).toStrictEqual([send]);
});

test.each([
  [{ ...ALLOW, verdict: "transform" as const }, true],
  [ALLOW, true],
  [DENY, false],
  [{ ...DENY, verdict: "ask" as const }, false],
])("an earlier call that is decided by %o passes: %s", async (decision, passes) => {
  const { result } = await ran('tool = "pay"\nexpect = "allow"\n[[cases.earlier]]\ntool = "pay"', decision, ALLOW);
  const why = `the case could not be run: earlier call 1 did not pass: ${decision.verdict}:${decision.rule}`;
  expect(result).toMatchObject(passes ? { ok: true, why: "" } : { ok: false, why });
});
