/** Who signed a log: each key with what it signed and when, and whether the reader trusts it for that. */
import type { Digests } from "../base/digest.js";
import type { SignatureSink, SignedItem } from "./authority.js";
import { fingerprint } from "./ed25519.js";
import type { FindingCode, FindingList } from "./findings.js";
import type { Ending } from "./proof.js";
import type { Standing, TrustedKeys } from "./trust.js";

export interface SignerRow {
  /** `sha256:` and 64 digits (evidence/ed25519.ts). */
  readonly fingerprint: string;
  readonly label?: string;
  /** What it signed, and how often. */
  readonly signed: Readonly<Record<SignedItem, number>>;
  /** The first and the last time that its lines state, in milliseconds since 1970: the signer's own clock. */
  readonly from_ms: number;
  readonly to_ms: number;
  /** How it stood at its signatures; the worst of them. Absent when no key is named as trusted. */
  readonly standing?: Standing;
}

/** What a log must have, beyond being signed at all. */
export interface SignatureDemands {
  /** Undefined: whoever signed is only listed. */
  readonly trusted: TrustedKeys | undefined;
}

const CODES: Readonly<Record<Exclude<Standing, "trusted">, FindingCode>> = {
  unknown: "signer-unknown",
  "not-yet-valid": "signer-not-yet-valid",
  expired: "signer-expired",
  revoked: "signer-revoked",
  suspect: "signer-suspect",
};

/** The worst first. */
const GRAVITY: readonly Standing[] = ["unknown", "revoked", "suspect", "not-yet-valid", "expired", "trusted"];

/** A run has one key and may change it; more than these only a forged log has. */
const MAX_SIGNERS = 256;

type Row = { -readonly [K in keyof SignerRow]: SignerRow[K] } & { readonly signed: Record<SignedItem, number> };

/** Memory is bounded by the number of keys. */
export class Signers implements SignatureSink {
  private readonly rows = new Map<string, Row>();
  private readonly said = new Set<string>();
  /** Keys that signed after their time, and the first line where: as long as no later key has vouched for that. */
  private readonly lapsed = new Map<Row, number>();
  private lastLine = 0;
  private readonly digests: Digests;
  private readonly demands: SignatureDemands;
  private readonly findings: FindingList;

  constructor(digests: Digests, demands: SignatureDemands, findings: FindingList) {
    this.digests = digests;
    this.demands = demands;
    this.findings = findings;
  }

  signed(what: SignedItem, { key, wall_ms, line }: { key: string; wall_ms: number; line: number }): void {
    const row = this.rows.get(key) ?? this.add(key, wall_ms);
    if (row === undefined) {
      this.tooMany(line);
      return;
    }
    row.signed[what]++;
    row.to_ms = Math.max(row.to_ms, wall_ms);
    row.from_ms = Math.min(row.from_ms, wall_ms);
    // Receipts and changes of key cover calls; only heads and the seal cover the lines before them.
    const isOverLines = what === "checkpoint" || what === "seal";
    if (isOverLines) this.lastLine = line;
    const standing = this.demands.trusted?.judge(key, wall_ms);
    if (standing === "trusted" && isOverLines) this.vouch(row);
    if (standing === "expired") this.lapse(row, line);
    else if (standing !== undefined) this.judge(row, standing, line);
  }

  /**
   * A run learns of a rotation a moment after it was made, and the old key still signs the change itself. INVARIANT: what
   * a key signed late counts only once the next key, at a time when it is trusted, has signed all lines up to there.
   */
  private lapse(row: Row, line: number): void {
    row.standing ??= "trusted";
    if (!this.lapsed.has(row)) this.lapsed.set(row, line);
  }

  private vouch(by: Row): void {
    for (const row of this.lapsed.keys()) if (row !== by) this.lapsed.delete(row);
  }

  /** Reported once: no honest log has so many, and what they signed counts for nothing. */
  private tooMany(line: number): void {
    if (this.demands.trusted === undefined || this.said.has("")) return;
    this.said.add("");
    this.findings.add("signer-unknown", { line }, `more than ${String(MAX_SIGNERS)} keys signed`);
  }

  private add(key: string, wall_ms: number): Row | undefined {
    if (this.rows.size >= MAX_SIGNERS) return undefined;
    const label = this.demands.trusted?.labelOf(key);
    const row: Row = {
      fingerprint: fingerprint(this.digests, key),
      ...(label === undefined ? {} : { label }),
      signed: { checkpoint: 0, receipts: 0, handle: 0, seal: 0, key: 0 },
      from_ms: wall_ms,
      to_ms: wall_ms,
    };
    this.rows.set(key, row);
    return row;
  }

  /** Reported once for each key and fault. */
  private judge(row: Row, standing: Standing, line: number): void {
    const before = row.standing ?? "trusted";
    row.standing = GRAVITY.indexOf(standing) < GRAVITY.indexOf(before) ? standing : before;
    if (standing === "trusted" || this.said.has(row.fingerprint + standing)) return;
    this.said.add(row.fingerprint + standing);
    this.findings.add(CODES[standing], { line }, `signed by ${row.fingerprint}`);
  }

  /** What is missing at the end of the log. */
  end(lines: number, ending: Ending): readonly SignerRow[] {
    for (const [row, line] of this.lapsed) this.judge(row, "expired", line);
    const severity = this.demands.trusted === undefined ? "note" : "failure";
    if (this.lastLine === 0) this.findings.add("not-signed", {}, "no valid signature stands in it", severity);
    else if (ending !== "sealed" && lines > this.lastLine) {
      const count = `${String(lines - this.lastLine)} lines stand after the last signature`;
      this.findings.add("unsigned-tail", { line: this.lastLine + 1 }, count, severity);
    }
    return [...this.rows.values()];
  }
}
