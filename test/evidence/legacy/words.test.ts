/** What is said of a log of the Rust AgentK, word for word: a reader decides by it what the log is still good for. */
import { describe, expect, test } from "vitest";
import { DEVELOPMENT_KEY } from "../../../src/evidence/legacy/signers.js";
import { createLegacyVerifier, type LegacyReport } from "../../../src/evidence/legacy/verify.js";
import { digests, testKey, verifySignature } from "../fixture.js";
import { CALLS, rechained, rustEvents, rustLog, type RustCall, type RustEvent } from "./rust-log.js";

const KEY = testKey(0x22).publicHex;
const [READ, TOOL, DENIED, SECRET] = CALLS as readonly [RustCall, RustCall, RustCall, RustCall];

function verify(lines: readonly string[], ...trustedKeys: readonly string[]): LegacyReport {
  const verifier = createLegacyVerifier({ digests, verifySignature, trustedKeys });
  for (const line of lines) verifier.line(line);
  return verifier.end();
}

function said(lines: readonly string[], ...trustedKeys: readonly string[]): string[] {
  return verify(lines, ...trustedKeys).findings.map(({ detail }) => detail);
}

function seen(report: LegacyReport): Record<string, string> {
  return Object.fromEntries(report.weaknesses.map(({ code, seen: what }) => [code, what]));
}

/** A log of the calls, `change` made to its events, and the chain made anew. */
function changed(calls: readonly RustCall[], change: (events: RustEvent[]) => void, agent = "agent://demo"): string[] {
  const events = rustEvents(calls, { agent });
  change(events);
  return rechained(events);
}

