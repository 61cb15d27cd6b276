/** Verifies a log of the Rust AgentK by that program's own rules, read strictly: pure, streaming, in bounded memory. */
import type { Digests } from "../../base/digest.js";
import type { VerifySignature } from "../../base/signature.js";
import { Tally, type TallyRow } from "../tally.js";
import { visible } from "../visible.js";
import { LEGACY_GENESIS, decodeLegacyLine } from "./codec.js";
import type { LegacyEvent, LegacyHandle, LegacyReceipt } from "./event.js";
import { LegacyFindingList, type LegacyFinding, type LegacyFindingCode } from "./legacy-findings.js";
import { handleFaults, receiptFaults, type LegacyFact } from "./receipt.js";
import { DEVELOPMENT_KEY, Signers, type LegacySigner } from "./signers.js";
import { weaknessesOf, type LegacyCounts, type LegacyWeakness } from "./weaknesses.js";

export interface LegacyVerifierDeps {
  readonly digests: Digests;
  readonly verifySignature: VerifySignature;
  /** Public keys in hex. When there are some, every allow must be signed by one of them. */
  readonly trustedKeys?: readonly string[];
}

export interface LegacyVerifier {
  /** The next line, without its newline. */
  line(text: string): void;
  /** A line that could not be handed over. */
  fault(code: Extract<LegacyFindingCode, "not-utf8" | "line-too-long">, detail: string): void;
  end(): LegacyReport;
}

export interface LegacyReport {
  /** No failure among the findings: its own rules hold, and what they forgot to ask for holds as well. */
  readonly ok: boolean;
  readonly isPinned: boolean;
  /** Lines in the file, readable or not. */
  readonly lines: number;
  /** v0.1 lines name no agent, v0.2 lines do; `mixed` when there are both, `undefined` without an event. */
  readonly version: "v0.1" | "v0.2" | "mixed" | undefined;
  /** Of the first event that names one. */
  readonly agent: string | undefined;
  readonly counts: Readonly<LegacyCounts>;
  /** `event_hash` of the last line that could be read. */
  readonly head: string | undefined;
  readonly signers: readonly LegacySigner[];
  /** Valid signatures by keys past the bound on the list. */
  readonly otherSignatures: number;
  /** `verdict:rule`. */
  readonly decisions: readonly TallyRow[];
  readonly syscalls: readonly TallyRow[];
  readonly findings: readonly LegacyFinding[];
  readonly findingCount: number;
  readonly noteCount: number;
  readonly weaknesses: readonly LegacyWeakness[];
  readonly proved: readonly string[];
}

/** A verifier for one log. */
export function createLegacyVerifier(deps: LegacyVerifierDeps): LegacyVerifier {
  return new LegacyVerification(deps);
}

/** A value that stands in `inputs` as a digest: its kind, and 64 hex digits last. */
const INPUT_DIGEST = /(?:^|[:_])[0-9a-f]{64}$/;

/** How a key source begins that could not be read: `invalid-…-fallback`. */
const INVALID_KEY = "invalid-";

class LegacyVerification implements LegacyVerifier {
  private readonly deps: LegacyVerifierDeps;
  private readonly findings = new LegacyFindingList();
  private readonly signers: Signers;
  private readonly isPinned: boolean;
  private readonly decisions = new Tally();
  private readonly syscalls = new Tally();
  private readonly counts: LegacyCounts = {
    events: 0,
    allowed: 0,
    denied: 0,
    receipts: 0,
    handles: 0,
    bareAllows: 0,
    firstBareAllow: undefined,
    version1: 0,
    version2: 0,
    labelled: 0,
    guessable: 0,
    fallbackKeys: 0,
    lastSigned: undefined,
    lastLine: 0,
    lastStep: 0,
  };
  private lines = 0;
  private agent: string | undefined;
  private last: LegacyEvent | undefined;
  /** The line before could not be read, so the next is taken at its word: one flipped bit is one finding. */
  private isAfterDamage = false;

  constructor(deps: LegacyVerifierDeps) {
    this.deps = deps;
    const keys = deps.trustedKeys ?? [];
    this.isPinned = keys.length > 0;
    this.signers = new Signers(deps.digests, this.isPinned ? new Set(keys) : undefined);
  }

  line(text: string): void {
    this.lines++;
    if (text.trim() === "") {
      this.report("blank-line", "is blank");
      return;
    }
    const read = decodeLegacyLine(this.deps.digests, text);
    if (!read.ok) this.unreadable(read.error.code, read.error.detail);
    else this.event(read.value);
  }

  fault(code: "not-utf8" | "line-too-long", detail: string): void {
    this.lines++;
    this.unreadable(code, detail);
  }

