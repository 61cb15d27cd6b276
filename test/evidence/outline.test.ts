/** The outline of a log: the same for runs in which the same was decided, another as soon as something else was. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { outlineOf } from "../../src/evidence/outline.js";
import { callEvent, closeEvent, commit, outcomeEvent, pageEvent, pinsEvent, policyEvent } from "./fixture.js";

const VECTORS = ["flight-log-v1.jsonl", "flight-log-v2.jsonl", "flight-log-v3-run.jsonl"];

function events(name: string): readonly FlightEvent[] {
  const text = readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as FlightEvent);
}

const outline = (log: readonly FlightEvent[]): readonly string[] =>
  log.flatMap((event) => outlineOf(event, { claims: true }) ?? []);

describe.each(VECTORS)("%s", (name) => {
  test("nothing of it changes from run to run: no hash, id or time", () => {
    const text = outline(events(name)).join("\n");
    expect(text).toContain("open ");
    expect(text).not.toMatch(/[0-9a-f]{12}|\b[cp]\d+\b|\d{4}-\d\d-\d\dT/);
  });

  test("a decision that fell otherwise is seen", () => {
    const log = events(name);
    const changed = log.map((event) =>
      event.type === "syscall"
        ? { ...event, value: { ...event.value, decision: { ...event.value.decision, rule: "other" } } }
        : event,
    );
    expect(outline(changed)).not.toEqual(outline(log));
  });
});

test("a name that would act on a terminal does not", () => {
  const event = events("flight-log-v1.jsonl").find(({ type }) => type === "syscall");
  const hostile = { ...event, value: { ...event?.value, target: "s/\u001b[2J\u202eevil" } } as unknown as FlightEvent;
  expect(outlineOf(hostile, { claims: true })).toContain("\\u{1b}[2J\\u{202e}evil");
});

/** A line in its four columns. */
function row(type: string, what: string, decision = "", labels = ""): string {
  return `${type.padEnd(9)} ${what.padEnd(64)} ${decision.padEnd(26)} ${labels}`.trimEnd();
}

const call = callEvent(3, "deny");
const asked = (more: object): FlightEvent => ({ type: "syscall", value: { ...call.value, ...more } });
const fact = (value: object): FlightEvent => ({ type: "session", value: { session: "s1", ...value } }) as FlightEvent;
const page = pageEvent(4);
const paged = (more: object): FlightEvent => ({ ...page, value: { ...page.value, ...more } }) as FlightEvent;
const DENIED = ["deny:default-deny", "external untrusted"] as const;
const ALLOWED = ["allow:read-only", "external untrusted"] as const;

describe("the line of", () => {
  test.each<readonly [string, FlightEvent, string]>([
    ["a policy", policyEvent(), row("policy", "guard")],
    ["pins", pinsEvent(), row("pins", "agentk.lock")],
    ["a session's fact", fact({ fact: "ready" }), row("session", "ready")],
    [
      "a session's fact with all there is to it",
      fact({
        fact: "child-exited",
        server: "files",
        protocol: "2025-11-25",
        fault: "gone",
        exit_code: 0,
        exit_signal: "SIGKILL",
        restart: 2,
      }),
      row("session", "child-exited files 2025-11-25 gone status 0 SIGKILL restart 2"),
    ],
    [
      "a session's fact with an empty word",
      fact({ fact: "child-fault", protocol: "", fault: "late" }),
      row("session", "child-fault late"),
    ],
    ["a restart", fact({ fact: "initialize", restart: 1 }), row("session", "initialize restart 1")],
    ["a call", asked({}), row("syscall", "tool.invoke files/read_file", ...DENIED)],
    [
      "a call that the server makes",
      asked({ from: "server" }),
      row("syscall", "server: tool.invoke files/read_file", ...DENIED),
    ],
    [
      "a call of agentk's own",
      asked({ from: "agentk", kind: "tool.describe" }),
      row("syscall", "agentk: tool.describe files/read_file", ...DENIED),
    ],
    ["a page", page, row("page", "tools/call", ...ALLOWED)],
    [
      "a page with signs and changes",
      paged({
        signs: ["hidden@1", "urgent@2"],
        changes: [{ kind: "withhold", path: "/tools/3", reason: "poisoned" }, { kind: "quarantine" }],
      }),
      row("page", "tools/call hidden@1 urgent@2 withhold /tools/3 poisoned quarantine", ...ALLOWED),
    ],
    [
      "an approval",
      {
        type: "approval",
        value: {
          call: "c3",
          session: "s1",
          answer: "refused",
          decision: { verdict: "deny", rule: "pay", reason: "approval-refused" },
        },
      },
      row("approval", "refused", "deny:pay"),
    ],
    [
      "a release",
      {
        type: "release",
        value: { session: "s1", axis: "integrity", before: ["untrusted"], after: ["trusted", "public"], by: "console" },
      },
      row("release", "integrity by console", "", "trusted public"),
    ],
    ["an outcome", outcomeEvent("c3", "p4"), row("outcome", "ok")],
    [
      "an outcome that the edge refused",
      { type: "outcome", value: { call: "c3", session: "s1", status: "not-sent", refused: "receipt-expired" } },
      row("outcome", "not-sent receipt-expired"),
    ],
    [
      "a change of key",
      { type: "key", value: { public_key: "a", signature_previous: "b", signature_next: "c" } },
      row("key", "another key"),
    ],
    ["a recovery", { type: "recovery", value: { torn_bytes: 3, torn_sha256: "a" } }, row("recovery", "torn tail")],
    ["the end", closeEvent({ allowed: 2, denied: 3 }), row("close", "eof 2 allowed, 3 denied")],
  ])("%s says what was decided, in columns", (_what, event, line) => {
    expect(outlineOf(event, { claims: true })).toBe(line);
  });

  test.each<FlightEvent>([
    { type: "receipts", value: { receipts: [], root: "a", signature: "b" } },
    { type: "checkpoint", value: { note: "a" } },
  ])("$type is left out: it comes by grouping and by time", (event) => {
    expect(outlineOf(event, { claims: true })).toBeUndefined();
  });
});

describe("what the client claims", () => {
  const claiming = (claims: object): FlightEvent => asked({ claims: { labels: [], capabilities: 0, ...claims } });
  const line = row("syscall", "tool.invoke files/read_file", ...DENIED);
  test.each([
    ["trusted private", { labels: ["trusted", "private"] }],
    ["2 capabilities", { capabilities: 2 }],
    ["an intent", { intent: commit(9) }],
    ["trusted, 1 capabilities, an intent", { labels: ["trusted"], capabilities: 1, intent: commit(9) }],
  ])("stands at the end of the line where it is asked for: %s", (words, claims) => {
    expect(outlineOf(claiming(claims), { claims: true })).toBe(`${line}  claims ${words}`);
    expect(outlineOf(claiming(claims), { claims: false })).toBe(line);
  });
});
