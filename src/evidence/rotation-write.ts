/** Adds an entry to a rotation manifest. The signers are handed in: this room holds no secret. */
import type { RotationChain } from "./rotation-chain.js";
import {
  revocationStatement,
  ROTATION_FORMAT,
  rotationStatement,
  type RotationManifest,
  type UnsignedRevocation,
  type UnsignedRotation,
} from "./rotation.js";

/** What can sign: a public key, and the signature of its private half over a statement, in hex. */
export interface StatementSigner {
  readonly publicKeyHex: string;
  readonly sign: (statement: string) => string;
}

/** A manifest in which nothing has happened yet. */
export function emptyRotation(root: string): RotationManifest {
  return { format: ROTATION_FORMAT, root, rotations: [], revocations: [] };
}

/** With a rotation from the chain's current key, which `current` must be, to `next`, at `at` unix seconds. */
export function withRotation(
  manifest: RotationManifest,
  chain: RotationChain,
  { current, next, at, reason }: { current: StatementSigner; next: StatementSigner; at: number; reason?: string },
): RotationManifest {
  const claim: UnsignedRotation = {
    sequence: chain.sequence + 1,
    previous_public_key: current.publicKeyHex,
    next_public_key: next.publicKeyHex,
    rotated_at: at,
    ...(reason !== undefined && { reason }),
    previous_hash: chain.head,
  };
  const statement = rotationStatement(claim);
  const signatures = { signature_previous: current.sign(statement), signature_next: next.sign(statement) };
  return { ...manifest, rotations: [...manifest.rotations, { ...claim, ...signatures }] };
}

/** With a revocation of one of the chain's keys by its current one, both times in unix seconds. */
export function withRevocation(
  manifest: RotationManifest,
  chain: RotationChain,
  revocation: { current: StatementSigner; publicKey: string; at: number; suspectFrom: number; reason?: string },
): RotationManifest {
  const { current, publicKey, at, suspectFrom, reason } = revocation;
  const claim: UnsignedRevocation = {
    sequence: chain.sequence + 1,
    public_key: publicKey,
    revoked_at: at,
    suspect_from: suspectFrom,
    ...(reason !== undefined && { reason }),
    previous_hash: chain.head,
    signed_by: current.publicKeyHex,
  };
  const signature = current.sign(revocationStatement(claim));
  return { ...manifest, revocations: [...manifest.revocations, { ...claim, signature }] };
}
