/** Replay: the same kernel on the recorded inputs writes the same bytes, and shows the first place where it does not. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/base/json.js";
import { createKernel } from "../../src/kernel/step.js";
import { INITIAL_STATE, type State } from "../../src/kernel/state.js";
import { Replayer } from "../../src/replay/replay.js";
import {
  at,
  compile,
  GUARD,
  kernel,
  linesOf,
  opened,
  parts,
  requestOf,
  Run,
  runFacts,
  SECRET,
} from "../kernel/fixture.js";
import { DENY_ALL, policyOf } from "../kernel/fixture.js";
import { gate, settle } from "../kernel/ports.js";
import { moves, play } from "../properties/inputs.js";
import { everything, forge, record, recordingOf, replay, slotKey, sourceOf } from "./tape-deck.js";
import type { Observation } from "../../src/abi/ports.js";

const recording = await everything();
const journal = sourceOf(recording);
const lines = linesOf(recording.lines);

/** Index of the first line that fits. */
function indexOf(type: string, fits: (value: JsonObject) => boolean = () => true): number {
  const found = lines.findIndex((line) => line.type === type && fits(line.value));
  if (found < 0) throw new Error(`no ${type} line`);
  return found;
}

const kindIs =
  (kind: string) =>
  (value: JsonObject): boolean =>
    value["kind"] === kind;
const policyDigest = lines[1]?.type === "policy" ? lines[1].value.sha256 : "";
const decision = (verdict: string, rule: string, reason: string): JsonObject => ({ verdict, rule, reason });

describe("a run with one of everything", () => {
  it("replays with its journal, every value recomputed", () => {
    const report = replay(recording.lines, journal);
    expect(report).toMatchObject({ ok: true, sealed: 0, indeterminate: 0, divergence: undefined, broken: undefined });
    expect(report.lines).toBe(recording.lines.length);
    expect(report.opened).toBeGreaterThan(5);
    expect(report.decisions).toEqual({
      "allow:reading": 1,
      "allow:tool-call": 1,
      "deny:default-deny": 2,
      "deny:malformed": 1,
      "deny:message-limit": 1,
      "deny:poisoned-session": 1,
    });
  });

  it("replays without it, and says what it could not know", () => {
    const report = replay(recording.lines);
    expect(report).toMatchObject({ ok: true, opened: 0, indeterminate: 1 });
    expect(report.sealed).toBeGreaterThan(5);
  });

  it("replays with a journal that lost some values", () => {
    const report = replay(recording.lines, {
      secret: SECRET,
      get: (seq, slot) => (seq % 2 === 0 ? journal.get(seq, slot) : undefined),
    });
    expect(report.ok).toBe(true);
    expect(Math.min(report.opened, report.sealed)).toBeGreaterThan(0);
  });

  it("replays as far as it goes: every prefix of a log", () => {
    for (let count = 1; count <= recording.lines.length; count++) {
      const report = replay(recording.lines.slice(0, count), journal);
      expect(report).toMatchObject({ ok: true, lines: count });
    }
    expect(replay([]).ok).toBe(false);
  });
});

