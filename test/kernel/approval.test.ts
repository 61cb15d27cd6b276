/** Questions to a human: a parked call acts once, by its own approval, and never by anything else. */
import { describe, expect, it } from "vitest";
import type { ApprovalAnswer, Decision } from "../../src/abi/decision.js";
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import type { SyscallRequest } from "../../src/abi/request.js";
import { nodeDigests } from "../../src/host/digests.js";
import { echoOf } from "../../src/kernel/context.js";
import { Dispatch } from "../../src/kernel/dispatch.js";
import { fold } from "../../src/kernel/fold.js";
import { INITIAL_STATE } from "../../src/kernel/state.js";
import { findingsOf, RUN_KEY, verifyLines, verifySignature } from "../evidence/fixture.js";
import { replay } from "../replay/tape-deck.js";
import {
  ALLOW_ALL,
  compile,
  kernel,
  linesOf,
  policyOf,
  requestOf,
  ruled,
  Run,
  runFacts,
  SECRET,
  typesOf,
} from "./fixture.js";
import { gate, onLine, scriptedPorts, settle, type Script, type ScriptedPorts } from "./ports.js";
import { CLOSE } from "./running.js";

const ASKS = policyOf(
  { id: "asks", effect: "ask", syscalls: ["tool.invoke"], more: 'tool = "pay"' },
  { id: "often", effect: "deny", syscalls: ["tool.invoke"], more: 'history = [{ tool = "pay" }]' },
  { id: "all", effect: "allow", syscalls: ["tool.invoke", "tool.response", "tool.describe"] },
);
const pay = requestOf("tool.invoke", { subject: { tool: "pay" } });
const read = requestOf("tool.invoke", { subject: { tool: "read" } });

type Asked = (call: string, request: SyscallRequest, decision: Decision) => Promise<ApprovalAnswer>;
type Asking = ScriptedPorts & { readonly dispatch: Dispatch<SyscallRequest> };

async function asking(approve?: Asked, script: Script = {}): Promise<Asking> {
  const signing = { sign: (statement: string) => RUN_KEY.sign(statement), verify: verifySignature };
  const ports = { ...scriptedPorts({ ...signing, ...script }), ...(approve === undefined ? {} : { approve }) };
  const dispatch = new Dispatch<SyscallRequest>(kernel, nodeDigests, ports);
  const facts = runFacts({ format: FLIGHT_FORMAT, public_key: RUN_KEY.publicHex });
  await dispatch.open(facts, SECRET, { name: "test", source: ASKS });
  return { ...ports, dispatch };
}

/** Closes the run; the log must hold, its counts be the verifier's, and a replay without values write it again. */
async function expectSound({ dispatch, lines }: Asking): Promise<{ allowed: number; denied: number }> {
  await dispatch.close(CLOSE);
  const report = verifyLines(lines);
  expect(findingsOf(report)).toEqual([]);
  expect(replay(lines)).toMatchObject({ ok: true, ending: "closed" });
  const { allowed, denied } = report;
  expect(linesOf(lines).at(-1)?.value).toMatchObject({ allowed, denied });
  return { allowed, denied };
}