describe("findings", () => {
  const [line = ""] = rustLog([READ]);
  const long = "x".repeat(80);
  test.each([
    ["no JSON", "{", "is not JSON"],
    [
      "a member in an event",
      line.replace('"step":1', `"step":1,"${long}":1`),
      `/${"x".repeat(64)} is not a known member`,
    ],
    [
      "a member in a receipt",
      line.replace('"issued_to"', '"note":"","issued_to"'),
      "/decision/receipt/note is not a known member",
    ],
    ["a step that is text", line.replace('"step":1', '"step":"1"'), /^\/step [a-z]/],
    ["white space", line.replace(":", ": "), "is not compact JSON as the Rust AgentK writes it"],
    ["a lone surrogate", line.replace('"page:web"', '"\\ud800"'), "holds a lone surrogate"],
    [
      "another order in an event",
      line.replace(/"step":1,("syscall":\{.*\}),"decision"/, '$1,"step":1,"decision"'),
      "/ has its members in another order",
    ],
    [
      "another order in a decision",
      line.replace(/("verdict":"allow"),("reason":"[^"]*")/, "$2,$1"),
      "/decision has its members in another order",
    ],
    [
      "labels in another order",
      line.replace('"untrusted","external"', '"external","untrusted"'),
      "/syscall/labels are not each once, in their order",
    ],
    ["another text", line.replace("page:web", "page:bew"), "does not hash to the `event_hash` it states"],
    ["a blank line", " ", "is blank"],
  ])("%s", (_what, text, words) => {
    const [first] = said([text]);
    if (typeof words === "string") expect(first).toBe(words);
    else expect(first).toMatch(words);
  });

  test("the chain", () => {
    expect(said(rustLog([READ, TOOL, DENIED]).toSpliced(1, 1))).toEqual([
      "is step 3 and not 2",
      "names another hash than that of the line before",
    ]);
  });

  test("agents, both ways", () => {
    const taken = changed([DENIED, DENIED], ([, second]) => delete second?.agent_id);
    expect(said(taken)).toEqual(["names no agent"]);
    const given = changed([DENIED, DENIED], ([first]) => delete first?.agent_id);
    expect(said(given)).toEqual(["names an agent"]);
    const other = changed([DENIED, DENIED], ([, second]) => Object.assign(second ?? {}, { agent_id: "x" }));
    expect(said(other)).toEqual(["names another agent"]);
  });

  test.each(["target", "syscall"])("a receipt made for another %s is for no other call", (field) => {
    const lines = changed([TOOL], ([event]) => {
      Object.assign(event?.decision.receipt ?? {}, { [field]: "other" });
    });
    expect(said(lines).map((text) => text.replaceAll(/[0-9a-f]{12}/g, "…"))).toEqual([
      "`cap_…` is not for this call",
      "the proof of `cap_…` is of other fields",
    ]);
  });

  test("receipts and handles past their step, or signed by nobody", () => {
    const lines = changed([SECRET], ([event]) => {
      const { receipt, secret_handle: handle } = event?.decision ?? {};
      Object.assign(receipt ?? {}, { expires_at_step: 0, signature: "0".repeat(128) });
      Object.assign(handle ?? {}, { expires_at_step: 0, target: "x", signature: "0".repeat(128) });
    });
    expect(said(lines).map((text) => text.replaceAll(/[0-9a-f]{12}/g, "…"))).toEqual([
      "expired at step 0",
      "the proof of `cap_…` is of other fields",
      "the signature of `cap_…` is not valid",
      "`secret_fd_…` is not for this call and its receipt",
      "expired at step 0",
      "the proof of `secret_fd_…` is of other fields",
      "the signature of `secret_fd_…` is not valid",
    ]);
  });

  test("evidence where none belongs, and none where it does", () => {
    const denied = changed([TOOL], ([event]) => Object.assign(event?.decision ?? {}, { verdict: "deny" }));
    expect(said(denied)).toEqual(["is denied, with a receipt"]);
    const bare = changed([TOOL], ([event]) => Object.assign(event?.decision ?? {}, { receipt: null }));
    expect(said(bare)).toEqual(["is allowed, without a receipt"]);
    const misplaced = changed([SECRET], ([event]) => Object.assign(event?.syscall ?? {}, { kind: "context.read" }));
    expect(said(misplaced)).toContainEqual(expect.stringMatching(/^`secret_fd_[0-9a-f]{12}` opens no secret$/));
  });

  test("a log that holds nothing, and one that nobody who is trusted has signed", () => {
    expect(said([])).toEqual(["holds no event"]);
    expect(said(rustLog([DENIED]), KEY)).toEqual(["no trusted signature"]);
    expect(said(rustLog([TOOL]), testKey(0x33).publicHex)).toEqual([
      expect.stringMatching(/^`cap_[0-9a-f]{12}` is signed by another key$/),
      "no trusted signature",
    ]);
  });
});

describe("weaknesses", () => {
  test("each says what it holds for, one and many apart", () => {
    const labelled = [{ ...DENIED, labels: [] }, ...CALLS];
    expect(seen(verify(rustLog(labelled)))).toEqual({
      "signers-from-log": "4 receipts",
      "denies-unsigned": "3 denied calls",
      "fields-unsigned": "4 receipts",
      "tail-unsigned": "line 7",
      "end-not-sealed": "nothing says that step 7 was the last",
      "run-unnamed": "all 7 events",
      "policy-unknown": "all 7 events",
      "labels-claimed": "4 events with labels, 3 without",
      "version-downgrade": "7 events with an agent, 0 without",
      "receipts-not-spent": "4 receipts",
      "handles-not-redeemed": "1 handle",
      "values-guessable": "1 digest",
    });
    expect(seen(verify(rustLog([DENIED], {})))).toEqual({
      "denies-unsigned": "1 denied call",
      "tail-unsigned": "no line is signed with a key that is secret",
      "end-not-sealed": "nothing says that step 1 was the last",
      "run-unnamed": "all 1 event",
      "policy-unknown": "all 1 event",
      "labels-claimed": "1 event with labels, 0 without",
      "version-downgrade": "1 event without an agent: v0.1, or v0.2 with the agent taken out",
    });
  });

  test("nothing is said of a log without an event", () => {
    expect(verify([]).weaknesses).toEqual([]);
    expect(verify(["{"]).proved).toEqual([]);
  });

  test("the tail: nothing when the last line is signed, a line, or lines", () => {
    expect(seen(verify(rustLog([DENIED, TOOL])))["tail-unsigned"]).toBeUndefined();
    expect(seen(verify(rustLog([TOOL, DENIED])))["tail-unsigned"]).toBe("line 2");
    expect(seen(verify(rustLog([TOOL, DENIED, DENIED])))["tail-unsigned"]).toBe("lines 2 to 3");
  });

  test("the first allowed call without a receipt is named, though more follow", () => {
    const lines = changed([DENIED, TOOL, TOOL], (events) => {
      for (const event of events) event.decision.receipt = null;
    });
    expect(seen(verify(lines))["allows-unsigned"]).toBe("2 allowed calls, the first in line 2");
  });

  test("the published key and one that was put in for another are counted, and only those", () => {
    const published = rustLog([TOOL, TOOL], { agent: "a", seed: 0x41, source: "invalid-env-fallback" });
    expect(testKey(0x41).publicHex).toBe(DEVELOPMENT_KEY);
    expect(seen(verify(published))).toMatchObject({
      "development-key": "2 signatures",
      "fallback-key": "2 signatures with such a key source",
    });
    expect(seen(verify(rustLog()))).not.toHaveProperty("development-key");
    expect(seen(verify(rustLog()))).not.toHaveProperty("fallback-key");
  });
});

describe("what is proved", () => {
  const chain = (events: number) =>
    `the ${String(events)} events that are there hash to what they state and follow one another`;

  test("without a trusted key the chain, and with one what its last signature covers", () => {
    expect(verify(rustLog([TOOL, DENIED])).proved).toEqual([chain(2)]);
    expect(verify(rustLog([TOOL, DENIED]), KEY).proved).toEqual([
      chain(2),
      "the step, syscall and target of line 1 are those a trusted key signed",
    ]);
    expect(verify(rustLog([DENIED, TOOL]), KEY).proved).toEqual([
      chain(2),
      "the lines before line 2, and the step, syscall and target of line 2 are those a trusted key signed",
    ]);
  });

  test("a signature that does not hold proves nothing of the lines before it", () => {
    const lines = changed([TOOL], ([event]) => {
      Object.assign(event?.decision.receipt ?? {}, { signature: "0".repeat(128) });
    });
    expect(verify(lines, KEY)).toMatchObject({ ok: false, proved: [], signers: [] });
    expect(seen(verify(lines, KEY))["tail-unsigned"]).toBe("no line is signed with a key that is secret");
  });

  test("a finding that is a failure counts as one, and a note as a note", () => {
    expect(verify(rustLog([READ, DENIED, DENIED]).toSpliced(1, 1))).toMatchObject({
      ok: false,
      findingCount: 2,
      noteCount: 0,
    });
    expect(verify([...rustLog(), ""])).toMatchObject({ ok: true, findingCount: 1, noteCount: 1, lines: 7 });
  });
});
