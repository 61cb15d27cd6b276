/** Logs of the Rust AgentK: right ones verify, each rule of theirs can fail, and what they let pass is said. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LEGACY_FINDINGS } from "../../../src/evidence/legacy/legacy-findings.js";
import { DEVELOPMENT_KEY } from "../../../src/evidence/legacy/signers.js";
import { createLegacyVerifier, type LegacyReport } from "../../../src/evidence/legacy/verify.js";
import { LEGACY_WEAKNESSES } from "../../../src/evidence/legacy/weaknesses.js";
import { digests, testKey, verifySignature } from "../fixture.js";
import { CALLS, rechained, rustEvents, rustLog, sha256, stripped, type RustCall, type RustEvent } from "./rust-log.js";

const KEY = testKey(0x22).publicHex;
const provoked = new Set<string>();
const weak = new Set<string>();

function verify(lines: readonly string[], ...trustedKeys: readonly string[]): LegacyReport {
  const verifier = createLegacyVerifier({ digests, verifySignature, trustedKeys });
  for (const line of lines) verifier.line(line);
  const report = verifier.end();
  for (const { code } of report.findings) provoked.add(code);
  for (const { code } of report.weaknesses) weak.add(code);
  return report;
}

function found(lines: readonly string[], ...trustedKeys: readonly string[]): string[] {
  return verify(lines, ...trustedKeys).findings.map(({ code, line }) => `${code}@${String(line ?? "-")}`);
}

function weaknessesOf(report: LegacyReport): string[] {
  return report.weaknesses.map(({ code }) => code);
}

/** The log with one event changed in place, its hash and the chain made anew. */
function edited(step: number, change: (event: RustEvent) => void): string[] {
  const events = rustEvents();
  const event = events[step - 1];
  if (event === undefined) throw new Error("no such step");
  change(event);
  return rechained(events);
}

function must<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("is not there");
  return value;
}

describe("golden logs", () => {
  test.each([
    ["v0.1", "rust-agentk-v1.jsonl", rustLog(CALLS, {})],
    ["v0.2", "rust-agentk-v2.jsonl", rustLog()],
  ])("of %s hold by their own rules", (version, name, lines) => {
    const file = new URL(`../../vectors/${name}`, import.meta.url);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, `${lines.join("\n")}\n`);
    expect(readFileSync(file, "utf8")).toBe(`${lines.join("\n")}\n`);
    const report = verify(lines, KEY);
    expect(report).toMatchObject({ ok: true, version, lines: 6, findingCount: 0, isPinned: true });
    expect(report.counts).toMatchObject({ events: 6, allowed: 4, denied: 2, receipts: 4, handles: 1, lastSigned: 5 });
    expect(report.agent).toBe(version === "v0.2" ? "agent://demo" : undefined);
    expect(report.signers).toEqual([
      {
        fingerprint: `sha256:${digests.sha256Hex(Buffer.from(KEY, "hex"))}`,
        legacyFingerprint: `public_key_sha256:${sha256(`"${KEY}"`)}`,
        isDevelopmentKey: false,
        isTrusted: true,
        receipts: 4,
        handles: 1,
      },
    ]);
    expect(report.decisions).toContainEqual({ name: "deny:taint-sensitive-egress", count: 1 });
    expect(report.proved.at(-1)).toBe(
      "the lines before line 5, and the step, syscall and target of line 5 are those a trusted key signed",
    );
  });

  test("the hash is that of the words of the format", () => {
    const [line = ""] = rustLog();
    const [body = "", hash] = /^(.*),"event_hash":"(\w+)"\}$/.exec(line)?.slice(1) ?? [];
    expect(sha256(`${body}}`)).toBe(hash);
    expect(line.startsWith('{"agent_id":"agent://demo","step":1,"syscall":{"kind":"context.read",')).toBe(true);
  });
});

