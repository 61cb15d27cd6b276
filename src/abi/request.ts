/** What enters the kernel: requests and the other inputs of `step`. */
import type {
  CloseReason,
  EventValues,
  Instant,
  OpenValue,
  OutcomeStatus,
  PageValue,
  ProvenanceValue,
  SyscallValue,
} from "./event.js";
import type { SessionFact } from "./session-facts.js";
import type { Commit, OpenPayload, Payload } from "./payload.js";
import type { ApprovalAnswer, Decision, ReasonCode, ReceiptFault, Verdict } from "./decision.js";
import type { SyscallKind } from "./syscalls.js";

/** What a caller says about itself. Recorded; labels may only raise, capabilities are never believed. */
export interface Claims {
  readonly labels: readonly string[];
  readonly capabilities: number;
  readonly intent?: Payload;
}

/** Why the boundary refuses a message before any policy is asked. */
export type Refusal = Extract<ReasonCode, "malformed" | "no-contract" | "lifecycle" | "message-limit">;

export interface SyscallRequest {
  readonly session: string;
  readonly agent: string;
  readonly server: string;
  readonly from: SyscallValue["from"];
  readonly kind: SyscallKind;
  /** The kind's own fields; the table row says which. For an unknown kind, `{ name }`. */
  readonly subject: Readonly<Record<string, unknown>>;
  readonly arguments?: Payload;
  readonly claims?: Claims;
  /** What a secret that is asked for may be used for. */
  readonly handle?: HandleScope;
  /** Set when the boundary has judged already; the kernel records it as a deny. */
  readonly refusal?: Refusal;
  /** Set by a replay: what to go by where the values are not at hand. Ignored where they are. */
  readonly recorded?: RecordedFacts;
}

/** One argument of one tool, sent to one host. */
export type HandleScope = NonNullable<SyscallValue["handle"]>;

/** A call that is to get a receipt, and the receipt's nonce: 16 random bytes, hex. */
export interface ReceiptClaim {
  readonly call: string;
  readonly session: string;
  readonly nonce: string;
}

/** What the log holds of a decision that was made on values. */
export interface RecordedFacts {
  readonly provenance: readonly ProvenanceValue[];
  readonly moreLeaves: number;
  readonly facts: ReadonlyMap<string, boolean>;
  readonly sent: Commit | undefined;
}

/** What came of asking a human about a call. */
export interface Approval {
  readonly call: string;
  readonly session: string;
  readonly answer: ApprovalAnswer;
}

/** The operator lowers what a session has been raised to. Never made from anything a client, server or model sent. */
export interface Release {
  readonly session: string;
  readonly axis: "integrity" | "confidentiality";
  readonly by: string;
}

export interface PageArrival {
  readonly session: string;
  readonly server: string;
  readonly method: string;
  readonly call?: string;
  readonly content: Payload;
}

/** The method of a page of the user's own words. */
export const USER_WORDS = "user/words";

/**
 * INVARIANT: only our own channels make a page of this method without a call; no message of a client or server can.
 */
export function isUserWords(page: PageArrival): boolean {
  return page.method === USER_WORDS && page.call === undefined;
}

export interface Outcome {
  readonly call: string;
  readonly session: string;
  readonly status: OutcomeStatus;
  readonly page?: string;
  readonly refused?: ReceiptFault;
}

export interface SessionNote {
  readonly session: string;
  readonly server?: string;
  readonly fact: SessionFact;
  readonly protocol?: string;
  readonly call?: string;
  readonly fault?: string;
  readonly exit_code?: number;
  readonly exit_signal?: string;
  readonly restart?: number;
}

export interface RunFacts extends Omit<OpenValue, "command"> {
  readonly command: Payload;
}

/** What a run is held to: the policy's source, and the operator's pins where there is a lock (kernel/pins.ts). */
export interface RunRules {
  readonly name: string;
  readonly source: string;
  readonly pins?: { readonly name: string; readonly source: string } | undefined;
}

export interface CloseFacts {
  readonly reason: CloseReason;
  readonly strays: number;
  readonly stderr?: Payload;
  readonly stderr_bytes?: number;
  readonly seal?: string;
}

/**
 * Set by a fork: what happened in the run that it follows. The line then says what the fork's policy decides, and the
 * state goes on with what happened.
 */
export interface History {
  /** On a call, an approval, or a page's delivery. A page without one goes on as the fork itself decides. */
  readonly decision?: Decision;
  /** What was changed in a page before it was handed on. */
  readonly changes?: PageValue["changes"];
  /** Of an approval: what the fork's policy had said to the call. */
  readonly asked?: Verdict;
  /** Label names that stand in place of those derived from a page; its values then count as missing. */
  readonly labels?: readonly string[];
}

/** The inputs of `step`: few kinds, each one line of the log. */
export type Input = { readonly at: Instant; readonly history?: History } & (
  | { readonly type: "open"; readonly run: RunFacts; readonly secret: string | undefined }
  | { readonly type: "policy"; readonly name: string; readonly source: string }
  | { readonly type: "pins"; readonly name: string; readonly source: string }
  | { readonly type: "session"; readonly note: SessionNote }
  | { readonly type: "syscall"; readonly request: SyscallRequest }
  | { readonly type: "page"; readonly page: PageArrival }
  | { readonly type: "approval"; readonly approval: Approval }
  | { readonly type: "release"; readonly release: Release }
  | { readonly type: "receipts"; readonly claims: readonly ReceiptClaim[]; readonly signature: string }
  | { readonly type: "outcome"; readonly outcome: Outcome }
  | { readonly type: "checkpoint"; readonly signature: string }
  | { readonly type: "key"; readonly key: EventValues["key"] }
  | { readonly type: "recovery"; readonly torn_bytes: number; readonly torn_sha256: string }
  | { readonly type: "close"; readonly close: CloseFacts }
);

/** An open payload of RFC 8785 text. */
export function openPayload(canonical: string): OpenPayload {
  return { kind: "open", canonical };
}
