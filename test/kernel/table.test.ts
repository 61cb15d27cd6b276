/** The syscall table: every kind has a row, every row is mediated, and the log shows no secret part of a target. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decisionName } from "../../src/abi/decision.js";
import { RISKS, SYSCALL_NAMES, type SyscallKind, type SyscallName } from "../../src/abi/syscalls.js";
import { decodeLine } from "../../src/evidence/codec.js";
import { nodeDigests } from "../../src/host/digests.js";
import { shownOrigin } from "../../src/kernel/row.js";
import { OUTSIDE } from "../../src/mmu/lattice.js";
import { SYSCALLS } from "../../src/kernel/table.js";
import { ALLOW_ALL, ask, DENY_ALL, opened, payload, requestOf, SERVER, SUBJECTS } from "./fixture.js";

const all = opened(ALLOW_ALL);
const none = opened(DENY_ALL);
const driven = SYSCALL_NAMES.filter((kind) => SYSCALLS[kind].driver !== "none");
const undriven = SYSCALL_NAMES.filter((kind) => SYSCALLS[kind].driver === "none");

describe("the table", () => {
  it("has a row for every name, and no other", () => {
    expect(Object.keys(SYSCALLS).sort()).toEqual([...SYSCALL_NAMES].sort());
  });

  it.each(SYSCALL_NAMES)("%s has a risk, a response kind and labels to give", (kind) => {
    const row = SYSCALLS[kind];
    expect(RISKS).toContain(row.risk);
    expect(SYSCALL_NAMES).toContain(row.response);
    expect(row.gives.tags).toEqual([]);
    expect(row.subject.check(SUBJECTS[kind], "")).toBeUndefined();
  });

  it.each(SYSCALL_NAMES)("%s: what the log shows gives the subject back, or the subject is committed", (kind) => {
    const row = SYSCALLS[kind];
    const { event } = ask(all, requestOf(kind));
    expect(event.value.subject !== undefined).toBe(row.isRedacted);
    if (!row.isRedacted) expect(row.subjectOf(event.value.target, SERVER)).toEqual(SUBJECTS[kind]);
  });
});

describe("mediation, kind by kind", () => {
  it.each(driven)("%s is allowed by a rule that allows it, and may act", (kind) => {
    const step = ask(all, requestOf(kind));
    expect(step.event.value.decision).toEqual({ verdict: "allow", rule: "all", reason: "policy-allow" });
    expect(step.act).toBe(step.event.value.call);
  });

  it("drives only what a driver exists for", () => {
    const described = ["tool.describe", "tool.invoke", "resource.describe", "resource.read"];
    expect(driven).toEqual([...described, "prompt.describe", "prompt.get"]);
  });

  it.each(SYSCALL_NAMES)("%s for a server: only what asks the client, a model or a person", (kind) => {
    const step = ask(all, requestOf(kind, { from: "server" }));
    const isDriven = kind === "model.call" || kind === "human.approve" || kind === "context.read";
    expect(decisionName(step.event.value.decision)).toBe(isDriven ? "allow:all" : "deny:no-driver");
    expect(step.act === undefined).toBe(!isDriven);
  });

  it.each(["model.call", "human.approve", "context.read"] as const)(
    "an answer to a server's %s is a stranger's word",
    (kind) => {
      // A server writes the question, its choices and its defaults: nothing that comes back may endorse a value.
      expect(SYSCALLS[kind].gives).toEqual(OUTSIDE);
    },
  );

  it.each(undriven)("%s has no driver and is denied even when the policy allows all", (kind) => {
    const step = ask(all, requestOf(kind));
    expect(step.event.value.kind).toBe(kind);
    expect(decisionName(step.event.value.decision)).toBe("deny:no-driver");
    expect(step.act).toBeUndefined();
  });

  it.each(SYSCALL_NAMES)("%s is denied by a policy without rules", (kind) => {
    const step = ask(none, requestOf(kind));
    expect(step.event.value.decision).toEqual({ verdict: "deny", rule: "default-deny", reason: "no-rule" });
    expect(step.act).toBeUndefined();
  });

  it("allows no name that the table does not know", () => {
    const names = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "unknown",
        "__proto__",
        "constructor",
        "toString",
        "hasOwnProperty",
        "TOOL.INVOKE",
        "tool.invoke ",
      ),
      fc.constantFrom(...SYSCALL_NAMES).map((name) => `${name}\u0000`),
    );
    fc.assert(
      fc.property(
        names.filter((name) => !SYSCALL_NAMES.some((known) => known === name)),
        fc.dictionary(fc.string(), fc.string()),
        (name, subject) => {
          const step = ask(all, { ...requestOf("tool.invoke"), kind: name as SyscallKind, subject });
          expect(decisionName(step.event.value.decision)).toBe("deny:default-deny");
          expect(step.event.value.decision.reason).toBe("unknown-syscall");
          expect(step.event.value.kind).toBe("unknown");
          expect(step.act).toBeUndefined();
          expect(decodeLine(nodeDigests, step.line).ok).toBe(true);
        },
      ),
    );
  });
});

describe("malformed subjects", () => {
  const field = (kind: SyscallName): string => Object.keys(SUBJECTS[kind])[0] ?? "";
  const broken = SYSCALL_NAMES.flatMap((kind): [SyscallName, string, Record<string, unknown>][] => [
    [kind, "no fields", {}],
    [kind, "an extra field", { ...SUBJECTS[kind], extra: 1 }],
    [kind, "an own __proto__", JSON.parse(`{"__proto__":{},${JSON.stringify(SUBJECTS[kind]).slice(1)}`) as never],
    [kind, "a number", { ...SUBJECTS[kind], [field(kind)]: 7 }],
    [kind, "a list", { ...SUBJECTS[kind], [field(kind)]: [SUBJECTS[kind][field(kind)]] }],
    [kind, "null", { ...SUBJECTS[kind], [field(kind)]: null }],
    [kind, "an endless text", { ...SUBJECTS[kind], [field(kind)]: "x".repeat(10_000) }],
  ]);

  it.each(broken)("%s with %s is denied and performs nothing", (kind, _what, subject) => {
    const step = ask(all, requestOf(kind, { subject }));
    expect(decisionName(step.event.value.decision)).toBe("deny:malformed");
    expect(step.act).toBeUndefined();
    expect(step.state.sessions.size).toBe(0);
    expect(decodeLine(nodeDigests, step.line).ok).toBe(true);
  });

  it.each(["a\u0000b", "a\nb", "\u202eevil", "a\ud800"])("a tool named %j is malformed", (tool) => {
    expect(decisionName(ask(all, requestOf("tool.invoke", { subject: { tool } })).event.value.decision)).toBe(
      "deny:malformed",
    );
  });

  it("does not repeat an unprintable name in the log", () => {
    const step = ask(all, requestOf("tool.invoke", { subject: { name: "\u001b[2J" } }));
    expect(step.event.value.target).toBe("(unprintable)");
  });
});

describe("what the log shows of a target", () => {
  it.each(SYSCALL_NAMES)("%s shows no secret part", (kind) => {
    const step = ask(all, requestOf(kind, { arguments: payload({ password: "hunter2" }) }));
    expect(step.line).not.toContain("hunter2");
  });

  it.each([
    ["https://example.org/path?q#f", "https://example.org/(redacted)"],
    ["https://user:pass@example.org:8443/x", "https://example.org:8443/(redacted)"],
    ["https://user@corp:pass@example.org/", "https://example.org/(redacted)"],
    ["https://example.org\\secret@other/", "https://example.org/(redacted)"],
    ["https://example.org?token", "https://example.org/(redacted)"],
    ["file:///home/x", "file:(redacted)"],
    ["mailto:a@b.c", "mailto:(redacted)"],
    ["data:text/plain,secret", "data:(redacted)"],
    ["sk-live-0123", "(redacted)"],
    ["//host/path", "(redacted)"],
    [`https://${"h".repeat(1000)}/`, "(redacted)"],
    [`${"s".repeat(1000)}:x`, "(redacted)"],
    ["", "(redacted)"],
  ])("%s as %s", (target, shown) => {
    expect(shownOrigin(target)).toBe(shown);
  });

  it("writes a line that can be read again, whatever a right subject holds", () => {
    const kinds = fc.constantFrom(...SYSCALL_NAMES);
    const long = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.webUrl(),
      fc.string({ minLength: 100, maxLength: 128 }),
      fc.nat({ max: 8000 }).map((length) => `https://${"h".repeat(length)}`),
    );
    fc.assert(
      fc.property(kinds, long, (kind, value) => {
        const subject = Object.fromEntries(Object.keys(SUBJECTS[kind]).map((name) => [name, value]));
        const { line, event } = ask(all, requestOf(kind, { subject: { ...SUBJECTS[kind], ...subject } }));
        expect(decodeLine(nodeDigests, line).ok).toBe(true);
        expect(event.value.target.length).toBeLessThanOrEqual(1024);
      }),
      { numRuns: 500 },
    );
  });
});
