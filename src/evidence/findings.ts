/** What can be wrong with a flight log: a closed table of findings, each with its meaning and what to do about it. */
import { visible } from "./visible.js";

interface FindingRow {
  /** A `failure` makes the log not ok; a `note` is something a reader should know. */
  readonly severity: "failure" | "note";
  readonly means: string;
  readonly advice: string;
}

const EDITED = "take the log for tampered with or damaged; compare it with a copy kept elsewhere";
const WRITER = "the chain is whole but the account is not: the writer was faulty or lied; do not rely on this log";
const SIGNER = "compare the time with what you know of the run; the time in a line is the signer's own word";
const CUT = "look for the missing lines in a copy; without one, treat every call after this place as unknown";

export const FINDINGS = {
  empty: { severity: "failure", means: "the log holds no line", advice: "check the path; a run writes at once" },
  "not-utf8": { severity: "failure", means: "a line is not UTF-8", advice: EDITED },
  "line-too-long": { severity: "failure", means: "a line is longer than any agentk writes", advice: EDITED },
  "line-not-json": { severity: "failure", means: "a line is not JSON", advice: EDITED },
  "line-not-canonical": { severity: "failure", means: "a line is not in its one canonical form", advice: EDITED },
  "line-shape": { severity: "failure", means: "a line has not the members its type must have", advice: EDITED },
  "hash-mismatch": { severity: "failure", means: "a line was changed after it was written", advice: EDITED },
  "prev-mismatch": { severity: "failure", means: "a line does not follow the line before it", advice: EDITED },
  "seq-gap": { severity: "failure", means: "lines are missing, repeated or out of order", advice: CUT },
  "first-not-open": { severity: "failure", means: "the log does not begin with an open line", advice: CUT },
  "open-twice": { severity: "failure", means: "a second run begins in the same log", advice: EDITED },
  "after-close": { severity: "failure", means: "lines follow the close line", advice: EDITED },
  "clock-backwards": { severity: "failure", means: "the monotonic clock went back", advice: WRITER },
  "no-policy": { severity: "failure", means: "a decision names a policy that was not in force", advice: WRITER },
  "policy-digest": { severity: "failure", means: "a policy's source is not what its digest says", advice: WRITER },
  "call-id-wrong": { severity: "failure", means: "a call or page is not named after its own line", advice: WRITER },
  "outcome-without-open-call": {
    severity: "failure",
    means: "an outcome names a call that was denied, answered already or never made",
    advice: WRITER,
  },
  "approval-without-question": {
    severity: "failure",
    means: "an approval names a call that no human was asked about",
    advice: WRITER,
  },
  "page-of-unknown-call": {
    severity: "failure",
    means: "a page names a call that was denied, answered already or never made",
    advice: WRITER,
  },
  "page-missing": { severity: "failure", means: "an outcome names a page its call did not get", advice: WRITER },
  "too-many-open-calls": { severity: "failure", means: "more calls wait than a run can have", advice: WRITER },
  "receipt-missing": {
    severity: "failure",
    means: "a call that was allowed went on without its signed receipt",
    advice: WRITER,
  },
  "receipt-wrong": {
    severity: "failure",
    means: "a receipt is for a call that does not wait for one, or binds something else than its call's line",
    advice: WRITER,
  },
  "receipt-signature": { severity: "failure", means: "receipts are not signed by the key in force", advice: EDITED },
  "checkpoint-wrong": {
    severity: "failure",
    means: "a signed head is not that of the lines before it",
    advice: EDITED,
  },
  "checkpoint-signature": {
    severity: "failure",
    means: "a head of the log is not signed by the key in force",
    advice: EDITED,
  },
  "key-change-invalid": {
    severity: "failure",
    means: "the log goes on under another key without the signatures of both",
    advice: EDITED,
  },
  "signer-unknown": {
    severity: "failure",
    means: "a key signed that is not among the trusted ones",
    advice: "the log is somebody else's, or was written anew under another key; ask the operator for the key",
  },
  "signer-not-yet-valid": { severity: "failure", means: "a key signed before its time", advice: SIGNER },
  "signer-expired": { severity: "failure", means: "a key signed after its time", advice: SIGNER },
  "signer-revoked": { severity: "failure", means: "a key signed after it was revoked", advice: SIGNER },
  "signer-suspect": {
    severity: "failure",
    means: "a key signed while it may have been in other hands",
    advice: SIGNER,
  },
  "not-signed": {
    severity: "failure",
    means: "nothing in the log is signed",
    advice: "take the log for no more than a file that somebody wrote",
  },
  "unsigned-tail": {
    severity: "failure",
    means: "no signature covers the last lines",
    advice: "the run was killed, or the end was cut off: take these lines for unsigned",
  },
  "log-rolled-back": {
    severity: "failure",
    means: "the log is shorter than a head of it that was kept elsewhere",
    advice: CUT,
  },
  "log-forked": {
    severity: "failure",
    means: "the log has other lines than a head of it that was kept elsewhere",
    advice: "two histories were signed for one run: whoever holds the key showed different logs to different people",
  },
  "witness-missing": {
    severity: "failure",
    means: "fewer witnesses than demanded have cosigned the log's last head",
    advice: "ask them with `agentk witness-submit`; if they refuse, they have seen another history",
  },
  "pruned-header": {
    severity: "failure",
    means: "the log was pruned, and what stands for its beginning is not what a signed head says",
    advice: EDITED,
  },
  "count-mismatch": { severity: "failure", means: "the close line counts otherwise than the log", advice: CUT },
  "seal-invalid": { severity: "failure", means: "the seal is not the run's own over these lines", advice: EDITED },
  unsealed: {
    severity: "failure",
    means: "there is no close line: the run goes on, was killed, or the end was cut off",
    advice: "if the run is still going, pass --allow-open; otherwise the last lines may be missing",
  },
  "torn-tail": {
    severity: "failure",
    means: "the file ends within a line",
    advice: "a crash tears the last line, and so does a cut; recovery keeps the torn bytes beside the log",
  },
  pruned: {
    severity: "failure",
    means: "the log begins at a later head: the lines before it are gone, and cutting them takes no key",
    advice: "if you pruned it, pass --allow-pruned; otherwise look for the whole log",
  },
  "head-not-compared": {
    severity: "failure",
    means: "a head that was kept elsewhere is of lines that were pruned: the log cannot be held against it",
    advice: "compare it with a copy of the whole log, or keep a later head",
  },
  "closed-by-recovery": {
    severity: "note",
    means: "the run did not close its log; a later recovery did, without the run's key",
    advice: "treat calls without an outcome as possibly done; nothing in this log is signed",
  },
} as const satisfies Record<string, FindingRow>;

