/** A fork's history: the state goes on with what happened, and counts and grants with what the fork lets pass as well. */
import { describe, expect, it } from "vitest";
import type { ApprovalAnswer, Decision, Verdict } from "../../src/abi/decision.js";
import type { History } from "../../src/abi/request.js";
import type { Step } from "../../src/kernel/step.js";
import { pageOf, policyOf, requestOf, ruled, Run } from "./fixture.js";

const END = Date.UTC(2027, 0, 1);

/** A run whose policy says this to `pay`, and says of any other tool whether a `pay` was counted. */
function forkThat(effect: Verdict): Run {
  const own = { id: "own", effect, syscalls: ["tool.invoke"] } as const;
  return new Run(
    `expires = "2027-01-01T00:00:00Z"\n${policyOf(
      { ...own, more: 'tool = "pay"' },
      { ...own, id: "counted", effect: "deny", more: 'history = [{ tool = "pay" }]' },
      { ...own, id: "none", effect: "allow" },
    )}`,
  );
}

function isCounted(run: Run): boolean {
  run.wall_ms = END - 1;
  return ruled(run.call("look", {}, { session: "s1" })) === "deny:counted";
}

function happened(verdict: Verdict): Decision {
  return { verdict, rule: "recorded", reason: "policy-allow" };
}

function pays(run: Run, history: History): Step {
  return run.step({ type: "syscall", request: requestOf("tool.invoke", { subject: { tool: "pay" } }), history });
}

describe("a call", () => {
  it.each<readonly [fork: Verdict, recorded: Verdict, inFlight: number, parked: number, counts: boolean]>([
    ["allow", "allow", 1, 0, true],
    ["allow", "transform", 1, 0, true],
    ["allow", "deny", 0, 0, false],
    ["allow", "ask", 0, 1, false],
    ["deny", "allow", 1, 0, false],
    ["deny", "ask", 0, 1, false],
    ["ask", "allow", 1, 0, false],
    ["ask", "deny", 0, 0, false],
  ])("to which the fork says %s and the record %s", (fork, recorded, inFlight, parked, counts) => {
    const run = forkThat(fork);
    expect(ruled(pays(run, { decision: happened(recorded) }))).toBe(`${fork}:own`);
    expect([run.state.inFlight, run.state.sessions.get("s1")?.parked.size ?? 0]).toEqual([inFlight, parked]);
    expect(isCounted(run)).toBe(counts);
  });

  it("of which nothing is recorded goes on as the fork decides", () => {
    const run = forkThat("allow");
    pays(run, {});
    expect([run.state.inFlight, isCounted(run)]).toEqual([1, true]);
  });

  it("ends as it ended, whatever was decided", () => {
    const run = forkThat("allow");
    const { act = "" } = pays(run, { decision: happened("allow") });
    const outcome = { call: act, session: "s1", status: "ok" } as const;
    run.step({ type: "outcome", outcome, history: { decision: happened("deny") } });
    expect(run.state.inFlight).toBe(0);
  });
});

describe("an answer", () => {
  interface Answered {
    readonly fork: Verdict;
    readonly asked?: Verdict;
    readonly answer?: ApprovalAnswer;
    readonly recorded?: Verdict;
    readonly isExpired?: boolean;
  }

  function answered({ fork, asked, answer = "approved", recorded = "allow", isExpired = false }: Answered): Run {
    const run = forkThat(fork);
    pays(run, { decision: happened("ask") });
    if (isExpired) run.wall_ms = END;
    const history = { decision: happened(recorded), ...(asked === undefined ? {} : { asked }) };
    run.step({ type: "approval", approval: { call: "c2", session: "s1", answer }, history });
    return run;
  }

  it.each<readonly [why: string, answered: Answered, inFlight: number, counts: boolean]>([
    ["that approved, where the fork asks too", { fork: "ask", asked: "ask" }, 1, true],
    ["that approved, where the fork allows", { fork: "allow", asked: "allow" }, 1, true],
    ["that approved, where the fork changes", { fork: "allow", asked: "transform" }, 1, true],
    ["that approved, where the fork denies", { fork: "deny", asked: "deny" }, 1, false],
    ["that approved, where nobody knows what the fork says", { fork: "allow" }, 1, false],
    ["that approved, where the fork's policy has ended", { fork: "ask", asked: "ask", isExpired: true }, 1, false],
    ["that came too late", { fork: "ask", asked: "ask", recorded: "deny" }, 0, false],
    ["that refused", { fork: "ask", asked: "ask", answer: "refused", recorded: "deny" }, 0, false],
  ])("%s", (_why, how, inFlight, counts) => {
    const run = answered(how);
    expect([run.state.inFlight, run.state.sessions.get("s1")?.parked.size]).toEqual([inFlight, 0]);
    expect(isCounted(run)).toBe(counts);
  });

  it.each<readonly [Verdict, string]>([
    ["ask", "allow:own"],
    ["deny", "allow:recorded"],
    ["allow", "allow:recorded"],
  ])("to a question, where the fork says %s, is by the rule that asked: %s", (fork, rule) => {
    const run = answered({ fork, asked: fork });
    expect(run.steps.slice(-1).map(ruled)).toEqual([rule]);
  });
});

describe("a grant", () => {
  const granting = (effect: Verdict): Run =>
    new Run(
      `[[grants]]\ncapability = "tool.invoke:*"\nuses = 1\n${policyOf({
        ...{ id: "granted", effect, syscalls: ["tool.invoke"] },
        more: 'capability = "present"',
      })}`,
    );

  it.each<readonly [fork: Verdict, recorded: Verdict, isUsed: boolean]>([
    ["allow", "allow", true],
    ["allow", "transform", true],
    ["allow", "ask", true],
    ["allow", "deny", false],
    ["ask", "ask", true],
    ["ask", "allow", true],
    ["ask", "deny", false],
    ["deny", "allow", false],
    ["defer", "allow", false],
  ])("by which the fork says %s where the record says %s: used up %s", (fork, recorded, isUsed) => {
    const run = granting(fork);
    expect(ruled(pays(run, { decision: happened(recorded) }))).toBe(`${fork}:granted`);
    expect(ruled(run.call("pay", {}))).toBe(isUsed ? "deny:default-deny" : `${fork}:granted`);
  });
});

describe("a page", () => {
  it.each<readonly [recorded: History, match: string]>([
    [{ decision: happened("allow") }, "exact"],
    [{ decision: happened("deny") }, "nowhere"],
    [{ decision: happened("transform"), changes: [{ kind: "quarantine" }] }, "nowhere"],
  ])("is known as it was handed on: %j", (history, match) => {
    const run = forkThat("allow");
    run.step({ type: "page", page: pageOf("orchid-7731", { method: "initialize" }), history });
    expect(run.found("orchid-7731").match).toBe(match);
  });
});