describe("every byte counts", () => {
  test("any changed byte of any line is found in that line", () => {
    const log = rustLog();
    for (const [i, line] of log.entries()) {
      for (let at = 0; at < line.length; at += 7) {
        const other = line[at] === "0" ? "1" : "0";
        const lines = log.with(i, line.slice(0, at) + other + line.slice(at + 1));
        const first = verify(lines).findings.find(({ severity }) => severity === "failure");
        expect(first?.line, `line ${String(i + 1)}, byte ${String(at)}`).toBe(i + 1);
      }
    }
  });

  test("one edited line is one failure", () => {
    expect(
      found(
        rustLog()
          .map((line) => line.replace("files.read", "files.raed"))
          .with(4, must(rustLog()[4])),
      ),
    ).toEqual(["hash-mismatch@2"]);
  });

  test.each([
    ["cut out", (log: string[]) => log.toSpliced(2, 1), ["step-gap@3", "previous-mismatch@3"]],
    ["doubled", (log: string[]) => log.toSpliced(2, 0, must(log[2])), ["step-gap@4", "previous-mismatch@4"]],
    ["cut off the start", (log: string[]) => log.slice(1), ["step-gap@1", "previous-mismatch@1"]],
  ])("a line %s", (_how, change, expected) => {
    expect(found(change(rustLog()))).toEqual(expected);
  });

  test("lines out of order", () => {
    const [a, b, c, ...rest] = rustLog();
    expect(found([must(a), must(c), must(b), ...rest])).toContain("step-gap@2");
  });
});

describe("what is not in its one form", () => {
  const [line = ""] = rustLog();
  test.each([
    ["no JSON", line.slice(0, -1), "line-not-json"],
    ["an unknown member, which theirs ignores", line.replace('"step":1', '"step":1,"extra":1'), "member-unknown"],
    ["one in the receipt", line.replace('"issued_to"', '"note":"","issued_to"'), "member-unknown"],
    ["a member that is missing", line.replace('"intent":"",', ""), "line-shape"],
    ["a text where a number is", line.replace('"step":1', '"step":"1"'), "line-shape"],
    ["an unknown label", line.replace('"untrusted"', '"harmless"'), "line-shape"],
    ["a list", "[]", "line-shape"],
    ["white space", line.replace(":", ": "), "line-form"],
    ["a carriage return", `${line}\r`, "line-form"],
    ["a doubled member", line.replace('"step":1', '"step":1,"step":1'), "line-form"],
    ["another order", line.replace(/"step":1,("syscall":\{.*\}),"decision"/, '$1,"step":1,"decision"'), "line-form"],
    ["labels in another order", line.replace('"untrusted","external"', '"external","untrusted"'), "line-form"],
    ["a label twice", line.replace('"untrusted",', '"untrusted","untrusted",'), "line-form"],
    ["a lone surrogate", line.replace('"page:web"', '"\\ud800"'), "line-form"],
    ["a number with a fraction", line.replace('"step":1', '"step":1.0'), "line-form"],
  ])("%s", (_what, text, code) => {
    expect(text).not.toBe(line);
    expect(found([text, ...rustLog().slice(1)])).toEqual([`${code}@1`]);
  });

  test("text that only looks like an escaped surrogate is fine", () => {
    const calls: RustCall[] = [{ ...must(CALLS[0]), intent: "\\ud800 and \u{1f600}" }];
    expect(found(rustLog(calls))).toEqual([]);
  });

  test("blank lines are skipped, as theirs does, and told", () => {
    const log = rustLog();
    expect(verify([...log.slice(0, 2), "", ...log.slice(2)]).ok).toBe(true);
    expect(found([...log, "  "])).toEqual(["blank-line@7"]);
  });

  test("nothing at all, which theirs calls whole", () => {
    expect(verify([]).ok).toBe(false);
    expect(found([])).toEqual(["empty@-"]);
    expect(found([""])).toEqual(["blank-line@1", "empty@-"]);
  });

  test("lines that cannot be handed over", () => {
    const verifier = createLegacyVerifier({ digests, verifySignature });
    verifier.fault("not-utf8", "x");
    verifier.fault("line-too-long", "\u001b[2J");
    const { findings, ok } = verifier.end();
    expect(ok).toBe(false);
    for (const { code } of findings) provoked.add(code);
    expect(findings.map(({ detail }) => detail)).toEqual(["x", "\\u{1b}[2J"]);
  });
});

