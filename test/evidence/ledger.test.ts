/** The account that a log gives of its run: in which words each fault of it is told, and what is counted and listed. */
import { describe, expect, test } from "vitest";
import type { FlightEvent, FlightLine } from "../../src/abi/event.js";
import { Chain } from "../../src/evidence/chain.js";
import { GENESIS } from "../../src/evidence/codec.js";
import { FindingList, type Finding } from "../../src/evidence/findings.js";
import { Ledger } from "../../src/evidence/ledger.js";
import { EMPTY_TREE } from "../../src/evidence/merkle.js";
import {
  bodyEvents,
  buildLog,
  callEvent,
  closeLog,
  digests,
  openEvent,
  outcomeEvent,
  pageEvent,
  pinsEvent,
  POLICY,
  policyEvent,
  RUN,
  sessionEvent,
  testKey,
  verifyLines,
  verifySignature,
} from "./fixture.js";
import { SignedLog } from "./signed-log.js";

const START = [openEvent(), policyEvent(), sessionEvent()];
const sealed = (...events: FlightEvent[]): readonly string[] => closeLog([...START, ...events]);
const LONG = `c${"1".repeat(40)}`;
const CUT = `c${"1".repeat(31)}`;
const LONG_PAGE = `p${"1".repeat(40)}`;

function changed<T extends FlightEvent>(event: T, value: object): T {
  return { ...event, value: { ...event.value, ...value } };
}

/** `code@line: detail` of each finding. */
function told(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ code, line, detail }) => `${code}@${String(line)}: ${detail}`);
}

function approvalEvent(call: string, session = "s1"): FlightEvent {
  const decision = { verdict: "allow", rule: "pay", reason: "approved" } as const;
  return { type: "approval", value: { call, session, answer: "approved", decision } };
}

const askedEvent = (seq: number): FlightEvent =>
  changed(callEvent(seq, "allow"), { decision: { verdict: "ask", rule: "pay", reason: "policy-ask" } });

describe("a reader is told", () => {
  test.each<readonly [string, () => readonly string[], string]>([
    ["of a second run", () => sealed(openEvent()), `open-twice@4: begins run \`${RUN}\``],
    [
      "of an exchanged policy",
      () => closeLog([openEvent(), changed(policyEvent(), { source: "x" })]),
      "policy-digest@2: the source of policy `guard` has another digest than it states",
    ],
    [
      "of exchanged pins",
      () => sealed(changed(pinsEvent(), { source: "{}" })),
      "policy-digest@4: the source of the pins `agentk.lock` has another digest than it states",
    ],
    [
      "of a decision before any policy",
      () => closeLog([openEvent(), callEvent(1, "deny")]),
      "no-policy@2: comes before any policy",
    ],
    [
      "of a decision under another policy",
      () => sealed(changed(callEvent(3, "deny"), { policy: "b".repeat(64) })),
      "no-policy@4: names another policy",
    ],
    [
      "of a call under another name than its own, which is cut",
      () => sealed(changed(callEvent(3, "deny"), { call: LONG })),
      `call-id-wrong@4: is named \`${CUT}\` where \`c3\` is due`,
    ],
    ["of a page under another name", () => sealed(pageEvent(9)), "call-id-wrong@4: is named `p9` where `p3` is due"],
    [
      "of an approval that nobody asked for",
      () => closeLog([...START, approvalEvent(LONG)], undefined, { allowed: 1 }),
      `approval-without-question@4: approves call \`${CUT}\``,
    ],
    ["of a page for no call", () => sealed(pageEvent(3, LONG)), `page-of-unknown-call@4: names call \`${CUT}\``],
    [
      "of an outcome of no call",
      () => sealed(outcomeEvent(LONG)),
      `outcome-without-open-call@4: answers call \`${CUT}\``,
    ],
    [
      "of an outcome with a page that never came",
      () => sealed(callEvent(3, "allow"), outcomeEvent("c3", LONG_PAGE)),
      `page-missing@5: names page \`p${"1".repeat(31)}\``,
    ],
    [
      "of lines counted otherwise",
      () => closeLog(START, undefined, { lines: 9 }),
      "count-mismatch@4: counts 9 lines, the log has 4",
    ],
    [
      "of allowed calls counted otherwise",
      () => closeLog(bodyEvents(), undefined, { allowed: 2 }),
      "count-mismatch@8: counts 2 allowed calls, the log has 1",
    ],
    [
      "of denied calls counted otherwise",
      () => closeLog(bodyEvents(), undefined, { denied: 0 }),
      "count-mismatch@8: counts 0 denied calls, the log has 1",
    ],
    [
      "of an end by recovery",
      () => closeLog(START, "unsigned", { reason: "recovered" }),
      "closed-by-recovery@4: was written by a recovery",
    ],
    ["of an end without a seal", () => closeLog(START, "unsigned"), "seal-invalid@4: has no seal"],
    [
      "of a recovery with a seal",
      () => closeLog(START, undefined, { reason: "recovered" }),
      "seal-invalid@4: has a seal that no recovery could make",
    ],
    [
      "of another key's seal",
      () => closeLog(START, testKey(9)),
      "seal-invalid@4: has a seal that the run's key did not make over these lines",
    ],
  ])("%s, and of nothing else", (_what, lines, words) => {
    expect(told(verifyLines(lines()).findings)).toEqual([words]);
  });
});

