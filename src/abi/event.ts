/**
 * The events of a flight log, one shape a line type. docs/formats/flight-log.md is the prose of this file.
 * Version `agentk-flight/1`: a new member or type is a new version; golden logs of every version must still verify.
 */
import { MAX_NAME_CHARS, MAX_POLICY_BYTES } from "../base/limits.js";
import { integer, listOf, oneOf, optional, record, text, type Shape, type ShapeType } from "../base/shape.js";
import { REASON_CODES, VERDICTS } from "./decision.js";
import { commitShape, HEX64 } from "./payload.js";
import { DURABLE_FROM, RISKS, SYSCALL_KINDS } from "./syscalls.js";

export const FLIGHT_FORMAT = "agentk-flight/1";

/** Names that operators and servers give: shown to people, so no control characters. */
export const NAME_FORM = /^[^\p{Cc}\p{Cf}\p{Surrogate}]+$/u;
const name = text({ max: MAX_NAME_CHARS, form: NAME_FORM });
const hash = text({ form: HEX64 });
const callId = text({ form: /^c\d+$/ });
const pageId = text({ form: /^p\d+$/ });
const labelNames = listOf(text({ max: 64 }), 256);

const decisionShape = record({
  verdict: oneOf(VERDICTS),
  rule: text({ max: MAX_NAME_CHARS }),
  reason: oneOf(REASON_CODES),
});

/** The first line: who writes, under which limits, and the public key that will sign the seal. */
const openShape = record({
  format: oneOf([FLIGHT_FORMAT]),
  run: text({ form: /^[0-9TZ]{16}-[0-9a-f]{12}$/ }),
  agentk: text({ max: 32 }),
  agent: name,
  server: name,
  /** The child's command line, committed: arguments can hold credentials. */
  command: commitShape,
  limits: record({
    in_flight: integer(1),
    line_bytes: integer(1),
    client_messages: integer(1),
    response_timeout_ms: integer(1),
  }),
  /** The lowest risk tier whose intent is flushed to the disk before the effect. */
  durable_from: oneOf(DURABLE_FROM),
  payloads: oneOf(["sealed", "none"]),
  /** Ed25519 public key (RFC 8032) of this run's own signer. */
  public_key: hash,
});

/** A policy taken into force. The source stands here whole, so that a replay needs no other file. */
const policyShape = record({ name, sha256: hash, source: text({ max: MAX_POLICY_BYTES }) });

export const SESSION_FACTS = [
  "child-started",
  "initialize",
  "ready",
  "ping",
  "late-answer",
  "child-fault",
  "child-exited",
] as const;

/** A fact of the transport: nothing an agent decided, but part of what passed. */
const sessionShape = record({
  session: name,
  fact: oneOf(SESSION_FACTS),
  protocol: optional(text({ max: 32 })),
  call: optional(callId),
  /** Which fault: a code of mcp/wire. */
  fault: optional(text({ max: 64 })),
  exit_code: optional(integer()),
  exit_signal: optional(text({ max: 16 })),
});

const claimsShape = record({
  labels: labelNames,
  /** How many capabilities the caller says it has. They are never believed. */
  capabilities: integer(),
  intent: optional(commitShape),
});

/** A request and its decision, written before any effect. */
const syscallShape = record({
  call: callId,
  session: name,
  agent: name,
  server: name,
  from: oneOf(["client", "server"]),
  kind: oneOf(SYSCALL_KINDS),
  /** What is acted on, as policies see it; a kind whose target can hold secrets shows a redacted form. */
  target: text({ max: 1024 }),
  /** The kind's own fields, committed, when `target` is redacted. */
  subject: optional(commitShape),
  arguments: optional(commitShape),
  claims: optional(claimsShape),
  labels: labelNames,
  risk: oneOf(RISKS),
  decision: decisionShape,
  /** SHA-256 of the policy in force. */
  policy: hash,
});

/** Something that came back, with the labels the kernel gave it; it joins the session's labels when it is delivered. */
const pageShape = record({
  page: pageId,
  session: name,
  server: name,
  /** Where it came from: a method, or a part of a result. */
  method: text({ max: 128 }),
  call: optional(callId),
  labels: labelNames,
  /** Detector rows that fired, `id@version`. */
  signs: listOf(text({ max: 64 }), 64),
  content: commitShape,
  /** Whether it may reach the agent: the decision on the response syscall, for this page's labels. */
  delivery: decisionShape,
});

export const OUTCOME_STATUSES = [
  "ok",
  "tool-error",
  "rpc-error",
  "invalid-answer",
  "timeout",
  "cancelled",
  "child-exited",
  "not-sent",
  "unknown",
] as const;

/** What came of an allowed call. Without one, the call may have happened. */
const outcomeShape = record({
  call: callId,
  session: name,
  status: oneOf(OUTCOME_STATUSES),
  page: optional(pageId),
});

/** A crash found afterwards: what was torn off, kept beside the log. */
const recoveryShape = record({ torn_bytes: integer(), torn_sha256: hash });

export const CLOSE_REASONS = ["eof", "sigint", "sigterm", "child-exited", "child-faults", "recovered"] as const;

/** The last line: the count, and the signed seal over it. */
const closeShape = record({
  reason: oneOf(CLOSE_REASONS),
  lines: integer(1),
  allowed: integer(),
  denied: integer(),
  /** Messages from the child that had no contract and were too many to record one by one. */
  strays: integer(),
  stderr: optional(commitShape),
  stderr_bytes: optional(integer()),
  /** Ed25519 over the seal statement (evidence/seal.ts); absent when the run was closed by recovery. */
  seal: optional(text({ form: /^[0-9a-f]{128}$/ })),
});

export const EVENT_SHAPES = {
  open: openShape,
  policy: policyShape,
  session: sessionShape,
  syscall: syscallShape,
  page: pageShape,
  outcome: outcomeShape,
  recovery: recoveryShape,
  close: closeShape,
} as const satisfies Record<string, Shape<unknown>>;

export type EventType = keyof typeof EVENT_SHAPES;
export type EventValues = { readonly [T in EventType]: ShapeType<(typeof EVENT_SHAPES)[T]> };

export type OpenValue = EventValues["open"];
export type SyscallValue = EventValues["syscall"];
export type PageValue = EventValues["page"];
export type OutcomeValue = EventValues["outcome"];
export type CloseValue = EventValues["close"];
export type OutcomeStatus = (typeof OUTCOME_STATUSES)[number];
export type CloseReason = (typeof CLOSE_REASONS)[number];
export type SessionFact = (typeof SESSION_FACTS)[number];

/** An event as a discriminated union over its type. */
export type FlightEvent = {
  readonly [T in EventType]: { readonly type: T; readonly value: EventValues[T] };
}[EventType];

/** When: wall clock in milliseconds since 1970 (UTC), and a monotonic clock in microseconds since the run began. */
export const instantShape = record({ mono_us: integer(), wall_ms: integer() });
export type Instant = ShapeType<typeof instantShape>;

/** One line of a log, parsed. */
export type FlightLine = FlightEvent & {
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
  readonly time: Instant;
};
