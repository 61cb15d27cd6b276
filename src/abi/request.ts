/** What enters the kernel: requests and the other inputs of `step`. */
import type { CloseReason, Instant, OpenValue, OutcomeStatus, SessionFact } from "./event.js";
import type { OpenPayload, Payload } from "./payload.js";
import type { ReasonCode } from "./decision.js";
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
  readonly from: "client" | "server";
  readonly kind: SyscallKind;
  /** The kind's own fields; the table row says which. For an unknown kind, `{ name }`. */
  readonly subject: Readonly<Record<string, unknown>>;
  readonly arguments?: Payload;
  readonly claims?: Claims;
  /** Set when the boundary has judged already; the kernel records it as a deny. */
  readonly refusal?: Refusal;
}

export interface PageArrival {
  readonly session: string;
  readonly server: string;
  readonly method: string;
  readonly call?: string;
  readonly content: Payload;
}

export interface Outcome {
  readonly call: string;
  readonly session: string;
  readonly status: OutcomeStatus;
  readonly page?: string;
}

export interface SessionNote {
  readonly session: string;
  readonly fact: SessionFact;
  readonly protocol?: string;
  readonly call?: string;
  readonly fault?: string;
  readonly exit_code?: number;
  readonly exit_signal?: string;
}

export interface RunFacts extends Omit<OpenValue, "command"> {
  readonly command: Payload;
}

export interface CloseFacts {
  readonly reason: CloseReason;
  readonly strays: number;
  readonly stderr?: Payload;
  readonly stderr_bytes?: number;
  readonly seal?: string;
}

/** The inputs of `step`: few kinds, each one line of the log. */
export type Input = { readonly at: Instant } & (
  | { readonly type: "open"; readonly run: RunFacts; readonly secret: string | undefined }
  | { readonly type: "policy"; readonly name: string; readonly source: string }
  | { readonly type: "session"; readonly note: SessionNote }
  | { readonly type: "syscall"; readonly request: SyscallRequest }
  | { readonly type: "page"; readonly page: PageArrival }
  | { readonly type: "outcome"; readonly outcome: Outcome }
  | { readonly type: "recovery"; readonly torn_bytes: number; readonly torn_sha256: string }
  | { readonly type: "close"; readonly close: CloseFacts }
);

/** An open payload of RFC 8785 text. */
export function openPayload(canonical: string): OpenPayload {
  return { kind: "open", canonical };
}
