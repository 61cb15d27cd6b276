import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { createInspector, type InspectRow, type InspectTotals } from "../../src/evidence/inspect.js";
import { visible, visibleTarget } from "../../src/evidence/visible.js";
import {
  bodyEvents,
  callEvent,
  chainOf,
  closeLog,
  commit,
  openEvent,
  pageEvent,
  policyEvent,
  verifyLines,
} from "./fixture.js";

function inspect(events: readonly FlightEvent[]): { rows: InspectRow[]; totals: InspectTotals } {
  const inspector = createInspector();
  const rows: InspectRow[] = [];
  verifyLines(chainOf(events), { onEvent: (event, line) => rows.push(inspector.add(event, line)) });
  return { rows, totals: inspector.totals() };
}

const START = [openEvent(), policyEvent()];

describe("rows", () => {
  test("say who did what and how it was decided", () => {
    const { rows } = inspect(bodyEvents());
    expect(rows[3]).toEqual({
      line: 4,
      seq: 3,
      wallMs: Date.UTC(2026, 10, 21, 3, 54, 13, 3),
      monoUs: 3000,
      type: "syscall",
      who: "agent://desk",
      what: "tool.invoke files/read_file",
      decision: "allow:read-only",
      reason: "a rule of the policy allows it",
      mark: "passed",
      labels: ["trusted"],
      bytes: 24,
    });
    expect(rows[6]).toMatchObject({ decision: "deny:default-deny", reason: "no rule of the policy allows it" });
    expect(rows.map(({ what }) => what)).toEqual([
      "agentk 0.1.0 guards files",
      expect.stringMatching(/^guard [0-9a-f]{12}$/),
      "initialize 2025-11-25",
      "tool.invoke files/read_file",
      "p4 tools/call for c3",
      "c3 ok with p4",
      "tool.invoke files/write_file",
    ]);
  });

  test("show the acting server of a request from below", () => {
    const call = callEvent(2, "deny");
    const { rows } = inspect([...START, { ...call, value: { ...call.value, from: "server" } }]);
    expect(rows[2]?.who).toBe("files");
  });

  test("show every fact of a child's end", () => {
    const value = {
      session: "s1",
      fact: "child-exited",
      fault: "torn",
      exit_code: 3,
      exit_signal: "SIGTERM",
      call: "c2",
    } as const;
    expect(inspect([...START, { type: "session", value }]).rows[2]?.what).toBe(
      "child-exited torn status 3 SIGTERM for c2",
    );
  });

  test("show a recovery and a close", () => {
    const torn: FlightEvent = { type: "recovery", value: { torn_bytes: 17, torn_sha256: "a".repeat(64) } };
    const inspector = createInspector();
    const rows: InspectRow[] = [];
    const lines = closeLog([...START, torn], "unsigned", { reason: "recovered", stderr: commit(7), stderr_bytes: 9 });
    verifyLines(lines, { onEvent: (event, line) => rows.push(inspector.add(event, line)) });
    expect(rows.slice(2)).toMatchObject([
      { what: "torn tail set aside", bytes: 17 },
      { what: "recovered, 4 lines, no seal", bytes: 7 },
    ]);
  });
});

describe("what is not shown", () => {
  test.each([
    ["https://bank.example/pay?token=s3cret", "https://bank.example/pay?…"],
    ["https://user:s3cret@bank.example/", "https://…@bank.example/"],
    ["https://bank.example/#access_token=s3cret", "https://bank.example/#…"],
    ["/search?q=s3cret", "/search?…"],
    ["https://bank.example/pay?a\nb=s3cret", "https://bank.example/pay?…"],
    ["files/what?", "files/what?"],
    ["is this a URL? no", "is this a URL? no"],
    ["a\u001b[31mred", "a\\u{1b}[31mred"],
    ["a\u202eb\u200bc\u2028d\u009be", "a\\u{202e}b\\u{200b}c\\u{2028}d\\u{9b}e"],
  ])("of the target %j", (target, shown) => {
    expect(visibleTarget(target)).toBe(shown);
    expect(inspect([...START, callEvent(2, "deny", target)]).rows[2]?.what).toBe(`tool.invoke ${shown}`);
  });

  test("no text reaches a row with a character that acts on a terminal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u);
      }),
    );
    const call = callEvent(2, "deny");
    const decision = { verdict: "deny", rule: "\u001b]0;x\u0007", reason: "no-rule" } as const;
    const { rows, totals } = inspect([...START, { ...call, value: { ...call.value, labels: ["\u202e"], decision } }]);
    expect(rows[2]).toMatchObject({ decision: "deny:\\u{1b}]0;x\\u{7}", labels: ["\\u{202e}"] });
    expect(totals.blockedByRule).toEqual([{ name: "\\u{1b}]0;x\\u{7}", count: 1 }]);
  });
});

