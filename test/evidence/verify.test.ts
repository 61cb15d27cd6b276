/** One finding a test: what a faulty or lying writer can put in a log whose chain and seal are right. */
import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { FINDINGS, MAX_FINDINGS, type FindingCode } from "../../src/evidence/findings.js";
import {
  bodyEvents,
  buildLog,
  callEvent,
  chainOf,
  closeLog,
  findingsOf,
  newVerifier,
  openEvent,
  outcomeEvent,
  pageEvent,
  policyEvent,
  sessionEvent,
  verifyLines,
  restated,
} from "./fixture.js";

const START = [openEvent(), policyEvent(), sessionEvent()];

function changed<T extends FlightEvent>(event: T, value: object): T {
  return { ...event, value: { ...event.value, ...value } };
}

interface Case {
  readonly name: string;
  readonly lines: () => readonly string[];
  readonly found: readonly `${FindingCode}@${string}`[];
}

function askedEvent(seq: number): FlightEvent {
  const decision = { verdict: "ask", rule: "pay", reason: "policy-ask" } as const;
  return changed(callEvent(seq, "allow"), { decision });
}

function approvalEvent(call: string, session: string, isApproved = true): FlightEvent {
  const decision = isApproved
    ? ({ verdict: "allow", rule: "pay", reason: "approved" } as const)
    : ({ verdict: "deny", rule: "lifecycle", reason: "lifecycle" } as const);
  return { type: "approval", value: { call, session, answer: isApproved ? "approved" : "unavailable", decision } };
}

const sealed = (...events: FlightEvent[]) => closeLog([...START, ...events]);

const CASES: readonly Case[] = [
  { name: "an empty log", lines: () => [], found: ["empty@-"] },
  { name: "a log that begins with its policy", lines: () => closeLog([policyEvent()]), found: ["first-not-open@1"] },
  { name: "two open lines", lines: () => sealed(openEvent()), found: ["open-twice@4"] },
  {
    name: "a second close line",
    lines: () => closeLog(sealedEvents()),
    found: ["count-mismatch@4", "seal-invalid@4", "after-close@5"],
  },
  {
    name: "a decision before any policy",
    lines: () => closeLog([openEvent(), callEvent(1, "deny")]),
    found: ["no-policy@2"],
  },
  {
    name: "a decision under another policy",
    lines: () => sealed(changed(callEvent(3, "deny"), { policy: "b".repeat(64) })),
    found: ["no-policy@4"],
  },
  {
    name: "a policy whose source was exchanged",
    lines: () => closeLog([openEvent(), changed(policyEvent(), { source: "version = 2\n" })]),
    found: ["policy-digest@2"],
  },
  { name: "a call named after another line", lines: () => sealed(callEvent(4, "deny")), found: ["call-id-wrong@4"] },
  {
    name: "a call named with a leading zero",
    lines: () => sealed(changed(callEvent(3, "deny"), { call: "c03" })),
    found: ["call-id-wrong@4"],
  },
  { name: "a page named after another line", lines: () => sealed(pageEvent(9)), found: ["call-id-wrong@4"] },
  {
    name: "an outcome of a call never made",
    lines: () => sealed(outcomeEvent("c9")),
    found: ["outcome-without-open-call@4"],
  },
  {
    name: "an outcome of a denied call",
    lines: () => sealed(callEvent(3, "deny"), outcomeEvent("c3")),
    found: ["outcome-without-open-call@5"],
  },
  {
    name: "two outcomes of one call",
    lines: () => sealed(callEvent(3, "allow"), outcomeEvent("c3"), outcomeEvent("c3")),
    found: ["outcome-without-open-call@6"],
  },
  { name: "a page of a call never made", lines: () => sealed(pageEvent(3, "c9")), found: ["page-of-unknown-call@4"] },
  {
    name: "a page of an answered call",
    lines: () => sealed(callEvent(3, "allow"), outcomeEvent("c3"), pageEvent(5, "c3")),
    found: ["page-of-unknown-call@6"],
  },
  {
    name: "an outcome with a page that never came",
    lines: () => sealed(callEvent(3, "allow"), outcomeEvent("c3", "p4")),
    found: ["page-missing@5"],
  },
  {
    name: "an outcome with another call's page",
    lines: () => sealed(callEvent(3, "allow"), callEvent(4, "allow"), pageEvent(5, "c4"), outcomeEvent("c3", "p5")),
    found: ["page-missing@7"],
  },
  {
    name: "an approval of a call that nobody was asked about",
    lines: () => closeLog([...START, callEvent(3, "deny"), approvalEvent("c3", "s1")], undefined, { allowed: 1 }),
    found: ["approval-without-question@5"],
  },
  {
    name: "an approval of another session's call",
    lines: () => closeLog([...START, askedEvent(3), approvalEvent("c3", "s2")], undefined, { allowed: 1 }),
    found: ["approval-without-question@5"],
  },
  {
    name: "two approvals of one call",
    lines: () =>
      closeLog([...START, askedEvent(3), approvalEvent("c3", "s1"), approvalEvent("c3", "s1")], undefined, {
        allowed: 2,
      }),
    found: ["approval-without-question@6"],
  },
  {
    name: "too many allowed calls counted",
    lines: () => closeLog(bodyEvents(), undefined, { allowed: 2 }),
    found: ["count-mismatch@8"],
  },
  {
    name: "too few denied calls counted",
    lines: () => closeLog(bodyEvents(), undefined, { denied: 0 }),
    found: ["count-mismatch@8"],
  },
  { name: "no seal", lines: () => closeLog(bodyEvents(), "unsigned"), found: ["seal-invalid@8"] },
  {
    name: "a seal that a recovery could not make",
    lines: () => closeLog(bodyEvents(), undefined, { reason: "recovered" }),
    found: ["seal-invalid@8"],
  },
  {
    name: "a recovery",
    lines: () => closeLog(bodyEvents(), "unsigned", { reason: "recovered" }),
    found: ["closed-by-recovery@8"],
  },
  { name: "no close line", lines: () => chainOf(bodyEvents()), found: ["unsealed@7"] },
  {
    name: "a clock that goes back",
    lines: () => chainOf(START, (seq) => (seq === 2 ? 500 : seq * 1000)),
    found: ["clock-backwards@3", "unsealed@3"],
  },
];

