/** Keys, rotations and trusted signers, as text and as JSON. Nothing here ever holds a secret. */
import type { RotationChain } from "../evidence/rotation-chain.js";
import type { RotationFault } from "../evidence/rotation.js";
import type { TrustedKey } from "../evidence/trust.js";
import { visible } from "../evidence/visible.js";
import type { PolicyFault } from "../policy/fault.js";
import { isoTime } from "./instant.js";
import { reportJson } from "./json.js";

/** What is shown of one key. */
export interface ShownKey {
  readonly publicKey: string;
  readonly fingerprint: string;
}

const ALGORITHM = "ed25519";

function members({ publicKey, fingerprint }: ShownKey): object {
  return { algorithm: ALGORITHM, public_key: publicKey, fingerprint };
}

function rows({ publicKey, fingerprint }: ShownKey): string {
  return `  algorithm    ${ALGORITHM}\n  public key   ${publicKey}\n  fingerprint  ${fingerprint}\n`;
}

export function keygenJson(file: string, key: ShownKey, isLocked: boolean): string {
  return `${reportJson({ format: "agentk-keygen/1", file, ...members(key), locked: isLocked })}\n`;
}

export function keygenText(file: string, key: ShownKey, isLocked: boolean): string {
  const lock = isLocked ? "locked with the passphrase" : "not locked: whoever reads the file can sign";
  return `${visible(file)}: a new signing key, ${lock}\n${rows(key)}Give the public key to whoever checks your logs, by another way than the logs.\n`;
}

/** Where a key was found. */
export interface KeyOrigin {
  readonly source: string;
  readonly path?: string;
}

export function signingKeyJson(key: ShownKey, { source, path }: KeyOrigin): string {
  const where = { source, path: path ?? null };
  return `${reportJson({ format: "agentk-signing-key/1", ready: true, ...members(key), ...where })}\n`;
}

export function signingKeyText(key: ShownKey, { source, path }: KeyOrigin): string {
  return `ready to sign\n${rows(key)}  source       ${source}${path === undefined ? "" : `: ${visible(path)}`}\n`;
}

export function notReadyJson({ code, message, hint }: { code: string; message: string; hint?: string }): string {
  const error = { code, message, hint: hint ?? null };
  return `${reportJson({ format: "agentk-signing-key/1", ready: false, error })}\n`;
}

/** A manifest that holds. `minimum`: the least number that its last entry must have. */
export function rotationJson(manifest: string, chain: RotationChain, minimum = 0): string {
  const keys = chain.keys.map(({ publicKey, from, to, revokedAt, suspectFrom }) => ({
    public_key: publicKey,
    from: from ?? null,
    to: to ?? null,
    suspect_from: suspectFrom ?? null,
    revoked_at: revokedAt ?? null,
  }));
  const { root, current, sequence } = chain;
  const ok = sequence >= minimum;
  const end = { root, current: current ?? null, compromised: current === undefined, sequence, minimum };
  return `${reportJson({ format: "agentk-rotation-check/1", manifest, ok, ...end, keys, fault: null })}\n`;
}

export function rotationText(manifest: string, chain: RotationChain, minimum = 0): string {
  const { sequence, current, keys } = chain;
  const verdict =
    sequence < minimum
      ? `holds, but ends at entry ${String(sequence)} where ${String(minimum)} is known: an older copy, or cut`
      : `holds from its root to entry ${String(sequence)}`;
  const end =
    current === undefined
      ? "its last key calls itself compromised: nobody may sign; a new root must be handed out"
      : `signs now: ${current}`;
  const shown = keys.map(({ publicKey, from, to, revokedAt, suspectFrom }) => {
    const window = `from ${from === undefined ? "ever" : moment(from)} until ${to === undefined ? "now" : moment(to)}`;
    const revoked =
      revokedAt === undefined ? "" : `; revoked ${moment(revokedAt)}, suspect from ${moment(suspectFrom ?? revokedAt)}`;
    return `  ${publicKey}  ${window}${revoked}\n`;
  });
  return `${visible(manifest)}: ${verdict}\n${shown.join("")}${end}\n`;
}

export function rotationFaultJson(manifest: string, fault: RotationFault): string {
  return `${reportJson({ format: "agentk-rotation-check/1", manifest, ok: false, fault })}\n`;
}

export function rotationFaultText(manifest: string, { code, path, problem }: RotationFault): string {
  const where = path === "" ? "it" : `\`${visible(path)}\``;
  return `${visible(manifest)}: does not hold: ${where} ${visible(problem)} (${code})\n`;
}

export function trustedSignersJson(manifest: string, signers: readonly (TrustedKey & ShownKey)[]): string {
  const keys = signers.map((signer) => ({
    public_key: signer.publicKey,
    fingerprint: signer.fingerprint,
    label: signer.label ?? null,
    not_before: orNull(signer.notBefore),
    not_after: orNull(signer.notAfter),
    suspect_from: orNull(signer.suspectFrom),
    revoked_at: orNull(signer.revokedAt),
  }));
  return `${reportJson({ format: "agentk-trusted-signers/1", manifest, ok: true, keys, faults: [] })}\n`;
}

export function trustedSignersText(manifest: string, signers: readonly (TrustedKey & ShownKey)[]): string {
  const shown = signers.map(({ publicKey, label, notBefore, notAfter, suspectFrom, revokedAt }) => {
    const times = [
      ["from", notBefore],
      ["until", notAfter],
      ["suspect from", suspectFrom],
      ["revoked", revokedAt],
    ] as const;
    const said = times.flatMap(([word, ms]) => (ms === undefined ? [] : [`${word} ${isoTime(ms)}`]));
    return `  ${[publicKey, ...(label === undefined ? [] : [visible(label)]), ...said].join("  ")}\n`;
  });
  return `${visible(manifest)}: valid, ${counted(signers.length)}\n${shown.join("")}`;
}

export function trustFaultsJson(manifest: string, faults: readonly PolicyFault[]): string {
  return `${reportJson({ format: "agentk-trusted-signers/1", manifest, ok: false, keys: [], faults })}\n`;
}

function counted(count: number): string {
  return `${String(count)} ${count === 1 ? "signer" : "signers"}`;
}

function orNull(ms: number | undefined): string | null {
  return ms === undefined ? null : isoTime(ms);
}

function moment(seconds: number): string {
  return isoTime(seconds * 1000);
}
