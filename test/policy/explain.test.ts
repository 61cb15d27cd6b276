import { describe, expect, test } from "vitest";
import { compilePolicy } from "../../src/policy/compile.js";
import { explainDecision, type DecidedCall, type Explanation } from "../../src/policy/explain.js";
import { ask, documentOf, TAIL, valuesOf, type StubLeaf } from "./fixture.js";

const POLICY = `[trust]
client_prompt = "_meta"
[[rules]]
id = "poisoned"
effect = "deny"
reason = "it may be steering"
when = { syscalls = ["tool.invoke"], labels_any = ["poisoned-suspect"] }
[[rules]]
id = "pay-known"
effect = "allow"
when = { syscalls = ["tool.invoke"], tool = "send_money", every = [
  { path = "/recipient", from = ["user", "trusted"] }, { path = "/amount", max = 100 } ] }
[[rules]]
id = "granted"
effect = "allow"
when = { syscalls = ["tool.invoke"], tool = "wipe*", capability = "present" }
${TAIL}`;

/** Decides with values, then explains from what a log would hold. */
function explain(tool: string, labels: readonly string[], leaves: readonly StubLeaf[] = []): Explanation {
  const document = documentOf(POLICY);
  const question = { ...ask({ tool, target: `bank/${tool}`, server: "bank", labels }), values: valuesOf(leaves) };
  const { decision, facts } = compilePolicy(document).decide(question);
  const { kind, server, agent, target, act, risk, wall_ms } = question;
  const names = { kind, server, tool, agent, target, act, risk, wall_ms, labels: new Set(labels) };
  const call: DecidedCall = { ...names, held: new Map(facts), decision, provenance: [] };
  return explainDecision(document, POLICY, call);
}

const STRANGE = { path: "/recipient", value: "DE1", classes: ["untrusted"] };
const KNOWN = { path: "/recipient", value: "DE1", classes: ["user"] };

describe("explain", () => {
  test("names the rule, its line, its words and the operator's reason", () => {
    const { rule, reason, decision } = explain("get", ["untrusted", "poisoned-suspect"]);
    expect(decision.rule).toBe("poisoned");
    expect(rule).toEqual({
      id: "poisoned",
      effect: "deny",
      line: 3,
      says: "the call is labelled `poisoned-suspect`",
      because: "it may be steering",
    });
    expect(reason).toBe("a rule of the policy denies it");
  });

  test("for each earlier rule, the first condition that failed", () => {
    const { passedOver } = explain("send_money", ["untrusted"], [KNOWN, { path: "/amount", value: 500 }]);
    expect(passedOver.map(({ id, line, failed }) => [id, line, failed])).toEqual([
      ["poisoned", 3, "the call is labelled `poisoned-suspect`"],
      ["pay-known", 8, "every value at `/amount` is at most `100`".replace("`100`", "100")],
      ["granted", 13, "the tool is `wipe*`"],
    ]);
  });

  test("one origin is the smallest change where an argument is a stranger's", () => {
    const { wouldPass, again } = explain("send_money", ["untrusted"], [STRANGE, { path: "/amount", value: 5 }]);
    expect(again).toBe("deny:default-deny");
    // The amount was never asked for, so that its answer is no change, and is said beside it.
    expect(wouldPass[0]).toEqual({
      changes: [{ kind: "fact", says: "every value at `/recipient` comes from `user` or `trusted`" }],
      assumes: ["every value at `/amount` is at most 100"],
      decision: "allow:pay-known",
    });
  });

  test("an argument that the rule does not list is what failed, by the log alone as well", () => {
    const document = documentOf(
      POLICY.replace("every = [", 'only = ["recipient", "amount"], every = [') /* the same lines */,
    );
    const question = {
      ...ask({ tool: "send_money" }),
      values: valuesOf([KNOWN, { path: "/Recipient", value: "DE2" }]),
    };
    const { decision, facts } = compilePolicy(document).decide(question);
    expect(facts).toEqual([["r1.only", false]]);
    const call: DecidedCall = { ...ask({ tool: "send_money" }), held: new Map(facts), decision, provenance: [] };
    const { passedOver, again } = explainDecision(document, POLICY, call);
    expect(again).toBe("deny:default-deny");
    expect(passedOver[1]).toMatchObject({ failed: "the arguments are no others than `recipient` or `amount`" });
  });

  test("one grant: added to the policy, it allows", () => {
    const { wouldPass } = explain("wipe_disk", ["untrusted"]);
    expect(wouldPass).toEqual([
      {
        changes: [{ kind: "grant", says: "the operator granted `tool.invoke:bank/wipe_disk` to `agent://mcp/one`" }],
        assumes: [],
        decision: "allow:granted",
      },
    ]);
    const more = POLICY.replace("[[rules]]", '[[grants]]\ncapability = "tool.invoke:bank/wipe_disk"\n[[rules]]');
    const question = ask({ tool: "wipe_disk", target: "bank/wipe_disk", server: "bank", labels: ["untrusted"] });
    expect(compilePolicy(documentOf(more)).decide(question).decision.verdict).toBe("allow");
  });

  test("a label and a grant together", () => {
    const { wouldPass } = explain("wipe_disk", ["untrusted", "poisoned-suspect"]);
    expect(wouldPass[0]?.changes.map(({ kind }) => kind).sort()).toEqual(["grant", "label"]);
  });

  test("nothing is suggested where nothing would help, or where the record does not suffice", () => {
    expect(explain("get", ["untrusted"]).wouldPass).toEqual([]);
    const document = documentOf(POLICY);
    const call: DecidedCall = {
      ...ask({ tool: "send_money" }),
      held: new Map(),
      decision: { verdict: "deny", rule: "default-deny", reason: "no-rule" },
      provenance: [],
    };
    expect(explainDecision(document, POLICY, call)).toMatchObject({ again: "indeterminate", wouldPass: [] });
  });

  test("a rule of the kernel's own has no place in the policy", () => {
    const call: DecidedCall = {
      ...ask({ tool: "send_money" }),
      held: new Map(),
      decision: { verdict: "deny", rule: "malformed", reason: "malformed" },
      provenance: [],
    };
    expect(explainDecision(documentOf(POLICY), POLICY, call)).toMatchObject({ rule: undefined, passedOver: [] });
  });

  test("where no change would do, the rule that comes nearest, with what it lacks", () => {
    expect(explain("get", ["untrusted"]).nearest).toEqual({
      id: "pay-known",
      line: 8,
      lacks: ["the tool is `send_money`"],
    });
    expect(explain("wipe_disk", ["untrusted"]).nearest).toBeUndefined();
  });

  test("what a decision hangs on is named where the record does not say", () => {
    const call: DecidedCall = {
      ...ask({ tool: "send_money" }),
      held: new Map([["r1.every.0", true]]),
      decision: { verdict: "deny", rule: "default-deny", reason: "no-rule" },
      provenance: [],
    };
    const { again, missing } = explainDecision(documentOf(POLICY), POLICY, call);
    expect([again, missing]).toEqual(["indeterminate", "r1.every.1: every value at `/amount` is at most 100"]);
  });
});

