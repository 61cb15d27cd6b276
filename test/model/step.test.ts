/** The real `step` says what the model says: decisions, labels, what was found out about values, and what may begin. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Kernel, Step } from "../../src/kernel/step.js";
import { BOTTOM } from "../../src/mmu/lattice.js";
import { kernel } from "../kernel/fixture.js";
import { emptyLedger } from "./ledger.js";
import { eventsOf, followingOf, keyOf, type Bound } from "./explore.js";
import { Machine } from "./machine.js";
import { start, type Event, type State } from "./state.js";
import { HIDINGS, type Hiding } from "./real.js";
import { Stepper, type Compared, type Twin } from "./real-step.js";
import { POLICIES, type Policy } from "./rules.js";

interface Node {
  readonly state: State;
  readonly twin: Twin;
  readonly way: readonly Event[];
}

interface Walked {
  readonly states: number;
  readonly compared: number;
  readonly disagreement?: Compared & { readonly way: readonly Event[] };
}

/** Walks both sides together. Each of the model's transitions is compared once, from the first way to its state. */
class Walk {
  compared = 0;
  disagreement: Walked["disagreement"];
  private readonly machine: Machine;
  private readonly stepper: Stepper;

  constructor(policy: Policy, real: Kernel, hide: Hiding) {
    this.machine = new Machine(policy);
    this.stepper = new Stepper(real, hide);
  }

  all(bound: Bound): Walked {
    const first = this.first(bound.sessions);
    const known = new Set([stateKey(first.state)]);
    let frontier: readonly Node[] = [first];
    for (let depth = 0; depth < bound.steps && this.disagreement === undefined; depth++) {
      frontier = frontier.flatMap((node) =>
        eventsOf(node.state, bound).flatMap((event) => {
          const made = this.follow(node, event);
          if (made === undefined || known.has(stateKey(made.state))) return [];
          known.add(stateKey(made.state));
          return [made];
        }),
      );
    }
    return { states: known.size, compared: this.compared, ...this.found() };
  }

  /** One way, by picks among what may happen; twenty steps and more. */
  random(bound: Bound, picks: readonly number[]): Walked {
    let node = this.first(bound.sessions);
    for (const pick of picks) {
      const events = eventsOf(node.state, bound);
      const event = events[pick % events.length];
      if (event !== undefined) node = this.follow(node, event) ?? node;
      if (this.disagreement !== undefined) break;
    }
    return { states: 0, compared: this.compared, ...this.found() };
  }

  private first(sessions: number): Node {
    return { state: start(sessions), twin: this.stepper.begin(this.machine.policy), way: [] };
  }

  private found(): Pick<Walked, "disagreement"> {
    return this.disagreement === undefined ? {} : { disagreement: this.disagreement };
  }

  /** An event, and what follows from it by itself. Undefined when it cannot happen, or once the two disagree. */
  private follow(node: Node, event: Event): Node | undefined {
    if (this.disagreement !== undefined) return undefined;
    const next = this.machine.next(node.state, event);
    if (next === undefined) return undefined;
    this.compared++;
    const way = [...node.way, event];
    const { twin, compared } = this.stepper.follow(node.twin, node.state, event, next);
    if (!isDeepStrictEqual(compared.model, compared.kernel)) {
      this.disagreement = { ...compared, way };
      return undefined;
    }
    const made = { state: next.state, twin, way };
    for (const following of followingOf(made.state)) {
      const followed = this.follow(made, following);
      if (followed !== undefined) return followed;
    }
    return made;
  }
}

function stateKey(state: State): string {
  return keyOf({ state, ledger: emptyLedger(state.sessions.length) });
}

/** Shown as a difference between what the two said, with the way to it. */
function expectAgreement({ disagreement }: Walked): void {
  if (disagreement === undefined) return;
  const { way, model, kernel: real } = disagreement;
  expect({ way, said: real }).toEqual({ way, said: model });
}

const MORE = Number(process.env["AGENTK_MODEL_STEPS"] ?? 0);