describe("a forged log, its chain made whole again", () => {
  const allowed = indexOf("syscall", kindIs("tool.invoke"));
  const secret = indexOf("syscall", kindIs("secret.open"));
  const poisoned = lines.findLastIndex(({ type }) => type === "syscall");
  const page = lines.findLastIndex(({ type }) => type === "page");
  const cases: readonly (readonly [string, number, (value: JsonObject) => JsonObject, string, string])[] = [
    [
      "a deny made an allow",
      secret,
      (v) => ({ ...v, decision: decision("allow", "tool-call", "policy-allow") }),
      "/value/decision/reason",
      '"no-rule"',
    ],
    [
      "an allow made a deny",
      allowed,
      (v) => ({ ...v, decision: decision("deny", "tool-call", "policy-allow") }),
      "/value/decision/verdict",
      '"allow"',
    ],
    [
      "another rule blamed",
      poisoned,
      (v) => ({ ...v, decision: decision("deny", "other", "policy-deny") }),
      "/value/decision/rule",
      '"poisoned-session"',
    ],
    [
      "labels left out",
      poisoned,
      (v) => ({ ...v, labels: ["untrusted", "external"] }),
      "/value/labels/0",
      '"poisoned-suspect"',
    ],
    ["a label more", secret, (v) => ({ ...v, labels: ["untrusted", "external", "x"] }), "/value/labels/2", "(absent)"],
    ["a page's signs, its labels left", page, (v) => ({ ...v, signs: [] }), "/value/labels/0", '"untrusted"'],
    [
      "a page withheld, delivered",
      page,
      (v) => ({ ...v, delivery: decision("deny", "x", "no-rule") }),
      "/value/delivery/reason",
      '"policy-allow"',
    ],
    ["a risk", secret, (v) => ({ ...v, risk: "low" }), "/value/risk", '"high"'],
    ["a policy's digest", allowed, (v) => ({ ...v, policy: "0".repeat(64) }), "/value/policy", `"${policyDigest}"`],
    ["a call's id", allowed, (v) => ({ ...v, call: "c1" }), "/value/call", `"c${String(allowed)}"`],
    ["the count of denies", lines.length - 1, (v) => ({ ...v, denied: 0 }), "/value/denied", "5"],
    ["the count of lines", lines.length - 1, (v) => ({ ...v, lines: 9 }), "/value/lines", String(lines.length)],
    [
      "a subject put in",
      secret,
      (v) => ({ ...v, subject: { bytes: 1, commitment: "0".repeat(64) } }),
      "/value/subject",
      "(absent)",
    ],
  ];

  it.each(cases)("%s is found without a journal: field and both values", (_name, index, edit, field, replayed) => {
    const forged = forge(recording.lines, index, edit);
    const { ok, divergence } = replay(forged);
    expect(ok).toBe(false);
    expect(divergence).toMatchObject({ line: index + 1, field, replayed });
    expect(divergence?.recorded).not.toBe(replayed);
  });

  it("the policy's source swapped for another: the decisions do not follow from it", () => {
    const { ok, divergence } = replay(forge(recording.lines, 1, (v) => ({ ...v, source: DENY_ALL })));
    expect(ok).toBe(false);
    expect(divergence).toMatchObject({ line: 2, field: "/value/sha256" });
  });

  it("a tool call on another server's target is no line of ours", () => {
    const report = replay(forge(recording.lines, allowed, (v) => ({ ...v, target: "other/tool" })));
    expect(report).toMatchObject({ ok: false, indeterminate: 0 });
    expect(report.broken?.line).toBe(allowed + 1);
  });

  it("labels of a page that no policy's sources could have given, with no value at hand", () => {
    const run = new Run(policyOf({ id: "all", effect: "allow", syscalls: ["tool.invoke", "tool.response"] }));
    run.reads("read_file", { note: "from a stranger" });
    const page = linesOf(run.lines).findIndex(({ type }) => type === "page");
    expect(replay(run.lines)).toMatchObject({ ok: true, opened: 0 });
    const { ok, divergence } = replay(forge(run.lines, page, (value) => ({ ...value, labels: ["trusted"] })));
    expect([ok, divergence?.line]).toEqual([false, page + 1]);
  });

  it("a redacted target without its commitment is no line of ours", () => {
    const network = indexOf("syscall", kindIs("network.send"));
    const strip = (v: JsonObject): JsonObject =>
      Object.fromEntries(Object.entries(v).filter(([name]) => name !== "subject"));
    const report = replay(forge(recording.lines, network, strip));
    expect(report).toMatchObject({ ok: false, indeterminate: 0 });
    expect(report.broken?.line).toBe(network + 1);
  });

  it("a page's commitment is found with the journal only", () => {
    const swap = (v: JsonObject): JsonObject => ({
      ...v,
      content: { ...(v["content"] as JsonObject), commitment: "0".repeat(64) },
    });
    const forged = forge(recording.lines, page, swap);
    expect(replay(forged, journal).divergence).toMatchObject({ line: page + 1, field: "/value/content/commitment" });
    // Without it the forgery shows where the head of the log is signed next.
    expect(replay(forged.slice(0, page + 1)).ok).toBe(true);
    const next = lines.findIndex(({ type }, at) => at > page && type === "checkpoint");
    expect(replay(forged).divergence).toMatchObject({ line: next + 1, field: "/value/note" });
  });

  it("an edited line whose hash was left is not read at all", () => {
    const edited = recording.lines.map((line, i) =>
      i === allowed ? line.replace('"verdict":"allow"', '"verdict":"deny"') : line,
    );
    expect(replay(edited).broken).toEqual({ line: allowed + 1, detail: "does not hash to the digest it states" });
  });

  it("a line left out shows in the sequence", () => {
    const without = recording.lines.filter((_, i) => i !== secret);
    expect(replay(without).divergence).toMatchObject({ line: secret + 1, field: "/seq", replayed: String(secret) });
  });
});

describe("a journal that was changed", () => {
  it.each([...recording.journal.keys()])("is caught at %s", (key) => {
    const changed = new Map(recording.journal);
    changed.set(key, key.endsWith("subject") ? '{"url":"https://other.example/"}' : '"another value altogether"');
    const report = replay(recording.lines, sourceOf({ ...recording, journal: changed }));
    expect(report.ok).toBe(false);
    expect(report.divergence?.line).toBe(Number(key.split(" ")[0]) + 1);
  });

  it("also when the value has the same length: by its commitment", () => {
    const at2 = indexOf("syscall", (v) => v["claims"] !== undefined);
    const changed = new Map(recording.journal).set(slotKey(at2, "arguments"), '{"path":"b"}');
    const { divergence } = replay(recording.lines, sourceOf({ ...recording, journal: changed }));
    expect(divergence).toMatchObject({ line: at2 + 1, field: "/value/arguments/commitment" });
  });

  it("also when its secret was: nothing opens", () => {
    expect(replay(recording.lines, { ...journal, secret: "00".repeat(32) }).divergence?.line).toBe(1);
  });
});

