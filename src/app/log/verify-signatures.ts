/** `verify-signatures`: what the reader knows from elsewhere (keys, heads, witnesses), for the verifier to hold a log against. */
import { existsSync } from "node:fs";
import { AgentkError } from "../../base/errors.js";
import { parseCheckpoint } from "../../evidence/checkpoint.js";
import type { WitnessKey } from "../../evidence/cosignature.js";
import { fingerprint } from "../../evidence/ed25519.js";
import type { Finding } from "../../evidence/findings.js";
import type { KnownHead } from "../../evidence/known-heads.js";
import { MAX_NOTE_BYTES, parseNote, type Note } from "../../evidence/note.js";
import { isQuorum, quorumOf, type Quorum, type WitnessReport } from "../../evidence/quorum.js";
import type { SignatureDemands } from "../../evidence/signers.js";
import type { VerifyReport } from "../../evidence/verify.js";
import { visible } from "../../evidence/visible.js";
import { nodeDigests } from "../../host/digests.js";
import { settledLog } from "../../host/log-file.js";
import { verifyEd25519 } from "../../host/signer.js";
import { readTextFile } from "../text-file.js";
import { loadTrust, type TrustSources } from "../keys/trust-file.js";
import { witnessKey } from "../witness/submit.js";

export interface SignatureOptions extends TrustSources {
  /** Paths of notes that were kept: checkpoints of the log, or of what it has grown from. */
  readonly checkpoints: readonly string[];
  /** Keys of the witnesses whose word counts. */
  readonly witnessKeys: readonly string[];
  /** How many distinct witnesses must have cosigned the log's last checkpoint. */
  readonly requireWitnesses: number;
  /** The cosigned note; beside the log when absent. */
  readonly cosigned?: string;
}

export interface Expectations {
  readonly signatures: SignatureDemands;
  readonly heads: readonly KnownHead[];
}

/** @throws AgentkError `usage`, `file-unreadable`, `note-invalid` and those of loadTrust. */
export function expectationsOf(options: SignatureOptions): Expectations {
  const heads = options.checkpoints.map((file): KnownHead => {
    const head = parseCheckpoint(readNote(file).text);
    if (!head.ok) throw noteInvalid(file, head.error.detail);
    const { origin, size, root } = head.value;
    return { size, root, from: `\`${file}\` (a head of ${origin})` };
  });
  return { signatures: { trusted: loadTrust(options) }, heads };
}

/** What witnesses say of a verified log's last checkpoint; undefined when none is asked for. */
export function witnessesOf(log: string, report: VerifyReport, options: SignatureOptions): WitnessReport | undefined {
  const { requireWitnesses: required, witnessKeys } = options;
  if (required === 0 && witnessKeys.length === 0) return undefined;
  const keys = witnessKeys.map(witnessKey);
  if (new Set(keys.map(({ publicKey }) => publicKey)).size < required)
    throw new AgentkError("usage", "fewer witnesses are named than must have cosigned", {
      hint: "name each with `--witness-key`",
    });
  const file = options.cosigned ?? cosignedBeside(log);
  const nothing = { required, quorum: { cosigned: [], forged: [] }, isMet: required === 0 };
  if (!existsSync(file)) return { ...nothing, because: `there is no \`${file}\`` };
  const note = readNote(file);
  // INVARIANT: what was cosigned must be what the log's own last checkpoint says, to the byte.
  if (note.text !== report.lastCheckpoint)
    return { ...nothing, because: `\`${file}\` is of another head than the log's last` };
  const quorum = quorumIn(note, keys, report);
  return { required, quorum, isMet: isQuorum(quorum, required), because: undefined };
}

/** The report with what is missing of the witnesses among its findings. */
export function withWitnesses(report: VerifyReport, witnesses: WitnessReport | undefined): VerifyReport {
  if (witnesses === undefined || witnesses.isMet) return report;
  const { required, quorum, because } = witnesses;
  const count = `${String(quorum.cosigned.length)} of ${String(required)} have cosigned the last head`;
  const forged = quorum.forged.length === 0 ? undefined : `a line of ${quorum.forged.join(", ")} is not its own`;
  const detail = visible([count, because ?? forged].filter((part) => part !== undefined).join(": "));
  const finding: Finding = { code: "witness-missing", severity: "failure", detail };
  return { ...report, ok: false, findings: [...report.findings, finding], findingCount: report.findingCount + 1 };
}

function quorumIn(note: Note, witnesses: readonly WitnessKey[], report: VerifyReport): Quorum {
  // INVARIANT: whoever signs a log is no witness of it, also with a key that it has changed to.
  const own = new Set((report.signers ?? []).map((row) => row.fingerprint));
  if (report.run !== undefined) own.add(fingerprint(nodeDigests, report.run.publicKey));
  const others = witnesses.filter(({ publicKey }) => !own.has(fingerprint(nodeDigests, publicKey)));
  return quorumOf({ digests: nodeDigests, verifySignature: verifyEd25519 }, { note, witnesses: others });
}

function cosignedBeside(log: string): string {
  return `${settledLog(log).replace(/\.jsonl$/, "")}.cosigned`;
}

function readNote(file: string): Note {
  const note = parseNote(readTextFile(file, MAX_NOTE_BYTES));
  if (!note.ok) throw noteInvalid(file, note.error.detail);
  return note.value;
}

function noteInvalid(file: string, detail: string): AgentkError {
  return new AgentkError("log-invalid", `\`${file}\` ${detail}`, {
    place: { file },
    hint: "a checkpoint is a signed note, as `agentk witness-submit` writes one",
  });
}