describe("a policy that only observes", () => {
  test("says what it would have stopped, beside what passed", () => {
    const decision = { verdict: "allow", rule: "sensitive-path", reason: "would-ask" } as const;
    const call = callEvent(START.length, "allow");
    const { rows, totals } = inspect([...START, { ...call, value: { ...call.value, decision } }]);
    expect(rows.at(-1)).toMatchObject({ decision: "would-ask:sensitive-path", mark: "marked" });
    expect(totals).toMatchObject({ allowed: 1, wouldStopByRule: [{ name: "sensitive-path", count: 1 }] });
  });
});

describe("totals", () => {
  test("count calls, blocks and commitments", () => {
    const { totals } = inspect(bodyEvents());
    expect(totals).toEqual({
      events: 7,
      allowed: 1,
      denied: 1,
      blockedByRule: [{ name: "default-deny", count: 1 }],
      wouldStopByRule: [],
      withheldByRule: [],
      bySyscall: [{ name: "tool.invoke", count: 2 }],
      commitments: [
        { name: "command", count: 1, bytes: 31 },
        { name: "arguments", count: 2, bytes: 48 },
        { name: "content", count: 1, bytes: 512 },
      ],
    });
  });

  test("name every commitment after what it stands for", () => {
    const call = callEvent(2, "allow");
    const claims = { labels: [], capabilities: 0, intent: commit(4) };
    const value = { ...call.value, subject: commit(1), sent: commit(3), claims };
    const close = { reason: "eof", lines: 4, allowed: 1, denied: 0, strays: 0, stderr: commit(5) } as const;
    const { totals } = inspect([...START, { ...call, value }, { type: "close", value: close }]);
    expect(totals.commitments).toEqual([
      { name: "command", count: 1, bytes: 31 },
      { name: "subject", count: 1, bytes: 1 },
      { name: "arguments", count: 1, bytes: 24 },
      { name: "sent", count: 1, bytes: 3 },
      { name: "intent", count: 1, bytes: 4 },
      { name: "stderr", count: 1, bytes: 5 },
    ]);
  });

  test("count a call that a human is asked about by the answer, and one that is put off as denied", () => {
    const decided = (verdict: "ask" | "defer", seq: number): FlightEvent => {
      const call = callEvent(seq, "allow");
      return {
        ...call,
        value: { ...call.value, decision: { verdict, rule: `${verdict}-it`, reason: `policy-${verdict}` } },
      };
    };
    const decision = { verdict: "deny", rule: "ask-it", reason: "approval-refused" } as const;
    const refused = { call: "c2", session: "s1", answer: "refused", decision } as const;
    const asked = decided("ask", 2);
    expect(inspect([...START, asked]).totals).toMatchObject({ allowed: 0, denied: 0, blockedByRule: [] });
    const { totals } = inspect([...START, asked, { type: "approval", value: refused }, decided("defer", 4)]);
    expect(totals).toMatchObject({
      ...{ allowed: 0, denied: 2, bySyscall: [{ name: "tool.invoke", count: 2 }] },
      blockedByRule: [
        { name: "ask-it", count: 1 },
        { name: "defer-it", count: 1 },
      ],
    });
  });

  test("count withheld results apart from blocked calls", () => {
    const page = pageEvent(2) as Extract<FlightEvent, { type: "page" }>;
    const delivery = { verdict: "deny", rule: "no-poison", reason: "policy-deny" } as const;
    const { rows, totals } = inspect([...START, { ...page, value: { ...page.value, delivery } }]);
    expect(rows[2]?.decision).toBe("deny:no-poison");
    expect(totals).toMatchObject({ denied: 0, blockedByRule: [], withheldByRule: [{ name: "no-poison", count: 1 }] });
  });

  test("stay small whatever names a log uses", () => {
    const calls = Array.from({ length: 1200 }, (_, i) => {
      const call = callEvent(i + 2, "deny");
      return { ...call, value: { ...call.value, decision: { ...call.value.decision, rule: `r${String(i)}` } } };
    });
    const { blockedByRule } = inspect([...START, ...calls]).totals;
    expect(blockedByRule).toHaveLength(1001);
    expect(blockedByRule[0]).toEqual({ name: "(others)", count: 200 });
  });
});
