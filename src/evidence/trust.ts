/** Which keys a verifier believes, and when: pins, manifests and rotation chains in one answer. */
import { keyFault } from "./ed25519.js";
import type { RotationChain } from "./rotation-chain.js";

/** How a key stands at a moment. Only `trusted` is a yes. */
export type Standing = "trusted" | "unknown" | "not-yet-valid" | "expired" | "revoked" | "suspect";

/** What one source says of a key. Times are milliseconds since 1970; from their first moment on they hold. */
export interface TrustedKey {
  readonly publicKey: string;
  /** Whose it is, in the operator's words. */
  readonly label?: string;
  readonly notBefore?: number;
  /** The first moment that is too late. */
  readonly notAfter?: number;
  readonly revokedAt?: number;
  /** From here until `revokedAt` the key may have been in other hands. */
  readonly suspectFrom?: number;
}

/** The worst first: what a key is called when its sources differ. */
const BY_GRAVITY: readonly Standing[] = ["revoked", "suspect", "not-yet-valid", "expired", "trusted"];

export class TrustedKeys {
  private readonly statements = new Map<string, TrustedKey[]>();

  /** @throws RangeError for a key that nobody may trust: whoever reads keys refuses those with a place and a reason. */
  constructor(keys: Iterable<TrustedKey>) {
    for (const key of keys) {
      const fault = keyFault(key.publicKey);
      if (fault !== undefined) throw new RangeError(`the key \`${key.publicKey.slice(0, 64)}\` ${fault}`);
      const known = this.statements.get(key.publicKey);
      if (known === undefined) this.statements.set(key.publicKey, [key]);
      else known.push(key);
    }
  }

  /** How many different keys. */
  get size(): number {
    return this.statements.size;
  }

  /**
   * How a key stands at a moment of the wall clock, in milliseconds since 1970.
   * INVARIANT: every source must agree for a yes: a pin does not save a key that a manifest revokes.
   */
  judge(publicKeyHex: string, wallMs: number): Standing {
    const standings = (this.statements.get(publicKeyHex) ?? []).map((key) => standingOf(key, wallMs));
    return BY_GRAVITY.find((standing) => standings.includes(standing)) ?? "unknown";
  }

  /** The first label that a source gives the key. */
  labelOf(publicKeyHex: string): string | undefined {
    return this.statements.get(publicKeyHex)?.find(({ label }) => label !== undefined)?.label;
  }
}

/** INVARIANT: each comparison fails for a time that is no number. */
function standingOf(key: TrustedKey, wallMs: number): Standing {
  const { notBefore = -Infinity, notAfter = Infinity, revokedAt = Infinity, suspectFrom = revokedAt } = key;
  if (!(wallMs < revokedAt)) return "revoked";
  if (!(wallMs < suspectFrom)) return "suspect";
  if (!(wallMs >= notBefore)) return "not-yet-valid";
  return wallMs < notAfter ? "trusted" : "expired";
}

/** What a verified rotation chain says of its keys. */
export function keysOfChain({ keys }: RotationChain): readonly TrustedKey[] {
  return keys.map(({ publicKey, from, to, revokedAt, suspectFrom }) => ({
    publicKey,
    ...(from !== undefined && { notBefore: from * 1000 }),
    ...(to !== undefined && { notAfter: to * 1000 }),
    ...(revokedAt !== undefined && { revokedAt: revokedAt * 1000 }),
    ...(suspectFrom !== undefined && { suspectFrom: suspectFrom * 1000 }),
  }));
}