function sealedEvents(): FlightEvent[] {
  return [
    ...START,
    { type: "close", value: { reason: "eof", lines: 3, allowed: 0, denied: 0, strays: 0, seal: "0".repeat(128) } },
  ];
}

describe("a log whose chain is right", () => {
  test.each(CASES)("with $name", ({ lines, found }) => {
    const report = verifyLines(lines());
    expect(findingsOf(report)).toEqual(found);
    expect(report.ok).toBe(found.every((one) => one.startsWith("closed-by-recovery")));
  });

  test("with several calls in flight, answered in another order, is fine", () => {
    const report = verifyLines(
      sealed(
        callEvent(3, "allow"),
        callEvent(4, "allow"),
        pageEvent(5, "c4"),
        outcomeEvent("c4", "p5"),
        outcomeEvent("c3"),
      ),
    );
    expect(report).toMatchObject({ ok: true, allowed: 2, unanswered: { count: 0 } });
  });

  test("a question waits for the answer of its own session, whatever another says", () => {
    const answers = [approvalEvent("c3", "s2", false), approvalEvent("c3", "s1"), outcomeEvent("c3")];
    const lines = closeLog([...START, askedEvent(3), ...answers], undefined, { allowed: 1, denied: 1 });
    const report = verifyLines(lines);
    expect(findingsOf(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, allowed: 1, denied: 1, unanswered: { count: 0 } });
  });

  test("lists the calls that may have happened", () => {
    const report = verifyLines(sealed(callEvent(3, "allow"), callEvent(4, "deny"), callEvent(5, "allow")));
    expect(report.ok).toBe(true);
    expect(report.unanswered).toEqual({
      count: 2,
      calls: [
        { call: "c3", line: 4, kind: "tool.invoke" },
        { call: "c5", line: 6, kind: "tool.invoke" },
      ],
    });
  });
});

