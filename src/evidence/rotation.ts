/** `agentk-rotation/1`: who signs after whom, from a root that is known by other means (docs/keys.md). */
import { canonicalJson } from "../base/canonical.js";
import { DOMAINS, type Digests } from "../base/digest.js";
import { MAX_KEY_NOTE_CHARS, MAX_ROTATION_BYTES, MAX_ROTATION_ENTRIES } from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import { integer, listOf, oneOf, optional, record, text, type ShapeType } from "../base/shape.js";
import { parseStrictJson } from "../base/strict-json.js";

export const ROTATION_FORMAT = "agentk-rotation/1";

const MAX_DEPTH = 4;
/** 9999-12-31T23:59:59Z: later moments have no RFC 3339 form. */
export const MAX_UNIX_SECONDS = 253_402_300_799;

const publicKey = text({ form: /^[0-9a-f]{64}$/ });
const hash = text({ form: /^[0-9a-f]{64}$/ });
const signature = text({ form: /^[0-9a-f]{128}$/ });
const unixSeconds = integer(0, MAX_UNIX_SECONDS);
/** No control, format or surrogate characters: it is shown to people. */
const reason = optional(text({ max: MAX_KEY_NOTE_CHARS, form: /^[^\p{C}\p{Zl}\p{Zp}]+$/u }));

const ROTATION = record({
  next_public_key: publicKey,
  previous_hash: hash,
  previous_public_key: publicKey,
  reason,
  rotated_at: unixSeconds,
  sequence: integer(1),
  signature_next: signature,
  signature_previous: signature,
});

const REVOCATION = record({
  previous_hash: hash,
  public_key: publicKey,
  reason,
  revoked_at: unixSeconds,
  sequence: integer(1),
  signature,
  signed_by: publicKey,
  suspect_from: unixSeconds,
});

const MANIFEST = record({
  format: oneOf([ROTATION_FORMAT]),
  revocations: listOf(REVOCATION, MAX_ROTATION_ENTRIES),
  root: publicKey,
  rotations: listOf(ROTATION, MAX_ROTATION_ENTRIES),
});

/** One key gives way to the next. `rotated_at` is in unix seconds, by the clock of whoever held the previous key. */
export type Rotation = ShapeType<typeof ROTATION>;
/** From `suspect_from` on a key may have been in other hands; from `revoked_at` on nothing it signs counts. */
export type Revocation = ShapeType<typeof REVOCATION>;
export type RotationManifest = ShapeType<typeof MANIFEST>;

export type UnsignedRotation = Omit<Rotation, "signature_previous" | "signature_next">;
export type UnsignedRevocation = Omit<Revocation, "signature">;

/** Entries of both lists are one chain, in the order of their numbers. */
export type RotationEntry =
  | { readonly kind: "rotation"; readonly entry: Rotation; readonly path: string }
  | { readonly kind: "revocation"; readonly entry: Revocation; readonly path: string };

/** What is wrong with a manifest: a closed list. */
export type RotationFaultCode =
  | "malformed"
  | "root-mismatch"
  | "weak-key"
  | "out-of-order"
  | "fork"
  | "gap"
  | "previous-hash"
  | "wrong-key"
  | "key-reused"
  | "time"
  | "signature"
  | "after-end";

export interface RotationFault {
  readonly code: RotationFaultCode;
  /** JSON pointer of the entry at fault, such as `/rotations/2`; empty for the manifest as a whole. */
  readonly path: string;
  /** A sentence's predicate. */
  readonly problem: string;
}

/**
 * Reads a manifest; that its chain holds is for rotation-chain.ts to say.
 * Attacker-controlled: every byte.
 */
export function parseRotation(source: string): Result<RotationManifest, RotationFault> {
  if (source.length > MAX_ROTATION_BYTES)
    return malformed("", `is longer than ${String(MAX_ROTATION_BYTES)} characters`);
  const read = parseStrictJson(source, MAX_DEPTH);
  if (!read.ok) return malformed("", "is not strict JSON");
  const fault = MANIFEST.check(read.value.value, "");
  if (fault !== undefined) return malformed(fault.path, fault.problem);
  const manifest = read.value.value as unknown as RotationManifest;
  const count = manifest.rotations.length + manifest.revocations.length;
  return count <= MAX_ROTATION_ENTRIES
    ? ok(manifest)
    : malformed("", `has more than ${String(MAX_ROTATION_ENTRIES)} entries`);
}

function malformed(path: string, problem: string): Result<RotationManifest, RotationFault> {
  return err({ code: "malformed", path, problem });
}

/** Both lists as one, by their numbers; entries of one number keep the order of the lists. */
export function entriesInOrder({ rotations, revocations }: RotationManifest): readonly RotationEntry[] {
  const all: readonly RotationEntry[] = [
    ...rotations.map((entry, i) => ({ kind: "rotation" as const, entry, path: `/rotations/${String(i)}` })),
    ...revocations.map((entry, i) => ({ kind: "revocation" as const, entry, path: `/revocations/${String(i)}` })),
  ];
  return all.toSorted((a, b) => a.entry.sequence - b.entry.sequence);
}

/** What the first entry names as its `previous_hash`. */
export function rootHash(digests: Digests, root: string): string {
  return digests.sha256Hex(`${DOMAINS.rotationRoot}${root}\n`);
}

/** What the entry after this one names: over all of it, signatures included. */
export function entryHash(digests: Digests, entry: Rotation | Revocation): string {
  return digests.sha256Hex(`${DOMAINS.rotationEntry}${canonicalJson({ ...entry })}`);
}

/** What both keys sign. One text for both: that the next key signs it proves that somebody has it. */
export function rotationStatement(claim: UnsignedRotation): string {
  const { sequence, previous_public_key, next_public_key, rotated_at, previous_hash, reason: why } = claim;
  const members = { sequence, previous_public_key, next_public_key, rotated_at, previous_hash };
  return `agentk/rotation/1\n${canonicalJson({ ...members, ...(why !== undefined && { reason: why }) })}\n`;
}

/** What the key that is current signs to revoke itself or one before it. */
export function revocationStatement(claim: UnsignedRevocation): string {
  const { sequence, public_key, revoked_at, suspect_from, previous_hash, signed_by, reason: why } = claim;
  const members = { sequence, public_key, revoked_at, suspect_from, previous_hash, signed_by };
  return `agentk/revocation/1\n${canonicalJson({ ...members, ...(why !== undefined && { reason: why }) })}\n`;
}
