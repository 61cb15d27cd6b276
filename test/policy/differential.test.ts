/** What holds for random policies and sessions: agreement with an oracle, replay from facts, and monotony. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decisionName } from "../../src/abi/decision.js";
import type { PolicyDocument, PolicyRule, PolicyWhen } from "../../src/policy/ast.js";
import {
  compilePolicy,
  IndeterminateError,
  type CompiledPolicy,
  type PolicyQuestion,
  type Ruling,
} from "../../src/policy/compile.js";
import { EMPTY_RECALL, spend, type Recall } from "../../src/policy/recall.js";
import { policyOf, valuesOf, type StubLeaf } from "./fixture.js";
import { grantOf, oracle } from "./oracle.js";
import { calls, cheapBodies, grants, ruleBodies, type RandomCall } from "./random.js";

type Body = Omit<PolicyRule, "id">;

/** What a session has come to. */
interface Session {
  readonly recall: Recall;
  readonly passed: readonly RandomCall[];
  readonly used: ReadonlyMap<number, number>;
}

const FRESH: Session = { recall: EMPTY_RECALL, passed: [], used: new Map() };

function questionOf({ question, stubs, user }: RandomCall, { recall, used }: Session = FRESH): PolicyQuestion {
  return { ...question, values: valuesOf(stubs, user), recall, grantsUsed: used };
}

/** The session after a call that passes, which it does here by every verdict but deny and defer. */
function after(policy: CompiledPolicy, session: Session, call: RandomCall, ruling: Ruling): Session {
  if (["deny", "defer"].includes(ruling.decision.verdict)) return session;
  const { wall_ms } = call.question;
  const used = new Map(session.used);
  if (ruling.grant !== undefined) used.set(ruling.grant, (used.get(ruling.grant) ?? 0) + 1);
  const recall = spend(policy.remember(session.recall, call.question), ruling.spends, wall_ms);
  return { recall, used, passed: [...session.passed, call] };
}

function withoutValues(question: PolicyQuestion): PolicyQuestion {
  const { values, ...rest } = question;
  expect(values).toBeDefined();
  return rest;
}

/** Runs the calls as one session; looks at each ruling. */
function play(
  document: PolicyDocument,
  asked: readonly RandomCall[],
  look: (ruling: Ruling, call: RandomCall, before: Session) => void,
): void {
  const policy = compilePolicy(document);
  let session = FRESH;
  for (const call of asked) {
    const ruling = policy.decide(questionOf(call, session));
    look(ruling, call, session);
    session = after(policy, session, call, ruling);
  }
}

const sessions = fc.array(calls, { maxLength: 8 });

describe("a compiled policy", () => {
  it("decides as the oracle does, call by call of a session", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(ruleBodies, grants, sessions, (bodies: readonly Body[], granted, asked) => {
        const document = policyOf(bodies, { grants: granted });
        play(document, asked, (ruling, call, { passed, used }) => {
          seen.add(ruling.decision.reason);
          const world = { call, passed, used };
          expect(decisionName(ruling.decision)).toBe(oracle(document, world));
          if (ruling.grant !== undefined) expect(ruling.grant).toBe(grantOf(document, world));
        });
      }),
      { numRuns: 3000 },
    );
    // The random calls must meet rules of every effect, or this shows nothing.
    const all = ["no-rule", "policy-allow", "policy-ask", "policy-defer", "policy-deny", "policy-transform"];
    expect([...seen].toSorted()).toEqual(all);
  });

  it("decides the same from the facts that it noted, without the values", () => {
    let noted = 0;
    fc.assert(
      fc.property(ruleBodies, grants, sessions, (bodies: readonly Body[], granted, asked) => {
        const document = policyOf(bodies, { grants: granted });
        const policy = compilePolicy(document);
        play(document, asked, (ruling, call, session) => {
          noted += ruling.facts.length;
          const bare = withoutValues(questionOf(call, session));
          const replayed = policy.decide({ ...bare, facts: new Map(ruling.facts) });
          expect(replayed).toEqual({ ...ruling, spends: [] });
          if (ruling.facts.length > 0) {
            const fewer = new Map(ruling.facts.slice(0, -1));
            expect(() => policy.decide({ ...bare, facts: fewer })).toThrow(IndeterminateError);
          }
        });
      }),
      { numRuns: 1000 },
    );
    expect(noted).toBeGreaterThan(100);
  });

  it("notes no fact twice, and none for rules after the one that decides", () => {
    fc.assert(
      fc.property(ruleBodies, sessions, (bodies: readonly Body[], asked) => {
        play(policyOf(bodies), asked, ({ facts, decision }) => {
          const keys = facts.map(([key]) => key);
          expect(new Set(keys).size).toBe(keys.length);
          const places = keys.map((key) => Number(/^r(\d+)\./.exec(key)?.[1]));
          expect(
            places.every((place) => decision.rule === "default-deny" || place <= Number(decision.rule.slice(1))),
          ).toBe(true);
        });
      }),
    );
  });

  it("that observes lets everything pass, names the same rule and says what enforcing would do", () => {
    fc.assert(
      fc.property(ruleBodies, calls, (bodies: readonly Body[], call) => {
        const enforced = compilePolicy(policyOf(bodies)).decide(questionOf(call)).decision;
        const observed = compilePolicy(policyOf(bodies, { mode: "observe" })).decide(questionOf(call));
        const reason = enforced.verdict === "allow" ? "policy-allow" : `would-${enforced.verdict}`;
        expect(observed.decision).toEqual({ verdict: "allow", rule: enforced.rule, reason });
        expect(observed.changes).toBeUndefined();
      }),
    );
  });

  it("never lets more pass for deny rules put in front", () => {
    fc.assert(
      fc.property(ruleBodies, ruleBodies, calls, (bodies: readonly Body[], front: readonly Body[], call) => {
        const denials = front.map((body) => ({ ...body, effect: "deny" as const }));
        const before = compilePolicy(policyOf(bodies)).decide(questionOf(call));
        const later = compilePolicy(policyOf([...denials, ...bodies])).decide(questionOf(call));
        if (before.decision.verdict === "deny") expect(later.decision.verdict).toBe("deny");
      }),
    );
  });

  it("never lets more pass for a grant taken away, when every rule that does not deny asks for one", () => {
    fc.assert(
      fc.property(cheapBodies, grants, calls, (bodies: readonly Body[], granted, call) => {
        const asking = bodies.map(({ when }) => ({
          effect: "allow" as const,
          when: { ...when, capability: "present" as const },
        }));
        const all = compilePolicy(policyOf(asking, { grants: granted })).decide(questionOf(call));
        const fewer = compilePolicy(policyOf(asking, { grants: granted.slice(1) })).decide(questionOf(call));
        if (all.decision.verdict === "deny") expect(fewer.decision.verdict).toBe("deny");
      }),
    );
  });
});

