/** A change of a fork made small: the fewest recorded events after which both policies still decide as they did. */
import { describe, expect, it, test } from "vitest";
import type { FlightLine } from "../../src/abi/event.js";
import { counterexample, isPartOfPast } from "../../src/replay/counterexample.js";
import type { Forked } from "../../src/replay/drift.js";
import { Fork, type ForkParts } from "../../src/replay/fork.js";
import { linesOf, parts, policyOf, Run, type RuleParts } from "../kernel/fixture.js";
import { recordingOf, sourceOf } from "./tape-deck.js";

const RESPONSES: RuleParts = { id: "answers", effect: "allow", syscalls: ["tool.response"] };
const ANY: RuleParts = { id: "any", effect: "allow", syscalls: ["tool.invoke"] };
const deny = (id: string, more: string): RuleParts => ({ id, effect: "deny", syscalls: ["tool.invoke"], more });
const granted = (uses: number, ...rules: readonly RuleParts[]): string =>
  `[[grants]]\ncapability = "tool.invoke:*"\nuses = ${String(uses)}\n` +
  policyOf(...rules, { ...ANY, id: "granted", more: 'capability = "present"' });

const OPEN = policyOf(RESPONSES, ANY);
const ONCE = policyOf(RESPONSES, deny("enough", "history = [{ at_least = 1 }]"), ANY);
const GRANTED = granted(1);

const partsOf = (policy: string, more: Partial<ForkParts> = {}): ForkParts => ({
  ...parts,
  payloads: undefined,
  policy,
  ...more,
});

/** What the last line's decision becomes under another policy. */
function lastOf(lines: readonly FlightLine[], forkParts: ForkParts): Forked {
  const fork = new Fork(forkParts);
  const last = lines.map((line) => fork.line(line)).at(-1);
  if (last === undefined) throw new Error("the last line decides nothing");
  return last;
}

/** The places of what a run's last decision needs to come out otherwise. */
function needsOf(
  run: Run,
  policy: string,
): { readonly seqs: readonly number[]; readonly isMinimal: boolean } | undefined {
  const lines = linesOf(run.lines);
  const forkParts = partsOf(policy);
  const found = counterexample(lines, lastOf(lines, forkParts), forkParts);
  return found && { seqs: found.items.map(({ seq }) => seq), isMinimal: found.isMinimal };
}

const seqOf = (step: { readonly event: { readonly value: { readonly call: string } } }): number =>
  Number(step.event.value.call.slice(1));

describe("the fewest events", () => {
  it("are none where the policies differ by themselves", () => {
    const run = new Run(OPEN);
    for (let i = 0; i < 5; i++) run.call("pay", {});
    expect(needsOf(run, policyOf(deny("no", 'tool = "pay"'), ANY))).toEqual({ seqs: [], isMinimal: true });
  });

  it("are an earlier call, and never the decision itself", () => {
    const run = new Run(OPEN);
    const first = run.call("pay", {});
    run.call("pay", {});
    expect(needsOf(run, ONCE)).toEqual({ seqs: [seqOf(first)], isMinimal: true });
  });

  it("are of the decision's own session, where those are enough", () => {
    const run = new Run(OPEN);
    const own = run.call("pay", {});
    run.call("pay", {}, { session: "s2" });
    run.call("pay", {});
    expect(needsOf(run, GRANTED)).toEqual({ seqs: [seqOf(own)], isMinimal: true });
  });

  it("are of other sessions, where its own are not enough", () => {
    const run = new Run(OPEN);
    const others = ["s2", "s3"].map((session) => run.call("pay", {}, { session }));
    run.call("pay", {});
    expect(needsOf(run, granted(2))).toEqual({ seqs: others.map(seqOf), isMinimal: true });
  });

  it("stand where they stood, before and after a policy that came into force", () => {
    const run = new Run(GRANTED);
    const first = run.call("pay", {});
    run.step({ type: "policy", name: "test", source: GRANTED });
    run.call("pay", {});
    expect(needsOf(run, granted(1, deny("enough", "history = [{ at_least = 1 }]")))).toEqual({
      seqs: [seqOf(first)],
      isMinimal: true,
    });
  });
});

describe("there is none", () => {
  const run = new Run(OPEN);
  run.call("pay", {});
  run.call("pay", {});
  const lines = linesOf(run.lines);
  const flip = lastOf(lines, partsOf(ONCE));

  it("of no line", () => {
    expect(counterexample([], flip, partsOf(ONCE))).toBeUndefined();
  });

  it("where the recorded policy does not decide as was recorded", () => {
    const decision = { verdict: "deny", rule: "any", reason: "policy-deny" } as const;
    const other = { ...flip, original: { decision, changes: [] } };
    expect(counterexample(lines, other, partsOf(ONCE))).toBeUndefined();
  });

  it("where the other policy decides otherwise than it did", () => {
    expect(counterexample(lines, flip, partsOf(OPEN))).toBeUndefined();
  });

  it("where the last line decides nothing", () => {
    const ended = new Run(OPEN);
    ended.result(ended.call("pay", {}), {});
    expect(counterexample(linesOf(ended.lines), flip, partsOf(ONCE))).toBeUndefined();
  });

  it("where without the values the decision is not known", () => {
    const spending = new Run(OPEN);
    for (const amount of [60, 60]) spending.call("pay", { amount });
    const over = policyOf(RESPONSES, deny("over", 'budget = { path = "/amount", over = 100 }'), ANY);
    const recorded = linesOf(spending.lines);
    const payloads = spending.steps.flatMap((step) => step.payloads);
    const whole = partsOf(over, { payloads: sourceOf(recordingOf(spending.lines, payloads)) });
    const changed = lastOf(recorded, whole);
    expect(changed.fork?.decision.rule).toBe("over");
    expect(counterexample(recorded, changed, whole)?.items).toHaveLength(1);
    expect(counterexample(recorded, changed, partsOf(over))).toBeUndefined();
  });
});

test("a decision can depend on the run's opening, its policies and what happened in sessions, and on no other line", () => {
  const types = ["open", "policy", "pins", "session", "syscall", "approval", "release", "page", "outcome"] as const;
  const told = ["receipts", "checkpoint", "key", "recovery", "close"] as const;
  const past = [...types, ...told].filter((type) => isPartOfPast({ type } as FlightLine));
  expect(past).toEqual(["open", "policy", "syscall", "approval", "release", "page", "outcome"]);
});