describe("a call that a human is asked about", () => {
  it("acts once it is approved, and only then", async () => {
    const answer = gate<ApprovalAnswer>();
    const asked: unknown[] = [];
    const run = await asking((call, request, decision) => {
      asked.push([call, request, decision]);
      return answer.promise;
    });
    const judged = run.dispatch.request(pay);
    await settle();
    expect(typesOf(run.lines).slice(3)).toEqual(["syscall"]);
    expect(asked).toEqual([["c3", pay, { verdict: "ask", rule: "asks", reason: "policy-ask" }]]);
    expect([run.acts(), run.dispatch.current.inFlight]).toEqual([[], 0]);
    answer.open("approved");
    expect(await judged).toMatchObject({
      call: "c3",
      decision: { verdict: "allow", rule: "asks", reason: "approved" },
    });
    expect(run.acts()).toEqual(["c3"]);
    expect(typesOf(run.lines).slice(3)).toEqual(["syscall", "approval", "receipts", "page", "outcome"]);
    expect(await expectSound(run)).toEqual({ allowed: 1, denied: 0 });
  });

  it("acts only after its approval is on the disk", async () => {
    const flush = gate();
    const append = onLine("approval", () => flush.promise);
    const run = await asking(() => Promise.resolve("approved"), { append });
    const judged = run.dispatch.request(pay);
    await settle();
    expect([typesOf(run.lines).at(-1), run.acts()]).toEqual(["approval", []]);
    flush.open();
    await judged;
    expect(run.acts()).toEqual(["c3"]);
  });

  it.each<readonly [string, Asked | undefined, string]>([
    ["refused", () => Promise.resolve("refused"), "approval-refused"],
    ["unavailable", () => Promise.resolve("unavailable"), "approval-unavailable"],
    ["that nobody can be asked about", undefined, "approval-unavailable"],
    ["whose question fails", () => Promise.reject(new Error("no terminal")), "approval-unavailable"],
    [
      "whose question throws",
      () => {
        throw new Error("no terminal");
      },
      "approval-unavailable",
    ],
  ])("%s never acts", async (_how, approve, reason) => {
    const run = await asking(approve);
    const judged = await run.dispatch.request(pay);
    expect(judged).toEqual({ call: "c3", decision: { verdict: "deny", rule: "asks", reason } });
    expect([run.acts(), typesOf(run.lines).slice(3)]).toEqual([[], ["syscall", "approval"]]);
    expect((await run.dispatch.request(read)).decision.rule).toBe("all");
    expect(await expectSound(run)).toEqual({ allowed: 1, denied: 1 });
  });

  it("whose approval cannot be recorded never acts", async () => {
    const append = onLine("approval", () => {
      throw new Error("disk full");
    });
    const run = await asking(() => Promise.resolve("approved"), { append });
    expect((await run.dispatch.request(pay)).decision.reason).toBe("recorder-fault");
    expect(run.acts()).toEqual([]);
  });

  it("when the run ends first is recorded as unavailable, and acts on no later answer", async () => {
    const answer = gate<ApprovalAnswer>();
    const run = await asking(() => answer.promise);
    const judged = run.dispatch.request(pay);
    await settle();
    expect(await expectSound(run)).toEqual({ allowed: 0, denied: 1 });
    const count = run.lines.length;
    answer.open("approved");
    expect((await judged).decision.reason).toBe("run-closed");
    expect([run.acts(), run.lines.length]).toEqual([[], count]);
    expect(linesOf(run.lines).find(({ type }) => type === "approval")?.value).toMatchObject({
      answer: "unavailable",
      decision: { verdict: "deny" },
    });
  });

  it("stands beside others, each with its own answer", async () => {
    const answers: Record<string, ApprovalAnswer> = { c3: "refused", c4: "approved", c5: "unavailable" };
    const run = await asking(async (call) => {
      await settle();
      return answers[call] ?? "unavailable";
    });
    await Promise.all([pay, pay, { ...pay, session: "s2" }].map((request) => run.dispatch.request(request)));
    expect(run.acts()).toEqual(["c4"]);
    expect(await expectSound(run)).toEqual({ allowed: 1, denied: 2 });
  });
});

