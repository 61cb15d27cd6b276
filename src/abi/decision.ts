/** A policy decision and the closed list of its reasons. */

/**
 * ask: a human decides before the act. transform: allowed with named changes. defer: not now, a retry may pass.
 * Whatever is not an allow or a transform does not happen.
 */
export const VERDICTS = ["allow", "deny", "ask", "transform", "defer"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** How a question to a human ended. Only `approved` lets the call happen. */
export const APPROVAL_ANSWERS = ["approved", "refused", "unavailable"] as const;
export type ApprovalAnswer = (typeof APPROVAL_ANSWERS)[number];

/**
 * Why a decision fell. `retryable` tells a model whether the same call can succeed later,
 * without teaching it the policy.
 */
export const REASONS = {
  "policy-allow": { retryable: false, says: "a rule of the policy allows it" },
  "policy-deny": { retryable: false, says: "a rule of the policy denies it" },
  "policy-ask": { retryable: false, says: "a human must approve it" },
  "policy-transform": { retryable: false, says: "a rule of the policy allows it with changes" },
  "policy-defer": { retryable: true, says: "a rule of the policy puts it off" },
  "policy-expired": { retryable: false, says: "the policy has expired" },
  "would-deny": { retryable: false, says: "the policy only observes; enforced, it would deny this" },
  "would-ask": { retryable: false, says: "the policy only observes; enforced, a human would be asked" },
  "would-transform": { retryable: false, says: "the policy only observes; enforced, it would change this" },
  "would-defer": { retryable: false, says: "the policy only observes; enforced, it would put this off" },
  "approval-unavailable": { retryable: false, says: "a human must approve it, and nobody can be asked" },
  "approval-refused": { retryable: false, says: "a human refused it" },
  approved: { retryable: false, says: "a human approved it" },
  "user-words": { retryable: false, says: "the user's own words, by a channel the policy names" },
  "no-rule": { retryable: false, says: "no rule of the policy allows it" },
  "unknown-syscall": { retryable: false, says: "the kernel knows no such action" },
  "no-contract": { retryable: false, says: "no contract covers this method" },
  malformed: { retryable: false, says: "the message is not well-formed" },
  lifecycle: { retryable: true, says: "the session is not in a state for it" },
  "in-flight-limit": { retryable: true, says: "too many calls are waiting" },
  "message-limit": { retryable: false, says: "the run's message limit is reached" },
  quarantined: { retryable: false, says: "the server's descriptor of it is not accepted" },
  "no-driver": { retryable: false, says: "this kernel has no driver for the action" },
  "policy-fault": { retryable: false, says: "the policy could not be evaluated" },
  "receipt-missing": { retryable: false, says: "the call has no receipt" },
  "receipt-altered": { retryable: false, says: "the receipt is for another call than the one to be carried out" },
  "receipt-signature": { retryable: false, says: "the receipt is not signed by the run's key" },
  "receipt-expired": { retryable: true, says: "the receipt's time is over" },
  "receipt-replayed": { retryable: false, says: "the receipt was used before" },
  "recorder-fault": { retryable: false, says: "the decision could not be recorded" },
  "run-closed": { retryable: false, says: "the run has ended" },
} as const;

export type ReasonCode = keyof typeof REASONS;
export const REASON_CODES = Object.keys(REASONS) as readonly ReasonCode[];

/** What can be wrong with a receipt when the edge is to act on it. */
export const RECEIPT_FAULTS = [
  "receipt-missing",
  "receipt-altered",
  "receipt-signature",
  "receipt-expired",
  "receipt-replayed",
] as const satisfies readonly ReasonCode[];
export type ReceiptFault = (typeof RECEIPT_FAULTS)[number];

/** Rules of the kernel's own, which no policy may take the name of: a decision is known by `verdict:rule`. */
export const KERNEL_RULES = [
  "malformed",
  "no-contract",
  "lifecycle",
  "in-flight-limit",
  "message-limit",
  "quarantined",
  "no-driver",
  "policy-fault",
  "policy-expired",
  "user-words",
  ...RECEIPT_FAULTS,
  "recorder-fault",
  "run-closed",
] as const satisfies readonly ReasonCode[];
export type KernelRule = (typeof KERNEL_RULES)[number];

export interface Decision {
  readonly verdict: Verdict;
  /** The id of the responsible rule: the policy's, or the kernel's own (`default-deny`, `malformed`, ...). */
  readonly rule: string;
  readonly reason: ReasonCode;
}

/** True when the act may happen, with or without changes. */
export function mayPass(verdict: Verdict): boolean {
  return verdict === "allow" || verdict === "transform";
}

/** `verdict:rule`, the form in which decisions are named, counted and compared. */
export function decisionName(decision: Decision): string {
  return `${decision.verdict}:${decision.rule}`;
}
