/** Calls in a fork: what of them cannot be judged, what a human's answer means, and changes that nobody has tried. */
import { describe, expect, it } from "vitest";
import { decisionName } from "../../src/abi/decision.js";
import type { SyscallRequest } from "../../src/abi/request.js";
import type { Forked } from "../../src/replay/drift.js";
import { at, policyOf, requestOf, Run, type RuleParts, type SyscallStep } from "../kernel/fixture.js";
import { decisionsOf, forkOf, journalOf } from "./forked.js";

const ANSWERS: RuleParts = { id: "answers", effect: "allow", syscalls: ["tool.response", "resource.response"] };
const READS: RuleParts = { id: "reads", effect: "allow", syscalls: ["resource.read"] };
const ANY: RuleParts = { id: "any", effect: "allow", syscalls: ["tool.invoke"] };
const OPEN = policyOf(ANSWERS, READS, ANY);
const TWICE: RuleParts = {
  ...{ id: "enough", effect: "deny", syscalls: ["tool.invoke"] },
  more: "history = [{ at_least = 1 }]",
};
const COUNTING = policyOf(ANSWERS, READS, TWICE, ANY);

const readsFile = (run: Run, more: Partial<SyscallRequest> = {}): SyscallStep =>
  run.step({ type: "syscall", request: requestOf("resource.read", more) }) as SyscallStep;

/** `verdict:rule` as recorded, and in the fork. */
const named = ({ original, fork }: Forked): readonly [string, string | undefined] => [
  decisionName(original.decision),
  fork && decisionName(fork.decision),
];

describe("a call whose target is shown in part, without its journal", () => {
  it("is not known for its target, and is named as the log shows it", () => {
    const run = new Run(OPEN);
    readsFile(run);
    expect(decisionsOf(run, {})).toEqual([
      {
        ...{ seq: 2, on: "call", session: "s1", syscall: "resource.read", target: "file:(redacted)" },
        original: { decision: { verdict: "allow", rule: "reads", reason: "policy-allow" }, changes: [] },
        fork: undefined,
        missing: [{ why: "target" }],
      },
    ]);
    expect(decisionsOf(run, { payloads: journalOf(run) }).map(named)).toEqual([["allow:reads", "allow:reads"]]);
  });

  it("happened all the same: what it brings back is judged as its answer", () => {
    const run = new Run(OPEN);
    run.ends(readsFile(run), { contents: [] }, "resources/read#result");
    const page = decisionsOf(run, {}).at(-1);
    expect(page).toMatchObject({ on: "page", syscall: "resource.response", target: "file:(redacted)" });
    expect(page && named(page)).toEqual(["allow:answers", "allow:answers"]);
  });

  it("leaves counts open when it passed in the run, and not when it did not", () => {
    const passed = new Run(OPEN);
    readsFile(passed);
    passed.call("pay", {});
    expect(forkOf(passed, { policy: COUNTING }).missing).toEqual({ counts: 1, target: 1 });
    const denied = new Run(policyOf(ANSWERS, ANY));
    readsFile(denied);
    denied.call("pay", {});
    expect(forkOf(denied, { policy: COUNTING }).missing).toEqual({ target: 1 });
  });

  it("that waited for a human is told once, and its answer does not speak again", () => {
    const run = new Run(policyOf(ANSWERS, { ...READS, effect: "ask" }));
    run.approval(readsFile(run), "approved");
    expect(decisionsOf(run, {}).map(({ on }) => on)).toEqual(["call"]);
  });

  it("that waited for nobody makes an answer to it one to nothing", () => {
    const run = new Run(OPEN);
    run.approval(readsFile(run), "approved");
    expect(decisionsOf(run, {}).at(-1)).toMatchObject({ on: "approval", syscall: "unknown", target: "c2" });
  });
});

describe("a call that is not known", () => {
  const BY_VALUE: RuleParts = {
    ...ANY,
    id: "by-value",
    more: 'tool = "pay"\nevery = [{ path = "/to", equals = "x" }]',
  };
  const own = policyOf(BY_VALUE, TWICE, ANY);

  it("leaves the counts after it open when it passed in the run, and not when it did not", () => {
    const passed = new Run(OPEN);
    for (const tool of ["pay", "send"]) passed.call(tool, {});
    expect(forkOf(passed, { policy: own }).missing).toEqual({ counts: 1, value: 1 });
    const denied = new Run(policyOf({ ...ANY, more: 'tool = "send"' }));
    for (const tool of ["pay", "send"]) denied.call(tool, {});
    expect(forkOf(denied, { policy: own }).missing).toEqual({ value: 1 });
  });
});