describe("an approval", () => {
  it.each<readonly [string, (run: Run) => ReturnType<Run["approval"]>]>([
    [
      "of a call that never was",
      (run) => run.step({ type: "approval", approval: { call: "c99", session: "s1", answer: "approved" } }),
    ],
    ["of a call that was allowed", (run) => run.approval(run.call("read", {}), "approved")],
    ["of a call that was denied", (run) => run.approval(run.call("read", {}, { refusal: "lifecycle" }), "approved")],
    ["from another session", (run) => run.approval(run.call("pay", {}), "approved", "s2")],
    [
      "a second time",
      (run) => {
        const made = run.call("pay", {});
        run.approval(made, "approved");
        return run.approval(made, "approved");
      },
    ],
    [
      "after a refusal",
      (run) => {
        const made = run.call("pay", {});
        run.approval(made, "refused");
        return run.approval(made, "approved");
      },
    ],
    [
      "after the close",
      (run) => {
        const made = run.call("pay", {});
        run.approval(made, "unavailable");
        run.step({ type: "close", close: CLOSE });
        return run.approval(made, "approved");
      },
    ],
  ])("%s is a denial, on record, and acts not", (_why, approves) => {
    const run = new Run(ASKS);
    const { denied } = run.state;
    const step = approves(run);
    expect([ruled(step), step.act, step.durable]).toEqual(["deny:lifecycle", undefined, true]);
    expect(run.state.denied).toBeGreaterThan(denied);
    expect(replay(run.lines).ok).toBe(true);
  });

  it("from another session leaves the call parked for its own", () => {
    const run = new Run(ASKS);
    const made = run.call("pay", {});
    run.approval(made, "approved", "s2");
    expect(run.approval(made, "approved").act).toBe("c2");
  });

  it("counts the call from then on, and not before", () => {
    const run = new Run(ASKS);
    const made = run.call("pay", {});
    expect(ruled(run.call("read", {}))).toBe("allow:all");
    run.approval(made, "approved");
    expect(ruled(run.call("read", {}))).toBe("deny:often");
  });

  it("a second one does not end the watch over what the call sent", () => {
    const run = new Run(`[[sources]]\npath = "/**"\nlabels = ["trusted"]\n${ASKS}`);
    const made = run.call("pay", { to: "someone composed" });
    run.approval(made, "approved");
    run.approval(made, "refused");
    run.result(made, { to: "someone composed" });
    expect(run.found("someone composed").classes).not.toContain("trusted");
  });

  it.each<readonly [answers: readonly ApprovalAnswer[], isWatched: boolean]>([
    [[], true],
    [["approved"], true],
    [["refused"], false],
    [["unavailable"], false],
    [["approved", "refused"], true],
  ])("%j: the watch over what the call sent goes on: %s", (answers, isWatched) => {
    const run = new Run(ASKS);
    const made = run.call("pay", { to: "me" });
    for (const answer of answers) run.approval(made, answer);
    const context = run.state.contexts.get("s1");
    if (context === undefined || context === "sealed") throw new Error("the session's values are not at hand");
    expect(echoOf(context, made.event.value.call, "me") !== undefined).toBe(isWatched);
  });

  it("with values spends of the budget whether it comes or not, so that a late one finds it spent", () => {
    const budget = 'tool = "pay"\nbudget = { path = "/amount", over = 100 }';
    const limit = { id: "limit", effect: "deny", syscalls: ["tool.invoke"], more: budget } as const;
    const run = new Run(policyOf(limit, { id: "asks", effect: "ask", syscalls: ["tool.invoke"] }));
    expect(ruled(run.call("pay", { amount: 60 }))).toBe("ask:asks");
    expect(ruled(run.call("pay", { amount: 60 }))).toBe("deny:limit");
  });
});

describe("parked calls", () => {
  const limits = { in_flight: 2, line_bytes: 1024, client_messages: 10, response_timeout_ms: 1000 };

  it("count among those that wait", () => {
    const run = new Run(ASKS, { limits });
    const [one] = [run.call("pay", {}), run.call("pay", {}, { session: "s2" })];
    expect(ruled(run.call("read", {}))).toBe("deny:in-flight-limit");
    run.approval(one, "refused");
    expect(ruled(run.call("read", {}))).toBe("allow:all");
  });

  it("are not said to have happened when the run crashes and is recovered", () => {
    const crashed = new Run(ASKS);
    crashed.call("pay", {});
    const done = crashed.call("read", {});
    let state = linesOf(crashed.lines).reduce(
      (before, line) => fold(before, { event: line, hash: line.hash, time: line.time }, compile),
      INITIAL_STATE,
    );
    expect(state.sessions.get("s1")?.parked.size).toBe(1);
    const lines = [...crashed.lines];
    const at = { mono_us: 0, wall_ms: 1_700_000_000_000 };
    const { call, session } = done.event.value;
    for (const input of [
      { type: "recovery", at, torn_bytes: 0, torn_sha256: "0".repeat(64) },
      { type: "outcome", at, outcome: { call, session, status: "unknown" } },
      { type: "close", at, close: { reason: "recovered", strays: 0 } },
    ] as const) {
      const step = kernel(state, input);
      state = step.state;
      lines.push(step.line);
    }
    const report = verifyLines(lines);
    expect(findingsOf(report)).toEqual(["closed-by-recovery@7"]);
    expect(report).toMatchObject({ ok: true, ending: "recovered", allowed: 1, denied: 0, unanswered: { count: 0 } });
    expect(linesOf(lines).at(-1)?.value).toMatchObject({ allowed: 1, denied: 0 });
  });
});

it("a policy without questions asks nobody", async () => {
  const ports = { ...scriptedPorts(), approve: () => Promise.reject(new Error("asked")) };
  const dispatch = new Dispatch<SyscallRequest>(kernel, nodeDigests, ports);
  await dispatch.open(runFacts({ format: FLIGHT_FORMAT }), SECRET, { name: "test", source: ALLOW_ALL });
  expect((await dispatch.request(pay)).decision.reason).toBe("policy-allow");
});