describe("receipts and handles", () => {
  const other = must(rustEvents(CALLS, { agent: "agent://demo", seed: 0x33 })[1]?.decision.receipt);
  const cases: [string, number, (event: RustEvent) => void, string[]][] = [
    ["a target", 2, (e) => (e.syscall.target = "files.write"), ["receipt-binding@2"]],
    ["a syscall", 2, (e) => (e.syscall.kind = "prompt.get"), ["receipt-binding@2"]],
    ["an agent", 6, (e) => (e.agent_id = "agent://other"), ["agent-changed@6"]],
    ["an agent of an allow", 5, (e) => (e.agent_id = "x"), ["agent-changed@5", "receipt-binding@5", "agent-changed@6"]],
    ["an expiry", 5, (e) => (must(e.decision.receipt).expires_at_step = 9), ["receipt-proof@5"]],
    [
      "a past expiry",
      5,
      (e) => (must(e.decision.receipt).expires_at_step = 4),
      ["receipt-expired@5", "receipt-proof@5"],
    ],
    [
      "a proof",
      5,
      (e) => (must(e.decision.receipt).proof = "0".repeat(64)),
      ["receipt-proof@5", "receipt-signature@5"],
    ],
    ["a key", 5, (e) => (must(e.decision.receipt).public_key = other.public_key), ["receipt-signature@5"]],
    ["a signature", 5, (e) => (must(e.decision.receipt).signature = other.signature), ["receipt-signature@5"]],
    [
      "a handle's target",
      4,
      (e) => (must(e.decision.secret_handle).target = "x"),
      ["handle-binding@4", "handle-proof@4"],
    ],
    ["a handle's receipt", 4, (e) => (e.decision.receipt = null), ["allow-without-receipt@4", "handle-binding@4"]],
    ["a receipt's scope", 5, (e) => (must(e.decision.receipt).scope = "x"), ["receipt-binding@5", "receipt-proof@5"]],
    [
      "whom a receipt is for",
      5,
      (e) => (must(e.decision.receipt).issued_to = "x"),
      ["receipt-binding@5", "receipt-proof@5"],
    ],
    [
      "a handle's scope",
      4,
      (e) => (must(e.decision.secret_handle).scope = "x"),
      ["handle-binding@4", "handle-proof@4"],
    ],
    [
      "the id of a handle's receipt",
      4,
      (e) => (must(e.decision.secret_handle).receipt_id = "x"),
      ["handle-binding@4", "handle-proof@4"],
    ],
    [
      "the proof of a handle's receipt",
      4,
      (e) => (must(e.decision.secret_handle).receipt_proof = "0".repeat(64)),
      ["handle-binding@4", "handle-proof@4"],
    ],
    ["a handle's labels", 4, (e) => must(e.decision.secret_handle).labels.pop(), ["handle-proof@4"]],
    [
      "a handle's expiry",
      4,
      (e) => (must(e.decision.secret_handle).expires_at_step = 0),
      ["handle-expired@4", "handle-proof@4"],
    ],
    [
      "a handle's signature",
      4,
      (e) => (must(e.decision.secret_handle).signature = other.signature),
      ["handle-signature@4"],
    ],
    ["a handle's place", 4, (e) => (e.syscall.kind = "context.read"), ["receipt-binding@4", "handle-out-of-place@4"]],
  ];

  test.each(cases)("%s changed in the log, the chain made anew", (_what, step, change, expected) => {
    // The lines after it have other previous hashes than their receipts were made for.
    const after = found(edited(step, change)).filter(
      (text) => Number(text.split("@")[1]) <= step || text.startsWith("agent"),
    );
    expect(after).toEqual(expected);
  });

  test("a change before the last receipt is found there, by the previous hash it covers", () => {
    expect(found(edited(3, (event) => (event.decision.rule = "x")))).toEqual([
      "receipt-proof@4",
      "handle-proof@4",
      "receipt-proof@5",
    ]);
  });

  test("a signature of another key is found under trusted keys only", () => {
    const lines = rustLog(CALLS, { agent: "agent://demo", seed: 0x33 });
    expect(verify(lines).ok).toBe(true);
    expect(found(lines, KEY)).toEqual([
      ...[1, 2, 4, 4, 5].map((line) => `signer-untrusted@${String(line)}`),
      "nothing-signed@-",
    ]);
    expect(verify(lines, KEY, testKey(0x33).publicHex).ok).toBe(true);
  });
});