  end(): LegacyReport {
    const { findings, counts, signers, isPinned } = this;
    if (counts.events === 0 && findings.failures === 0) findings.add("empty", {}, "holds no event");
    else if (isPinned && counts.lastSigned === undefined) findings.add("nothing-signed", {}, "no trusted signature");
    const ok = findings.failures === 0;
    const { developmentSignatures } = signers;
    return {
      ok,
      isPinned,
      lines: this.lines,
      version: versionOf(counts),
      agent: this.agent === undefined ? undefined : visible(this.agent),
      counts,
      head: this.last?.event_hash,
      signers: signers.list(),
      otherSignatures: signers.others,
      decisions: this.decisions.rows(),
      syscalls: this.syscalls.rows(),
      findings: findings.list,
      findingCount: findings.total,
      noteCount: findings.notes,
      weaknesses: weaknessesOf({ ...counts, isPinned, developmentSignatures }),
      proved: ok ? provedBy(counts, isPinned) : [],
    };
  }

  private report(code: LegacyFindingCode, detail: string, severity?: LegacyFinding["severity"]): void {
    this.findings.add(code, { line: this.lines }, detail, severity);
  }

  private unreadable(code: LegacyFindingCode, detail: string): void {
    this.report(code, detail);
    this.isAfterDamage = true;
  }

  private event(event: LegacyEvent): void {
    this.follow(event);
    this.count(event);
    this.isAfterDamage = false;
    this.last = event;
    this.agent ??= event.agent_id;
    this.evidence(event);
  }

  private follow(event: LegacyEvent): void {
    const { last } = this;
    if (!this.isAfterDamage) {
      const step = (last?.step ?? 0) + 1;
      if (event.step !== step) this.report("step-gap", `is step ${String(event.step)} and not ${String(step)}`);
      if (event.previous_hash !== (last?.event_hash ?? LEGACY_GENESIS))
        this.report("previous-mismatch", "names another hash than that of the line before");
    }
    if (last !== undefined) this.compareAgents(last, event);
  }

  private compareAgents(last: LegacyEvent, event: LegacyEvent): void {
    if ((last.agent_id === undefined) !== (event.agent_id === undefined))
      this.report("version-changed", event.agent_id === undefined ? "names no agent" : "names an agent");
    else if (last.agent_id !== event.agent_id) this.report("agent-changed", "names another agent");
  }

  private count(event: LegacyEvent): void {
    const { counts } = this;
    const { syscall, decision } = event;
    counts.events++;
    counts[decision.verdict === "allow" ? "allowed" : "denied"]++;
    counts[event.agent_id === undefined ? "version1" : "version2"]++;
    if (syscall.labels.length > 0) counts.labelled++;
    counts.guessable += syscall.inputs.filter((input) => INPUT_DIGEST.test(input)).length;
    counts.lastLine = this.lines;
    counts.lastStep = event.step;
    this.decisions.add(visible(`${decision.verdict}:${decision.rule}`));
    this.syscalls.add(visible(syscall.kind));
  }

  private evidence(event: LegacyEvent): void {
    const { verdict, receipt, secret_handle: handle } = event.decision;
    if (verdict === "allow" && receipt === null) this.bareAllow();
    if (verdict === "deny" && (receipt ?? handle) !== null) this.report("receipt-on-deny", "is denied, with a receipt");
    if (receipt !== null) this.signed("receipts", receipt, receiptFaults(this.deps, event, receipt));
    if (handle === null) return;
    if (event.syscall.kind !== "secret.open") this.report("handle-out-of-place", `\`${handle.id}\` opens no secret`);
    this.signed("handles", handle, handleFaults(this.deps, event, handle));
  }

  private bareAllow(): void {
    this.counts.bareAllows++;
    this.counts.firstBareAllow ??= this.lines;
    this.report("allow-without-receipt", "is allowed, without a receipt", this.isPinned ? "failure" : "note");
  }

  private signed(what: "receipts" | "handles", by: LegacyReceipt | LegacyHandle, faults: readonly LegacyFact[]): void {
    const { counts, signers } = this;
    counts[what]++;
    if (by.key_source.startsWith(INVALID_KEY)) counts.fallbackKeys++;
    for (const { code, detail } of faults) this.report(code, detail);
    const isTrusted = signers.mayBeTrusted(by.public_key);
    if (!isTrusted) this.report("signer-untrusted", `\`${by.id}\` is signed by another key`);
    if (faults.length > 0) return;
    signers.add(by.public_key, what);
    // What anybody can sign binds nothing.
    if (isTrusted && by.public_key !== DEVELOPMENT_KEY) counts.lastSigned = this.lines;
  }
}

function versionOf({ events, version1, version2 }: LegacyCounts): LegacyReport["version"] {
  if (events === 0) return undefined;
  if (version1 > 0 && version2 > 0) return "mixed";
  return version1 > 0 ? "v0.1" : "v0.2";
}

/** Sentences a reader may rely on. A receipt covers the previous hash, so the last one binds all lines before it. */
function provedBy({ events, lastSigned }: LegacyCounts, isPinned: boolean): readonly string[] {
  const chain = `the ${String(events)} events that are there hash to what they state and follow one another`;
  if (!isPinned || lastSigned === undefined) return [chain];
  const before = lastSigned === 1 ? "" : `the lines before line ${String(lastSigned)}, and `;
  return [chain, `${before}the step, syscall and target of line ${String(lastSigned)} are those a trusted key signed`];
}