export type FindingCode = keyof typeof FINDINGS;

export interface Finding {
  readonly code: FindingCode;
  readonly severity: FindingRow["severity"];
  /** 1-based, as editors count; absent when the finding is about the whole file. */
  readonly line?: number;
  /** The number the line states itself, when it could be read. */
  readonly seq?: number;
  /** One line; nothing in it acts on a terminal. */
  readonly detail: string;
}

/** Findings kept one by one; further ones are only counted, so that a hostile log cannot fill memory or screen. */
export const MAX_FINDINGS = 100;

export interface FindingPlace {
  readonly line?: number;
  readonly seq?: number;
}

/** Collects findings, the first MAX_FINDINGS whole. */
export class FindingList {
  readonly list: Finding[] = [];
  total = 0;
  failures = 0;
  /** Line of the first failure, 1-based. */
  firstFailure: number | undefined;

  /** Attacker-controlled: `detail` may quote the log, so control characters are made visible here, once for all. */
  add(code: FindingCode, place: FindingPlace, detail: string, severity: Finding["severity"] = severityOf(code)): void {
    this.total++;
    if (severity === "failure") {
      this.failures++;
      this.firstFailure ??= place.line;
    }
    if (this.list.length < MAX_FINDINGS) this.list.push({ code, severity, ...place, detail: visible(detail) });
  }
}

function severityOf(code: FindingCode): Finding["severity"] {
  return FINDINGS[code].severity;
}