describe("the account", () => {
  test("takes pins whose source is what they state", () => {
    expect(verifyLines(sealed(pinsEvent())).findings).toEqual([]);
  });

  test("lists the policies in their order, the first hundred of them", () => {
    expect(verifyLines(buildLog()).policies).toEqual([{ name: "guard", sha256: POLICY }]);
    const named = Array.from({ length: 101 }, (_, i) => changed(policyEvent(), { name: `p${String(i)}` }));
    const { policies, findings } = verifyLines(closeLog([openEvent(), ...named]));
    expect(policies.map(({ name }) => name)).toEqual(Array.from({ length: 100 }, (_, i) => `p${String(i)}`));
    expect(findings).toEqual([]);
  });

  test("knows an approved call by the kind that was asked about, and one that nobody asked about by none", () => {
    const lines = closeLog([...START, askedEvent(3), approvalEvent("c3"), approvalEvent("c9")], undefined, {
      allowed: 2,
    });
    expect(verifyLines(lines).unanswered.calls).toEqual([
      { call: "c3", line: 5, kind: "tool.invoke" },
      { call: "c9", line: 6, kind: "unknown" },
    ]);
  });

  test("is unsealed without its first line, which has the key that a seal is held against", () => {
    expect(verifyLines(buildLog().slice(1)).ending).toBe("unsealed");
  });

  test("lets no other session's approval make a call due for its receipt", () => {
    const log = new SignedLog();
    const call = log.call("ask");
    log.add(approvalEvent(call, "s2")).receipts([call]);
    expect(told(verifyLines(log.lines, { mayBeOpen: true }).findings).slice(0, 2)).toEqual([
      "approval-without-question@4: approves call `c2`",
      "receipt-wrong@5: `c2` waits for no receipt",
    ]);
  });

  test("remembers nothing of a call that is one more than can wait: neither that it may have a page, nor a receipt", () => {
    const found = new FindingList();
    const ledger = new Ledger({ digests, verifySignature }, found, new Chain());
    let seq = 0;
    const enter = (event: FlightEvent): void => {
      const line: FlightLine = { ...event, seq, hash: GENESIS, prev: GENESIS, time: { mono_us: seq, wall_ms: seq } };
      ledger.enter(line, ++seq, EMPTY_TREE);
    };
    enter(changed(openEvent(), { format: "agentk-flight/4" }));
    enter(policyEvent());
    while (seq < 65_538) enter(callEvent(seq, "allow"));
    expect(found.list).toEqual([]);
    enter(callEvent(seq, "allow"));
    enter(pageEvent(seq, "c65538"));
    expect(told(found.list)).toEqual([
      "too-many-open-calls@65539: `c65538` is one more",
      "page-of-unknown-call@65540: names call `c65538`",
    ]);
  });
});