describe("a human's answer", () => {
  const asks = (id: string, more = ""): RuleParts => ({ id, effect: "ask", syscalls: ["tool.invoke"], more });
  const PAY = 'tool = "pay"';
  const ASKING = policyOf(asks("first", PAY), ANY);

  function answered(answer: "approved" | "refused" = "approved"): Run {
    const run = new Run(ASKING);
    run.approval(run.call("pay", {}), answer);
    run.call("send", {});
    return run;
  }

  it("is asked for where the fork asks too, of the call that it is about", () => {
    const [call, answer] = decisionsOf(answered(), { policy: policyOf(asks("second", PAY), ANY) });
    expect(call).toMatchObject({ seq: 2, on: "call" });
    expect(answer).toEqual({
      ...{ seq: 3, on: "approval", session: "s1", syscall: "tool.invoke", target: "fs/pay", missing: [] },
      original: { decision: { verdict: "allow", rule: "first", reason: "approved" }, changes: [] },
      fork: { decision: { verdict: "allow", rule: "second", reason: "approved" }, changes: [] },
    });
  });

  it.each([
    ["lets the call pass", OPEN],
    ["denies it", policyOf({ ...ANY, more: 'tool = "send"' })],
    ["is not known on it", policyOf({ ...ANY, more: 'every = [{ path = "/to", equals = "x" }]' })],
  ])("is not asked for where the fork %s", (_name, policy) => {
    expect(decisionsOf(answered(), { policy }).map(({ on }) => on)).toEqual(["call", "call"]);
  });

  it("to a call that did not wait is a denial, and is told as one to nothing", () => {
    const run = new Run(OPEN);
    run.approval(run.call("pay", {}), "approved");
    const answer = decisionsOf(run, {}).at(-1);
    expect(answer).toMatchObject({ on: "approval", session: "s1", syscall: "unknown", target: "c2", missing: [] });
    expect(answer && named(answer)).toEqual(["deny:lifecycle", "deny:lifecycle"]);
  });

  it("belongs to its own call, whatever else waits", () => {
    const run = new Run(policyOf(asks("first")));
    const calls = ["pay", "send"].map((tool) => run.call(tool, {}));
    for (const call of calls) run.approval(call, "approved");
    const own = policyOf(asks("second", PAY), ANY);
    const answers = decisionsOf(run, { policy: own }).filter(({ on }) => on === "approval");
    expect(answers.map(({ target }) => target)).toEqual(["fs/pay"]);
  });

  it("is one answer: a second to the same call is one to nothing", () => {
    const run = new Run(ASKING);
    const call = run.call("pay", {});
    for (const answer of ["approved", "approved"] as const) run.approval(call, answer);
    expect(decisionsOf(run, {}).map(({ syscall }) => syscall)).toEqual(["tool.invoke", "tool.invoke", "unknown"]);
  });

  it.each([
    ["the fork asks as well", policyOf(asks("second", PAY), TWICE, ANY), "approved", "deny:enough"],
    ["the fork lets the call pass", policyOf({ ...ANY, id: "pays", more: PAY }, TWICE, ANY), "approved", "deny:enough"],
    [
      "the fork denies it",
      policyOf({ ...ANY, id: "no", effect: "deny", more: PAY }, TWICE, ANY),
      "approved",
      "allow:any",
    ],
    ["the human has refused", policyOf(asks("second", PAY), TWICE, ANY), "refused", "allow:any"],
  ] as const)("counts for what follows: %s", (_name, policy, answer, expected) => {
    const last = decisionsOf(answered(answer), { policy }).at(-1);
    expect(last && named(last)).toEqual(["allow:any", expected]);
  });

  it("lets the call go on that went on, though the fork's policy had ended by then", () => {
    const run = new Run(policyOf(asks("first"), ANSWERS));
    const call = run.call("pay", {});
    run.wall_ms += 3_600_000;
    run.approval(call, "approved");
    run.wall_ms = at.wall_ms;
    run.result(call, {});
    const expires = new Date(at.wall_ms + 60_000).toISOString().replace(".000Z", "Z");
    const ending = `expires = "${expires}"\n${policyOf(asks("first"), ANSWERS)}`;
    expect(decisionsOf(run, { policy: ending }).map(named)).toEqual([
      ["ask:first", "ask:first"],
      ["allow:first", "deny:policy-expired"],
      ["allow:answers", "allow:answers"],
    ]);
  });
});

describe("a change that the fork would make", () => {
  const changing = (change: string, id = "cut"): string =>
    policyOf(ANSWERS, {
      ...{ id, effect: "transform", syscalls: ["tool.invoke"] },
      more: `[[rules.changes]]\n${change}`,
    });
  const CUT = 'path = "/body"\nredact = true';
  const PUT = 'path = "/body"\nsubstitute = "x"';
  const UNTRIED = [{ why: "value", at: "changes" }];

  it.each([
    ["redacts", CUT],
    ["puts another value", PUT],
  ])("is not known without the value, where it %s", (_name, change) => {
    const run = new Run(OPEN);
    run.call("send", { body: "b" });
    const [call] = decisionsOf(run, { policy: changing(change) });
    expect(call).toMatchObject({ fork: undefined, missing: UNTRIED });
    const [known] = decisionsOf(run, { policy: changing(change), payloads: journalOf(run) });
    expect(known && named(known)).toEqual(["allow:any", "transform:cut"]);
  });

  it("is known without the value, where the run made the same", () => {
    const run = new Run(changing(CUT));
    run.call("send", { body: "b" });
    const own = changing(CUT).replace('id = "answers"', 'id = "others"');
    expect(forkOf(run, { policy: own })).toMatchObject({ changed: 0, indeterminate: 0 });
  });

  it("is known of a call without arguments: there is nothing to try it on", () => {
    const run = new Run(OPEN);
    run.step({ type: "syscall", request: requestOf("tool.invoke", { subject: { tool: "send" } }) });
    const [call] = decisionsOf(run, { policy: changing(CUT) });
    expect(call && named(call)).toEqual(["allow:any", "transform:cut"]);
  });
});
