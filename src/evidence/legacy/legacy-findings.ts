/** What can be wrong with a log of the Rust AgentK: a closed table, and whether that program itself would have noticed. */
import { visible } from "../visible.js";
import { MAX_FINDINGS, type FindingPlace } from "../findings.js";

interface LegacyFindingRow {
  /** A `failure` makes the log not verified; a `note` is what its own rules let pass, and no honest writer does. */
  readonly severity: "failure" | "note";
  /** Does the Rust AgentK's own `verify` or `verify-signatures` fail on it? */
  readonly theirs: "caught" | "passed";
  readonly means: string;
}

export const LEGACY_FINDINGS = {
  empty: { severity: "failure", theirs: "passed", means: "the log holds no event" },
  "not-utf8": { severity: "failure", theirs: "caught", means: "a line is not UTF-8" },
  "line-too-long": { severity: "failure", theirs: "passed", means: "a line is longer than can be believed" },
  "line-not-json": { severity: "failure", theirs: "caught", means: "a line is not JSON, or was cut within" },
  "member-unknown": { severity: "failure", theirs: "passed", means: "a line has a member that no writer of it knows" },
  "line-shape": { severity: "failure", theirs: "caught", means: "a line has not the members that an event has" },
  "line-form": { severity: "failure", theirs: "passed", means: "a line is not in the one form it is written in" },
  "hash-mismatch": { severity: "failure", theirs: "caught", means: "a line was changed after it was written" },
  "previous-mismatch": { severity: "failure", theirs: "caught", means: "a line does not follow the line before it" },
  "step-gap": { severity: "failure", theirs: "caught", means: "lines are missing, repeated or out of order" },
  "receipt-binding": { severity: "failure", theirs: "caught", means: "a receipt is for another call than its line's" },
  "receipt-proof": {
    severity: "failure",
    theirs: "caught",
    means: "a receipt's proof is not the digest of its fields",
  },
  "receipt-expired": { severity: "failure", theirs: "caught", means: "a receipt had expired before its own step" },
  "receipt-signature": { severity: "failure", theirs: "caught", means: "a receipt's signature is not valid" },
  "handle-binding": {
    severity: "failure",
    theirs: "caught",
    means: "a secret handle is for another call or receipt than its line's",
  },
  "handle-proof": { severity: "failure", theirs: "caught", means: "a handle's proof is not the digest of its fields" },
  "handle-expired": { severity: "failure", theirs: "caught", means: "a handle had expired before its own step" },
  "handle-signature": { severity: "failure", theirs: "caught", means: "a handle's signature is not valid" },
  "signer-untrusted": {
    severity: "failure",
    theirs: "caught",
    means: "a signature is by a key that is not among the trusted ones",
  },
  "allow-without-receipt": {
    severity: "note",
    theirs: "passed",
    means:
      "an allowed call has no receipt, which every writer gives it: it was taken out; a failure under trusted keys",
  },
  "nothing-signed": {
    severity: "failure",
    theirs: "passed",
    means: "trusted keys were named, and none of them signed; the published development key counts for nothing",
  },
  "receipt-on-deny": {
    severity: "note",
    theirs: "passed",
    means: "a denied call has a receipt or a handle: its verdict was changed, which the signature does not cover",
  },
  "handle-out-of-place": {
    severity: "note",
    theirs: "passed",
    means: "a secret handle stands at a call that is not `secret.open`",
  },
  "agent-changed": { severity: "note", theirs: "passed", means: "the agent is another one than in the line before" },
  "version-changed": {
    severity: "note",
    theirs: "passed",
    means: "lines with and without an agent stand in one log: the agent was taken out of some, or logs were joined",
  },
  "blank-line": { severity: "note", theirs: "passed", means: "a line is blank; the Rust AgentK skips it" },
} as const satisfies Record<string, LegacyFindingRow>;

export type LegacyFindingCode = keyof typeof LEGACY_FINDINGS;

export interface LegacyFinding extends FindingPlace {
  readonly code: LegacyFindingCode;
  readonly severity: LegacyFindingRow["severity"];
  /** One line; nothing in it acts on a terminal. */
  readonly detail: string;
}

/** Collects findings, the first MAX_FINDINGS whole. */
export class LegacyFindingList {
  readonly list: LegacyFinding[] = [];
  total = 0;
  failures = 0;
  notes = 0;

  /** Attacker-controlled: `detail` may quote the log, so it is made fit for a terminal here. */
  add(
    code: LegacyFindingCode,
    place: FindingPlace,
    detail: string,
    severity: LegacyFinding["severity"] = LEGACY_FINDINGS[code].severity,
  ): void {
    this.total++;
    if (severity === "note") this.notes++;
    else this.failures++;
    if (this.list.length < MAX_FINDINGS) this.list.push({ code, severity, ...place, detail: visible(detail) });
  }
}