describe("what was recorded", () => {
  const RULES = `[[rules]]
id = "describe"
effect = "allow"
when = { syscalls = ["tool.describe"] }
[[rules]]
id = "leaves"
effect = "deny"
when = { syscalls = ["tool.invoke"], some = [{ path = "/**", labels_any = ["private"] }] }
[[rules]]
id = "hours"
effect = "allow"
when = { syscalls = ["tool.invoke"], time = { from = "08:00", to = "18:00" } }
${TAIL}`;
  const recorded = (rule: string, more: Partial<DecidedCall> = {}): Explanation => {
    const decision = { verdict: "deny", rule, reason: "policy-deny" } as const;
    const call = { ...ask(), held: new Map<string, boolean>(), decision, provenance: [], ...more };
    return explainDecision(documentOf(RULES), RULES, call);
  };

  test("is enough where an answer follows from the leaves; a rule about other kinds is not passed over", () => {
    const leaves = { listed: [{ path: "/a", classes: ["nowhere"], labels: ["private"] }], more: 0 };
    const explained = recorded("leaves", { leaves, labels: new Set(["private"]) });
    expect(explained).toMatchObject({ again: "deny:leaves", missing: undefined, passedOver: [] });
    expect(explained.rule).toStrictEqual({
      id: "leaves",
      effect: "deny",
      line: 5,
      says: "some value at `/**` is labelled `private`",
    });
    expect(recorded("leaves", { labels: new Set(["private"]) })).toMatchObject({ again: "indeterminate" });
  });

  test("cannot be decided again where the clock could not be read, and nothing is suggested", () => {
    const call = { wall_ms: Number.NaN, held: new Map([["r1.some.0", false]]) };
    const again = "deny:policy-fault";
    expect(recorded("policy-fault", call)).toMatchObject({ again, missing: undefined, wouldPass: [], rule: undefined });
  });
});

describe("a denial before many conditions that were never asked", () => {
  const MANY = `[[rules]]
id = "poisoned"
effect = "deny"
when = { syscalls = ["tool.invoke"], labels_any = ["poisoned-suspect"] }
[[rules]]
id = "leaves"
effect = "ask"
when = { syscalls = ["tool.invoke"], some = [{ path = "/**", labels_any = ["private"] }] }
[[rules]]
id = "places"
effect = "ask"
[rules.when]
syscalls = ["tool.invoke"]
any = [${Array.from({ length: 9 }, (_, i) => `{ some = [{ path = "/**", equals = "${String(i)}" }] }`).join(", ")}]
[[rules]]
id = "writes"
effect = "allow"
when = { syscalls = ["tool.invoke"] }
${TAIL}`;

  function denied(
    labels: readonly string[],
    leaf: readonly string[],
    held: DecidedCall["held"] = new Map(),
  ): Explanation {
    const call: DecidedCall = {
      ...ask({ labels }),
      held,
      decision: { verdict: "deny", rule: "poisoned", reason: "policy-deny" },
      provenance: [],
      leaves: { listed: [{ path: "/a", classes: ["nowhere"], labels: leaf }], more: 0 },
    };
    return explainDecision(documentOf(MANY), MANY, call);
  }

  test("the one change is found; what is not known is said beside it, and what is recorded is not", () => {
    const { wouldPass, again } = denied(["untrusted", "poisoned-suspect"], ["untrusted"]);
    expect(again).toBe("deny:poisoned");
    expect(wouldPass).toHaveLength(2);
    const [first] = wouldPass;
    expect(first?.changes).toEqual([{ kind: "label", says: "nothing read looked like an attempt to steer" }]);
    expect(first?.assumes).toHaveLength(9);
    expect(first?.assumes.join()).not.toContain("private");
    expect(first?.decision).toBe("allow:writes");
  });

  test("a label that a leaf is recorded with has to go as well, and takes its conditions with it", () => {
    const labels = ["untrusted", "poisoned-suspect", "private"];
    const { wouldPass } = denied(labels, ["poisoned-suspect", "private"]);
    expect(wouldPass[0]?.changes.map(({ says }) => says)).toEqual([
      "nothing read looked like an attempt to steer",
      "nothing private was read",
    ]);
  });
});