const TAINTS = ["untrusted", "poisoned-suspect", "private", "secret", "external", "pii"];
const ENDORSING = ["user", "trusted", "directory:x"];
const taints = fc.uniqueArray(fc.constantFrom(...TAINTS), { minLength: 1, maxLength: 2 });
const endorsers = fc.uniqueArray(fc.constantFrom(...ENDORSING), { minLength: 1, maxLength: 2 });
const place = fc.constantFrom("/a", "/*", "/**");

/**
 * The class of policies: rules allow or deny. Conditions that read labels or origins stand at the top of a rule or in
 * `all`/`any`, never under `not`. A deny rule tests labels, of the call or a leaf, by `labels_any` and `labels_all`, and
 * leaves by `some`; an allow rule by `labels_none`, `from`, `tokens_from` and `words_from`, and leaves by `every`. Label
 * names are those that taint adds (not `trusted`), origin names those that taint takes away (not `nowhere`,
 * `untrusted`, tags). Other conditions are free.
 */
const denying: fc.Arbitrary<Body> = fc
  .record(
    {
      labels_any: taints,
      labels_all: taints,
      some: fc.array(fc.record({ path: place, labels_any: taints }), { minLength: 1, maxLength: 1 }),
    },
    { requiredKeys: [] },
  )
  .chain((first) =>
    fc.record({ labels_all: taints }, { requiredKeys: [] }).map((second): Body => ({
      effect: "deny",
      when: {
        syscalls: ["tool.invoke"],
        any: [
          { syscalls: [], ...first },
          { syscalls: [], ...second, labels_any: ["secret"] },
        ],
      },
    })),
  );
const leafGuard = fc.record(
  { path: place, from: endorsers, tokens_from: endorsers, words_from: endorsers, labels_none: taints },
  { requiredKeys: ["path"] },
);
const allowing: fc.Arbitrary<Body> = fc
  .record(
    { labels_none: taints, every: fc.array(leafGuard, { minLength: 1, maxLength: 2 }), tool: fc.constant(["a*"]) },
    { requiredKeys: [] },
  )
  .map((when): Body => ({ effect: "allow", when: { syscalls: ["tool.invoke"], ...when } satisfies PolicyWhen }));

/** The same leaf, worse: fewer endorsing classes, higher labels. */
function tainted(leaf: StubLeaf, lost: readonly string[]): StubLeaf {
  const without = (names: readonly string[]): readonly string[] => names.filter((name) => !lost.includes(name));
  return {
    ...leaf,
    classes: without(leaf.classes ?? []),
    tokens: (leaf.tokens ?? []).map(without),
    words: (leaf.words ?? []).map(without),
    labels: { ...leaf.labels, integrity: "poisoned-suspect", confidentiality: "secret", tags: ["pii"] },
  };
}

describe("taint", () => {
  it("never turns a denial into an allow, when denials test labels positively and allows negatively", () => {
    let turned = 0;
    const bodies = fc.array(fc.oneof(denying, allowing), { maxLength: 5 });
    fc.assert(
      fc.property(bodies, calls, taints, endorsers, (rules, call, added, lost) => {
        const policy = compilePolicy(policyOf(rules));
        const question = { ...call.question, kind: "tool.invoke" as const };
        const worse: RandomCall = {
          ...call,
          question: { ...question, labels: new Set([...question.labels, ...added]) },
          stubs: call.stubs.map((leaf) => tainted(leaf, lost)),
        };
        const before = policy.decide(questionOf({ ...call, question })).decision.verdict;
        const then = policy.decide(questionOf(worse)).decision.verdict;
        if (before === "deny") expect(then).toBe("deny");
        else if (then === "deny") turned++;
      }),
      { numRuns: 2000 },
    );
    // Taint must have made a difference somewhere.
    expect(turned).toBeGreaterThan(20);
  });
});