describe.each(POLICIES)("under the policy `$name`", (policy) => {
  // Claim: P1
  test.each(Object.keys(HIDINGS))("all ways up to a bound, values hidden by %s", { timeout: 3_600_000 }, (how) => {
    const steps = MORE === 0 ? (how === "base64" && policy.name === "guarded" ? 3 : 2) : MORE - 2;
    const bound: Bound = { scope: "flows", steps, sessions: 1, calls: 1 };
    const walked = new Walk(policy, kernel, HIDINGS[how] ?? String).all(bound);
    expectAgreement(walked);
    process.stdout.write(
      `step, ${policy.name}, ${how}: ${String(walked.states)} states, ${String(walked.compared)} transitions compared, ${String(steps)} steps\n`,
    );
    expect(walked.compared).toBeGreaterThan(100);
  });

  test("random ways of two sessions with three calls at once", { timeout: 3_600_000 }, () => {
    const bound: Bound = { scope: "flows", steps: 0, sessions: 2, calls: 3 };
    const hidings = fc.constantFrom(...Object.values(HIDINGS));
    const picks = fc.array(fc.nat({ max: 9999 }), { minLength: 20, maxLength: 40, size: "max" });
    fc.assert(
      fc.property(picks, hidings, (list, hide) => {
        expectAgreement(new Walk(policy, kernel, hide).random(bound, list));
      }),
      { numRuns: MORE === 0 ? 5 : 2000 },
    );
  });
});

/** A kernel that answers otherwise, once the real one has answered. */
type Mutation = (step: Step, before: Parameters<Kernel>[0]) => Step;

type ValueOf<T extends Step["event"]["type"]> = Extract<Step["event"], { readonly type: T }>["value"];

function onLine<T extends Step["event"]["type"]>(type: T, change: (value: ValueOf<T>) => object): Mutation {
  return (step) => {
    const { event } = step;
    if (event.type !== type) return step;
    const value = { ...event.value, ...change(event.value as ValueOf<T>) };
    return { ...step, event: { ...event, value } as Step["event"] };
  };
}

const ALLOWED = { verdict: "allow", rule: "reading", reason: "policy-allow" } as const;

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "what no rule allows is allowed": onLine("syscall", ({ decision }) =>
    decision.rule === "default-deny" ? { decision: ALLOWED } : {},
  ),
  "another rule is named": onLine("syscall", ({ decision }) =>
    decision.rule === "untainted" || decision.rule === "clean" ? { decision: { ...decision, rule: "endorsed" } } : {},
  ),
  "a call is judged by labels below the session's": onLine("syscall", () => ({ labels: ["trusted"] })),
  "a value counts as found in trusted text": onLine("syscall", ({ provenance = [] }) => ({
    provenance: provenance.map((one) => ({ ...one, classes: ["trusted"] })),
  })),
  "a page loses its private label": onLine("page", ({ labels }) => ({
    labels: labels.filter((name) => name !== "private"),
  })),
  "what is withheld is delivered": onLine("page", () => ({ delivery: ALLOWED })),
  "a refusal approves": onLine("approval", ({ answer, decision }) =>
    answer === "refused" ? { decision: { ...decision, verdict: "allow" } } : {},
  ),
  "what is asked about may begin at once": (step) =>
    step.event.type === "syscall" && step.event.value.decision.verdict === "ask" ? { ...step, act: "c0" } : step,
  "receipts need not be on the disk": (step) => (step.event.type === "receipts" ? { ...step, durable: false } : step),
  "a receipt for a call that none was asked for": onLine("receipts", ({ receipts }) => ({
    receipts: [...receipts, ...receipts],
  })),
  "what is handed on taints nothing": (step, before) =>
    step.event.type === "page" ? { ...step, state: { ...step.state, sessions: before.sessions } } : step,
  "a release lowers every axis": (step) => {
    if (step.event.type !== "release") return step;
    const sessions = [...step.state.sessions].map(([id, one]) => [id, { ...one, labels: BOTTOM }] as const);
    return { ...step, state: { ...step.state, sessions: new Map(sessions) } };
  },
  "an outcome leaves the call open": (step, before) =>
    step.event.type === "outcome" ? { ...step, state: { ...step.state, sessions: before.sessions } } : step,
};

describe("a kernel that answers otherwise is found", () => {
  test.each(Object.entries(MUTATIONS))("%s", (_, mutation) => {
    const mutated: Kernel = (state, input) => mutation(kernel(state, input), state);
    const bound: Bound = { scope: "flows", steps: 2, sessions: 1, calls: 1 };
    const found = POLICIES.some(
      (policy) => new Walk(policy, mutated, HIDINGS["base64"] ?? String).all(bound).disagreement !== undefined,
    );
    expect(found).toBe(true);
  });
});
