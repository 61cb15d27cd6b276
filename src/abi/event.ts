/**
 * The events of a flight log, one shape a line type. docs/formats/flight-log.md is the prose of this file.
 * A new member or type is a new version; logs of every version must still verify and replay. Version 2 added
 * `act`, `provenance`, `facts`, `grant`, `changes` and `sent` to a syscall, and the lines `approval` and `release`.
 * Version 3 added the lines `receipts`, `checkpoint` and `key`, `handle` to a syscall and `refused` to an outcome,
 * and commits to objects member by member. Version 4 added the line `pins`, requests from `agentk` itself, and the
 * change `withhold` of a page.
 */
import { MAX_NAME_CHARS, MAX_PINS_BYTES, MAX_POLICY_BYTES } from "../base/limits.js";
import { integer, listOf, oneOf, optional, record, text, type Shape, type ShapeType } from "../base/shape.js";
import { APPROVAL_ANSWERS, REASON_CODES, RECEIPT_FAULTS, VERDICTS } from "./decision.js";
import { commitShape, HEX64 } from "./payload.js";
import { MATCHES } from "./provenance.js";
import { MAX_WITHHELD, WITHHELD_FOR } from "./descriptors.js";
import { callId, checkpointShape, handleShape, HEX128, keyShape, NAME_FORM, receiptsShape } from "./signed.js";
import { ACTS, DURABLE_FROM, RISKS, SYSCALL_KINDS } from "./syscalls.js";

/** What is written now; what is read are all of FLIGHT_FORMATS. */
export const FLIGHT_FORMAT = "agentk-flight/4";
export const FLIGHT_FORMATS = ["agentk-flight/1", "agentk-flight/2", "agentk-flight/3", FLIGHT_FORMAT] as const;

const name = text({ max: MAX_NAME_CHARS, form: NAME_FORM });
const hash = text({ form: HEX64 });
const pageId = text({ form: /^p\d+$/ });
const labelNames = listOf(text({ max: 64 }), 256);

const decisionShape = record({
  verdict: oneOf(VERDICTS),
  rule: text({ max: MAX_NAME_CHARS }),
  reason: oneOf(REASON_CODES),
});

/** The first line: who writes, under which limits, and the public key that will sign the seal. */
const openShape = record({
  format: oneOf(FLIGHT_FORMATS),
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
  /** Ed25519 public key (RFC 8032) that signs this log: the operator's. Until version 3, one of the run alone. */
  public_key: hash,
  /** The head is signed anew after so many lines, or so much time, whichever comes first. */
  checkpoints: optional(record({ lines: integer(1), ms: integer(1) })),
});

/** A policy taken into force. The source stands here whole, so that a replay needs no other file. */
const policyShape = record({ name, sha256: hash, source: text({ max: MAX_POLICY_BYTES }) });

/** The descriptors that the operator has accepted, by server: canonical JSON of names and hashes (kernel/pins.ts). */
const pinsShape = record({ name, sha256: hash, source: text({ max: MAX_PINS_BYTES }) });

export const SESSION_FACTS = [
  "child-started",
  "initialize",
  "ready",
  "ping",
  "late-answer",
  "child-fault",
  "child-exited",
  /** A server's own `ping`, and its question for the roots: answered by agentk. */
  "server-ping",
  "roots-listed",
  /** A server announced that a list of its has changed, and the client was told. */
  "tools-changed",
  "resources-changed",
  "prompts-changed",
  /** From here on messages of the server were dropped, because there were too many in a time. */
  "server-flood",
  "schema-unusable",
  /** A tool call goes on as a task; the server said that a task's state has changed, and the client was told. */
  "task-created",
  "task-changed",
] as const;

