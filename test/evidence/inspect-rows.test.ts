/** One row for every type of line: who did it, what was done, how it was decided, and how much it commits to. */
import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { createInspector, type InspectRow } from "../../src/evidence/inspect.js";
import { noteOver } from "./checkpointed.js";
import {
  buildLog,
  callEvent,
  chainOf,
  commit,
  digests,
  openEvent,
  outcomeEvent,
  pageEvent,
  pinsEvent,
  policyEvent,
  RUN_KEY,
  sessionEvent,
  verifyLines,
} from "./fixture.js";
import { naiveLeaf, naiveRoot } from "./naive-tree.js";

const [RECEIPT, OTHER, HANDLE] = [`cap_${"1".repeat(16)}`, `cap_${"2".repeat(16)}`, `secret_fd_${"3".repeat(16)}`];

/** The row of an event in the third line of a log. */
function rowOf(event: FlightEvent): InspectRow | undefined {
  const inspector = createInspector();
  const rows: InspectRow[] = [];
  const onEvent = (...read: Parameters<typeof inspector.add>): unknown => rows.push(inspector.add(...read));
  verifyLines(chainOf([openEvent(), policyEvent(), event]), { onEvent });
  return rows[2];
}

describe("the row of", () => {
  const call = callEvent(2, "allow");
  const page = pageEvent(2) as Extract<FlightEvent, { type: "page" }>;
  const receipt = { call: "c2", session: "s1", id: RECEIPT, nonce: "0a".repeat(16), expires_ms: 9, expires_seq: 9 };
  const receipts = [
    { ...receipt, handle: HANDLE },
    { ...receipt, call: "c3", id: OTHER },
  ];
  const note = noteOver(buildLog());
  const root = Buffer.from(naiveRoot(buildLog().map(naiveLeaf)), "hex").toString("base64");
  const released = { before: ["untrusted"], after: ["trusted"], by: "control-socket" } as const;
  const restarted = { session: "s1", fact: "child-started", server: "files", restart: 2 } as const;
  const closed = { reason: "eof", lines: 3, allowed: 0, denied: 0, strays: 0, seal: "0".repeat(128) } as const;
  const decision = { verdict: "allow", rule: "pay", reason: "approved" } as const;

  test.each<readonly [string, FlightEvent, Partial<InspectRow>]>([
    ["the policy", policyEvent(), { who: "operator", bytes: 40 }],
    [
      "the pins",
      pinsEvent(),
      {
        who: "operator",
        what: `agentk.lock ${digests.sha256Hex('agentk/pins/1\n{"servers":[]}').slice(0, 12)}`,
        bytes: 14,
      },
    ],
    [
      "a call of agentk's own, with all that it commits to",
      {
        ...call,
        value: {
          ...call.value,
          ...{ from: "agentk", subject: commit(1), sent: commit(200) },
          claims: { labels: [], capabilities: 0, intent: commit(4000) },
        },
      },
      { who: "agentk", what: "tool.invoke files/read_file", bytes: 4225 },
    ],
    [
      "a page with signs of poison",
      { ...page, value: { ...page.value, signs: ["override@1", "hidden@2"] } },
      { who: "files", what: "p2 tools/call signs override@1, hidden@2", labels: ["external", "untrusted"], bytes: 512 },
    ],
    [
      "an approval",
      { type: "approval", value: { call: "c2", session: "s1", answer: "approved", decision } },
      { who: "operator", what: "c2 approved", decision: "allow:pay", reason: "a human approved it", mark: "passed" },
    ],
    [
      "a release",
      { type: "release", value: { session: "s1", axis: "integrity", ...released } },
      { who: "operator", what: "integrity of s1 lowered by control-socket", labels: ["trusted"] },
    ],
    [
      "receipts, one with a handle",
      { type: "receipts", value: { receipts, root: "0".repeat(64), signature: "0".repeat(128) } },
      { who: "agentk", what: `${RECEIPT} for c2 ${HANDLE}, ${OTHER} for c3` },
    ],
    ["an outcome without a page", outcomeEvent("c2"), { who: "s1", what: "c2 ok", labels: [] }],
    [
      "an outcome that the edge refused",
      { type: "outcome", value: { call: "c2", session: "s1", status: "not-sent", refused: "receipt-replayed" } },
      { what: "c2 not-sent refused: receipt-replayed" },
    ],
    ["a head", { type: "checkpoint", value: { note } }, { who: "agentk", what: `head of 8 lines, ${root}` }],
    [
      "a head that is none",
      { type: "checkpoint", value: { note: "no note" } },
      { who: "agentk", what: "head of  lines, " },
    ],
    [
      "a change of key",
      {
        type: "key",
        value: {
          public_key: RUN_KEY.publicHex,
          signature_previous: "0".repeat(128),
          signature_next: "0".repeat(128),
        },
      },
      { who: "operator", what: `signs with ${RUN_KEY.publicHex.slice(0, 12)} from here on` },
    ],
    ["a restart", { type: "session", value: restarted }, { who: "s1", what: "child-started of files restart 2" }],
    [
      "a recovery",
      { type: "recovery", value: { torn_bytes: 17, torn_sha256: "a".repeat(64) } },
      { who: "recovery", what: "torn tail set aside", bytes: 17 },
    ],
    ["an end", { type: "close", value: closed }, { who: "agentk", what: "eof, 3 lines, with a seal" }],
    ["a denied call", callEvent(2, "deny"), { mark: "stopped", labels: ["external", "untrusted"] }],
  ])("%s", (_what, event, row) => {
    expect(rowOf(event)).toMatchObject({ line: 3, seq: 2, type: event.type, ...row });
  });

  test("what neither decides nor commits to anything has no decision and no bytes", () => {
    expect(Object.keys(rowOf(sessionEvent()) ?? {}).sort()).toEqual(
      ["labels", "line", "monoUs", "seq", "type", "wallMs", "what", "who"].sort(),
    );
    expect(rowOf(sessionEvent())?.labels).toEqual([]);
  });
});
