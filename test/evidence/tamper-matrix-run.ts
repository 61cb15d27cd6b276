/** A run of version 4 with a line of every type that a sealed log has, in two sessions; and what a forger makes of it. */
import type { FlightEvent } from "../../src/abi/event.js";
import { commit, digests, parse, pinsEvent, rehash, sessionEvent, testKey, type TestKey } from "./fixture.js";
import { SignedLog } from "./signed-log.js";

export const NEXT_KEY = testKey(8);
export const STRANGER = testKey(9);

export interface Story {
  readonly format?: ConstructorParameters<typeof SignedLog>[0];
  readonly key?: TestKey;
  /** The call that was denied is allowed, and answered. */
  readonly isFlipped?: boolean;
  /** Without checkpoints, receipts and changes of key. */
  readonly isBare?: boolean;
  /** A call to something else, from the start: another history. */
  readonly target?: string;
}

/** The lines up to the close line, which is the caller's to write. */
export function told(story: Story = {}): SignedLog {
  const { isBare = false, isFlipped = false } = story;
  const log = new SignedLog(story.format, story.key);
  const head = (): unknown => (isBare ? log : log.checkpoint());
  const receipts = (...calls: readonly string[]): unknown => (isBare ? log : log.receipts(calls));
  head();
  if (story.format === undefined) log.add(pinsEvent());
  log.add(sessionEvent());
  const first = log.call("allow", story.target === undefined ? RICH : { ...RICH, target: story.target });
  receipts(first);
  log.answered(first);
  const denied = log.call(isFlipped ? "allow" : "deny");
  if (isFlipped) {
    receipts(denied);
    log.answered(denied);
  }
  head();
  if (!isBare) log.rekey(story.key === STRANGER ? testKey(10) : NEXT_KEY);
  second(log, receipts);
  const asked = log.call("ask");
  log.approve(asked);
  receipts(asked);
  log.answered(asked).add(RELEASE);
  head();
  return log;
}

/** A second session: a call in a group of its own. */
function second(log: SignedLog, receipts: (...calls: readonly string[]) => unknown): void {
  log.add({ type: "session", value: { session: "s2", fact: "child-fault", fault: "line-too-long", exit_code: 1 } });
  const call = log.call("allow", { session: "s2" });
  receipts(call);
  const page = `p${String(log.seq)}`;
  log.add({ ...PAGE, value: { ...PAGE.value, page, call } });
  log.add({ type: "outcome", value: { call, session: "s2", status: "tool-error", page } });
}

/** A call with every member that a call can have. */
const RICH = {
  act: "read",
  subject: commit(7),
  sent: commit(25),
  claims: { labels: ["trusted"], capabilities: 2, intent: commit(9) },
  provenance: [
    {
      path: "/to",
      match: "contained",
      classes: ["untrusted"],
      labels: ["untrusted"],
      origins: [{ page: "p4", path: "/a", start: 1, end: 4, labels: ["untrusted"] }],
    },
  ],
  more_leaves: 3,
  facts: { held: ["r2.every.0"], failed: ["r3.some.0"] },
  grant: 1,
  changes: [{ kind: "redact", path: "/text" }],
  handle: { argument: "/token", host: "api.example", tool: "fetch" },
} as const;

const RELEASE: FlightEvent = {
  type: "release",
  value: { session: "s1", axis: "integrity", before: ["untrusted"], after: ["trusted"], by: "control-socket" },
};

type PageEvent = Extract<FlightEvent, { type: "page" }>;
const PAGE: PageEvent = {
  type: "page",
  value: {
    page: "p0",
    session: "s2",
    server: "files",
    method: "tools/call#result",
    labels: ["external", "untrusted"],
    signs: ["override@1"],
    content: commit(44),
    delivery: { verdict: "transform", rule: "clean", reason: "policy-transform" },
    changes: [{ kind: "quarantine" }],
  },
};

/** The lines, closed as a recovery does: anybody can. */
export function recovered(lines: readonly string[]): string[] {
  const torn = { torn_bytes: 0, torn_sha256: digests.sha256Hex("") };
  const { lines: own } = new SignedLog().add({ type: "recovery", value: torn });
  return closedBy(lines, own.slice(-1), { reason: "recovered" });
}

/** The lines with counts that fit, under a seal that is made up, or without one. */
export function closedBy(lines: readonly string[], more: readonly string[], close: Record<string, unknown>): string[] {
  const all = [...lines, ...more];
  const template = new SignedLog().closed().at(-1) ?? "";
  const { seal, ...value } = parse(template).value as Record<string, unknown>;
  const stated = { ...value, ...counts(lines), lines: all.length + 1, ...(close["reason"] === "eof" ? { seal } : {}) };
  const { time } = parse(lines.at(-1) ?? template);
  const event = { ...parse(template), time, value: { ...stated, ...close } };
  return rehash([...lines, ...more.map((line) => JSON.stringify({ ...parse(line), time })), JSON.stringify(event)]);
}

function counts(lines: readonly string[]): { allowed: number; denied: number } {
  const verdicts = lines.map(parse).flatMap((event) => {
    if (event.type === "approval" || event.type === "syscall") return [event.value.decision.verdict];
    return [];
  });
  const of = (verdict: string): number => verdicts.filter((each) => each === verdict).length;
  return { allowed: of("allow"), denied: of("deny") };
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Every way to change one member or item of a value by itself: to another of its kind where there is one, or away. */
export function edits(value: Json): readonly Json[] {
  if (typeof value === "number") return [value + 1, -1];
  if (typeof value === "string") return value.includes("\n") ? notes(value) : [swappedAt(value, value.length - 1)];
  if (value === null || typeof value === "boolean") return ["x"];
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    const inner = items.flatMap((item, i) => edits(item).map((edited) => items.with(i, edited)));
    return [[...items, ...(items.length === 0 ? ["x"] : items.slice(0, 1))], ...inner];
  }
  const members = Object.entries(value as Readonly<Record<string, Json>>);
  return members.flatMap(([name, member]) => {
    const others = Object.fromEntries(members.filter(([other]) => other !== name));
    return [others, ...edits(member).map((edited) => ({ ...others, [name]: edited }))];
  });
}

/** Each line of a text changed in its last character but three: in the last line of a note, that is in its signature. */
function notes(text: string): readonly string[] {
  const ends = [...text.matchAll(/....\n/gu)].map(({ index }) => index);
  return [`${text}\n`, ...ends.map((end) => swappedAt(text, end))];
}

function swappedAt(text: string, i: number): string {
  return `${text.slice(0, Math.max(i, 0))}${text[i] === "0" ? "1" : "0"}${text.slice(i + 1)}`;
}