describe("damage", () => {
  test("to a call's line is not held against its page, its outcome or the counts", () => {
    const lines = buildLog().map((line, i) => (i === 3 ? line.replace("medium", "medlum") : line));
    expect(findingsOf(verifyLines(lines))).toEqual(["hash-mismatch@4"]);
    // With its hash made anew the shape is what is wrong with it, and the next line is taken at its word.
    expect(findingsOf(verifyLines(lines.map(restated)))).toEqual(["line-shape@4"]);
  });

  test("to the policy line is not held against the decisions", () => {
    const lines = buildLog().map((line, i) => (i === 1 ? line.replace("guard", "gward") : line));
    expect(findingsOf(verifyLines(lines))).toEqual(["hash-mismatch@2"]);
  });

  test("does not excuse a call that was never made", () => {
    const lines = closeLog([...START, sessionEvent(), outcomeEvent("c1")]);
    lines[3] = "broken";
    expect(findingsOf(verifyLines(lines))).toEqual(["line-not-json@4", "outcome-without-open-call@5"]);
  });

  test("without end is counted, and the first findings kept", () => {
    const verifier = newVerifier();
    for (let i = 0; i < 5000; i++) verifier.line("{}");
    const report = verifier.end();
    expect(report.findings).toHaveLength(MAX_FINDINGS);
    expect(report.findingCount).toBe(5001);
    expect(report.ok).toBe(false);
  });

  test("past the cap still fails the log", () => {
    const notes = Array.from({ length: 3 }, () => sessionEvent());
    const lines = sealed(...notes);
    expect(verifyLines([...lines.slice(0, -1), ...Array.from({ length: 200 }, () => ""), ...lines.slice(-1)]).ok).toBe(
      false,
    );
  });

  test("that the reader finds is placed", () => {
    const verifier = newVerifier();
    verifier.line(buildLog()[0] ?? "");
    verifier.fault("not-utf8", "is not UTF-8");
    verifier.fault("line-too-long", "is too long");
    verifier.fault("torn-tail", "3 bytes");
    expect(findingsOf(verifier.end())).toEqual(["not-utf8@2", "line-too-long@3", "torn-tail@4", "unsealed@3"]);
  });
});

describe("hostile text", () => {
  test("in a finding cannot act on a terminal", () => {
    const [first = ""] = buildLog();
    const line = restated(first.replace('"value":{', '"value":{"\\u001b[2J\u202e":1,'));
    const [finding] = verifyLines([line]).findings;
    expect(finding?.code).toBe("line-shape");
    expect(finding?.detail).toContain("\\u{1b}[2J\\u{202e}");
  });
});

test("more calls in flight than a run can have are a finding, and do not fill memory", () => {
  const verifier = newVerifier();
  const calls = Array.from({ length: 65_540 }, (_, i) => callEvent(i + 3, "allow"));
  for (const line of chainOf([...START, ...calls])) verifier.line(line);
  const report = verifier.end();
  expect(report.findings.map(({ code }) => code)).toEqual([
    ...Array<string>(4).fill("too-many-open-calls"),
    "unsealed",
  ]);
  expect(report.unanswered.count).toBe(65_536);
});

test("every finding says what it means and what to do", () => {
  for (const row of Object.values(FINDINGS)) {
    expect(row.means).not.toMatch(/\.$|^$/);
    expect(row.advice).not.toMatch(/\.$|^$/);
  }
});

test("events are handed on as they are read, with their line", () => {
  const seen: string[] = [];
  const lines = buildLog();
  lines[2] = "broken";
  verifyLines(lines, { onEvent: (event, line) => seen.push(`${event.type}@${String(line)}`) });
  expect(seen).toEqual(["open@1", "policy@2", "syscall@4", "page@5", "outcome@6", "syscall@7", "close@8"]);
});