/** A fact of the transport: nothing an agent decided, but part of what passed. */
const sessionShape = record({
  session: name,
  /** The server it is about: since version 4. */
  server: optional(name),
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

const leafPath = text({ max: 1024 });

/** Where a value was found: a page (or `directory:<name>`), the leaf in it, the span in the leaf. */
const originShape = record({
  page: text({ max: 160 }),
  path: leafPath,
  start: integer(),
  end: integer(),
  labels: labelNames,
});

/** What the kernel found out about one leaf of the arguments. */
const provenanceShape = record({
  path: leafPath,
  match: oneOf(MATCHES),
  /** Origin classes and tags. */
  classes: listOf(text({ max: 160 }), 64),
  labels: labelNames,
  origins: listOf(originShape, 8),
});

/** What the policy asked of values, by its place in the policy, and the answers: a replay without values needs them. */
const factsShape = record({ held: listOf(text({ max: 256 }), 4096), failed: listOf(text({ max: 256 }), 4096) });

/** What is done to a value: by the policy, or, `withhold`, by the kernel to a descriptor in a listing. */
const changeShape = record({
  kind: oneOf(["redact", "substitute", "quarantine", "withhold"]),
  path: optional(leafPath),
  /** Why a descriptor is withheld. */
  reason: optional(oneOf(WITHHELD_FOR)),
});

/** A request and its decision, written before any effect. */
const syscallShape = record({
  call: callId,
  session: name,
  agent: name,
  server: name,
  /** `agentk`: the kernel's own boundary asked, such as for a listing of its own; nothing of the answer is handed on. */
  from: oneOf(["client", "server", "agentk"]),
  kind: oneOf(SYSCALL_KINDS),
  /** What is acted on, as policies see it; a kind whose target can hold secrets shows a redacted form. */
  target: text({ max: 1024 }),
  /** The kind's own fields, committed, when `target` is redacted. */
  subject: optional(commitShape),
  arguments: optional(commitShape),
  claims: optional(claimsShape),
  labels: labelNames,
  risk: oneOf(RISKS),
  /** What the act does to the world, as far as its name tells. */
  act: optional(oneOf(ACTS)),
  decision: decisionShape,
  provenance: optional(listOf(provenanceShape, 256)),
  /** Leaves beyond those listed in `provenance`. */
  more_leaves: optional(integer(1)),
  facts: optional(factsShape),
  /** Index of the policy's grant that this decision used up once. */
  grant: optional(integer()),
  /** What a `transform` changed. */
  changes: optional(listOf(changeShape, 64)),
  /** The arguments as they are passed on, committed, when a `transform` changed them. */
  sent: optional(commitShape),
  /** What the secret that is asked for may be used for. */
  handle: optional(handleShape),
  /** SHA-256 of the policy in force. */
  policy: hash,
});

/** What a human, or the lack of one, said to a call that the policy would ask about. */
const approvalShape = record({
  call: callId,
  session: name,
  answer: oneOf(APPROVAL_ANSWERS),
  /** The decision that follows; only an allow lets the call happen. */
  decision: decisionShape,
});

/** The operator lowered a session's labels: the only way down (mmu/declassify.ts). */
const releaseShape = record({
  session: name,
  axis: oneOf(["integrity", "confidentiality"]),
  before: labelNames,
  after: labelNames,
  /** By which of the operator's doors. */
  by: text({ max: 64 }),
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
  /** What a `transform` changed, and which descriptors were taken out, before it was handed on. */
  changes: optional(listOf(changeShape, 64 + MAX_WITHHELD)),
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
  /** Why the edge did not carry the call out: what was wrong with its receipt. */
  refused: optional(oneOf(RECEIPT_FAULTS)),
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
  seal: optional(text({ form: HEX128 })),
});

export const EVENT_SHAPES = {
  open: openShape,
  policy: policyShape,
  pins: pinsShape,
  session: sessionShape,
  syscall: syscallShape,
  page: pageShape,
  approval: approvalShape,
  release: releaseShape,
  receipts: receiptsShape,
  outcome: outcomeShape,
  checkpoint: checkpointShape,
  key: keyShape,
  recovery: recoveryShape,
  close: closeShape,
} as const satisfies Record<string, Shape<unknown>>;

export type EventType = keyof typeof EVENT_SHAPES;
export type EventValues = { readonly [T in EventType]: ShapeType<(typeof EVENT_SHAPES)[T]> };

export type OpenValue = EventValues["open"];
export type SyscallValue = EventValues["syscall"];
export type PageValue = EventValues["page"];
export type ProvenanceValue = ShapeType<typeof provenanceShape>;
export type ApprovalValue = EventValues["approval"];
export type ReceiptsValue = EventValues["receipts"];
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