describe("another kernel", () => {
  it("is told apart by its first other decision, with both values", () => {
    const strict = { ...parts, compile: () => compile(DENY_ALL) };
    const replayer = new Replayer(createKernel(strict), strict, undefined);
    for (const line of recording.lines) if (!replayer.line(line)) break;
    const { divergence } = replayer.end();
    // The first decision of all: whether the server's welcome may be handed on.
    expect(divergence).toEqual({
      line: indexOf("page") + 1,
      field: "/value/delivery/reason",
      recorded: '"policy-allow"',
      replayed: '"no-rule"',
    });
  });
});

describe("a report", () => {
  it("says how the log ends, and tells decisions in the order of their names", () => {
    expect(replay(recording.lines, journal).ending).toBe("closed");
    expect(replay(recording.lines.slice(0, -1), journal).ending).toBe("open");
    const run = new Run(GUARD);
    run.step({ type: "syscall", request: requestOf("secret.open") });
    run.step({ type: "syscall", request: requestOf("tool.invoke", { refusal: "message-limit" }) });
    run.call("read_file", {});
    run.step({ type: "syscall", request: requestOf("secret.open") });
    const names = ["allow:tool-call", "deny:default-deny", "deny:message-limit"];
    expect(Object.keys(replay(run.lines).decisions)).toEqual(names);
  });

  it("of a log that a recovery closed says so", () => {
    const run = new Run(GUARD);
    run.call("read_file", {});
    run.step({ type: "close", close: { reason: "recovered", strays: 0 } });
    expect(replay(run.lines)).toMatchObject({ ok: true, ending: "recovered" });
  });

  it("of a line that could not be handed over names the first of them, and is not ok", () => {
    const replayer = new Replayer(kernel, parts, undefined);
    for (const line of recording.lines.slice(0, 3)) replayer.line(line);
    replayer.unreadable("is not UTF-8");
    replayer.unreadable("is longer than a line may be");
    expect(replayer.end()).toMatchObject({ ok: false, lines: 5, broken: { line: 4, detail: "is not UTF-8" } });
  });
});

describe("runs that did not end well", () => {
  it("replay when closed with calls in flight", async () => {
    const never = gate<Observation>();
    const cut = await record(
      async (dispatch) => {
        void dispatch.request(requestOf("tool.invoke"));
        await settle();
        await dispatch.close({ reason: "sigterm", strays: 0 });
      },
      { act: () => never.promise },
    );
    expect(linesOf(cut.lines).map(({ type }) => type)).toEqual([
      ...["open", "policy", "checkpoint", "syscall", "receipts"],
      ...["outcome", "checkpoint", "close"],
    ]);
    expect(replay(cut.lines, sourceOf(cut)).ok).toBe(true);
    expect(replay(cut.lines).ok).toBe(true);
  });

  it("replay when a recovery took them up", () => {
    const torn = recording.lines.slice(0, 6);
    const replayed = linesOf(torn).reduce<State>(
      (state, line) => ({ ...state, head: line.hash, seq: line.seq + 1 }),
      opened(GUARD),
    );
    const found = {
      type: "recovery",
      at: { ...at, mono_us: 2000 },
      torn_bytes: 17,
      torn_sha256: "0".repeat(64),
    } as const;
    const recovery = kernel({ ...replayed, mono_us: linesOf(torn).at(-1)?.time.mono_us ?? 0 }, found);
    expect(replay([...torn, recovery.line], journal)).toMatchObject({ ok: true, lines: 7 });
  });
});

describe("any run", () => {
  it("replays to the same bytes, with its journal and without", () => {
    fc.assert(
      fc.property(moves, (list) => {
        const open = kernel(INITIAL_STATE, { type: "open", at, run: runFacts(), secret: SECRET });
        const policy = kernel(open.state, { type: "policy", at, name: "test", source: GUARD });
        const steps = [open, policy, ...play(policy.state, list)];
        const run = recordingOf(
          steps.map(({ line }) => line),
          steps.flatMap(({ payloads }) => payloads),
        );
        expect(replay(run.lines, sourceOf(run))).toMatchObject({ ok: true, sealed: 0, indeterminate: 0 });
        const shallow = replay(run.lines);
        expect(shallow).toMatchObject({ ok: true, opened: 0, lines: steps.length });
      }),
    );
  });
});