describe("attacks that the Rust AgentK lets pass", () => {
  test("receipts stripped and a deny turned into an allow: a note, and a failure under a trusted key", () => {
    const events = stripped(rustEvents());
    must(events[2]).decision.verdict = "allow";
    const lines = rechained(events);
    const report = verify(lines);
    expect(report).toMatchObject({ ok: true, noteCount: 5 });
    expect(weaknessesOf(report)).toContain("allows-unsigned");
    expect(report.weaknesses.find(({ code }) => code === "tail-unsigned")?.seen).toContain("no line is signed");
    expect(found(lines, KEY)).toEqual([
      ...[1, 2, 3, 4, 5].map((line) => `allow-without-receipt@${String(line)}`),
      "nothing-signed@-",
    ]);
  });

  test("an allow turned into a deny, its receipt left: a note", () => {
    expect(found(edited(5, (event) => (event.decision.verdict = "deny")))).toEqual(["receipt-on-deny@5"]);
  });

  test("the end cut off: passes even under a trusted key, and is said", () => {
    const report = verify(rustLog().slice(0, 3), KEY);
    expect(report.ok).toBe(true);
    expect(report.weaknesses).toContainEqual(
      expect.objectContaining({ code: "end-not-sealed", seen: "nothing says that step 3 was the last" }),
    );
    expect(report.weaknesses).toContainEqual(expect.objectContaining({ code: "tail-unsigned", seen: "line 3" }));
  });

  test("the last event rewritten: passes, and its line is named as unsigned", () => {
    const lines = edited(6, (event) => {
      event.syscall.labels = ["trusted"];
      event.decision.rule = "anything";
    });
    const report = verify(lines, KEY);
    expect(report).toMatchObject({ ok: true, findingCount: 0 });
    expect(report.weaknesses).toContainEqual(expect.objectContaining({ code: "tail-unsigned", seen: "line 6" }));
  });

  test("the agent taken out of a line: told; out of all: a v0.1 log, and said to be perhaps not", () => {
    const one = edited(6, (event) => delete event.agent_id);
    expect(found(one)).toEqual(["version-changed@6"]);
    expect(verify(one).version).toBe("mixed");
    const events = stripped(rustEvents());
    for (const event of events) delete event.agent_id;
    const report = verify(rechained(events));
    expect(report).toMatchObject({ ok: true, version: "v0.1" });
    expect(report.weaknesses.find(({ code }) => code === "version-downgrade")?.seen).toContain(
      "v0.2 with the agent taken",
    );
  });

  test("the published key: flagged, and it binds nothing even where it is named as trusted", () => {
    const lines = rustLog(CALLS, { agent: "agent://demo", seed: 0x41, source: "invalid-env-fallback" });
    const report = verify(lines, DEVELOPMENT_KEY);
    expect(testKey(0x41).publicHex).toBe(DEVELOPMENT_KEY);
    expect(report.signers[0]).toMatchObject({ isDevelopmentKey: true });
    expect(weaknessesOf(report)).toEqual(expect.arrayContaining(["development-key", "fallback-key", "tail-unsigned"]));
    expect(report).toMatchObject({ ok: false, proved: [] });
    expect(report.findings.map(({ code }) => code)).toEqual(["nothing-signed"]);
  });
});

describe("what is said and kept", () => {
  test("a log of denies alone has fewer weaknesses than one with receipts", () => {
    const denies = weaknessesOf(verify(rustLog(CALLS.filter(({ verdict }) => verdict === "deny"))));
    expect(denies).not.toContain("receipts-not-spent");
    expect(denies).toContain("denies-unsigned");
    expect(weaknessesOf(verify(rustLog()))).toEqual(expect.arrayContaining(["receipts-not-spent", "values-guessable"]));
    expect(weaknessesOf(verify(rustLog()))).toContain("signers-from-log");
    expect(weaknessesOf(verify(rustLog(), KEY))).not.toContain("signers-from-log");
  });

  test("a hostile log fills no memory: findings, signers, rules and agents are bounded", () => {
    const calls = Array.from({ length: 1500 }, (_, i): RustCall => ({ ...must(CALLS[5]), rule: `r${String(i)}` }));
    const report = verify(rustLog(calls));
    expect(report.decisions.length).toBeLessThanOrEqual(1001);
    expect(verify(Array.from({ length: 500 }, () => "x"))).toMatchObject({
      findingCount: 500,
      findings: { length: 100 },
    });
    const many = Array.from({ length: 120 }, (_, i) => must(rustLog([must(CALLS[0])], { seed: i + 1, agent: "a" })[0]));
    expect(verify(many)).toMatchObject({ signers: { length: 100 }, otherSignatures: 20 });
  });

  test("nothing of a log acts on a terminal", () => {
    const calls = [{ ...must(CALLS[5]), rule: "\u001b[2J", kind: "\u202e" }];
    const report = verify(rustLog(calls, { agent: "\u0007" }));
    expect(report.decisions[0]?.name).toBe("deny:\\u{1b}[2J");
    expect(report.syscalls[0]?.name).toBe("\\u{202e}");
    expect(report.agent).toBe("\\u{7}");
  });

  test("every finding and every weakness was provoked here", () => {
    expect([...provoked].sort()).toEqual(Object.keys(LEGACY_FINDINGS).sort());
    expect([...weak].sort()).toEqual(Object.keys(LEGACY_WEAKNESSES).sort());
  });
});
