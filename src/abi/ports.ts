/** The doors of the kernel's shell. No other leads out (design.md section 2). */
import type { Instant } from "./event.js";
import type { ApprovalAnswer, Decision } from "./decision.js";
import type { Payload, PayloadRecord } from "./payload.js";
import type { OutcomeStatus } from "./event.js";
import type { SyscallRequest } from "./request.js";

/** What an effect brought back. */
export interface Observation {
  readonly status: OutcomeStatus;
  /** What the agent would see: recorded as a page before it is handed on. */
  readonly page?: { readonly method: string; readonly content: Payload };
}

export interface Ports<R extends SyscallRequest = SyscallRequest> {
  /** The two clocks. */
  readonly now: () => Instant;
  /** `bytes` fresh random bytes, in hex. */
  readonly nonce: (bytes: number) => string;
  /**
   * Writes whole lines, in order. Returns once they are with the operating system (they survive a kill);
   * with `durable`, a promise that settles once they are on the disk.
   * @throws when a line cannot be written: the run is over.
   */
  readonly append: (lines: readonly string[], durable: boolean) => Promise<void> | undefined;
  /**
   * Ed25519 signature in hex over a domain-separated statement. Synchronous, so that nothing is recorded between what is
   * signed and the line that says so.
   * @throws when it cannot sign: the run is over.
   */
  readonly sign: (statement: string) => string;
  /**
   * Performs an allowed call. `sent` is set when a `transform` changed the arguments: RFC 8785 text to pass on in
   * their place, `decision` what let the call pass. INVARIANT: called only after the intent, the approval where one was due, and the receipt were appended,
   * and the receipt was checked and used up (kernel/gate.ts). Never rejects.
   */
  readonly act: (call: string, request: R, sent: string | undefined, decision: Decision) => Promise<Observation>;
  /** Ed25519: false for anything but a valid signature of this key over the UTF-8 statement. */
  readonly verify: (publicKeyHex: string, statement: string, signatureHex: string) => boolean;
  /** Asks a human about a call that the policy parks. Without this door the answer is `unavailable`. */
  readonly approve?: (call: string, request: R, decision: Decision) => Promise<ApprovalAnswer>;
  /**
   * Settles once all that has come in by now has been read: calls that are ready then share a signature. Without this door
   * each has its own, unless they come in one go.
   */
  readonly gather?: () => Promise<void>;
  /**
   * Runs work that nobody waits for, once what is ready to be sent has been sent. It changes no state and no answer.
   * Without this door it is done when its result is first needed.
   */
  readonly later?: (work: () => void) => void;
  /** Keeps a payload in the encrypted journal, or drops it when the run keeps none. */
  readonly payload: (record: PayloadRecord) => void;
}
