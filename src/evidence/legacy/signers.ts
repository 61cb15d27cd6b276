/** Who signed a log of the Rust AgentK: keys by fingerprint, and the one key that everybody has. */
import type { Digests } from "../../base/digest.js";

/** The public half of the key that it signs with when none is configured: its seed, 32 times 0x41, is published. */
export const DEVELOPMENT_KEY = "db995fe25169d141cab9bbba92baa01f9f2e1ece7df4cb2ac05190f37fcc1f9d";

/** Signers listed. Attacker-controlled: a forged log may use a new key on every line. */
const MAX_SIGNERS = 100;

export interface LegacySigner {
  /** `sha256:` and SHA-256 of the raw key. */
  readonly fingerprint: string;
  /** The same key as the Rust AgentK's own reports show it. */
  readonly legacyFingerprint: string;
  readonly isDevelopmentKey: boolean;
  /** `undefined` when no trusted key was named. */
  readonly isTrusted: boolean | undefined;
  /** Valid signatures. */
  readonly receipts: number;
  readonly handles: number;
}

interface Count {
  receipts: number;
  handles: number;
}

export class Signers {
  /** Valid signatures by keys past the bound. */
  others = 0;
  developmentSignatures = 0;
  private readonly counts = new Map<string, Count>();
  private readonly digests: Digests;
  private readonly trusted: ReadonlySet<string> | undefined;

  constructor(digests: Digests, trusted: ReadonlySet<string> | undefined) {
    this.digests = digests;
    this.trusted = trusted;
  }

  /** True unless trusted keys were named and this is none of them. */
  mayBeTrusted(publicKey: string): boolean {
    return this.trusted?.has(publicKey) ?? true;
  }

  /** Counts a valid signature. */
  add(publicKey: string, what: keyof Count): void {
    if (publicKey === DEVELOPMENT_KEY) this.developmentSignatures++;
    const known = this.counts.get(publicKey);
    if (known !== undefined) known[what]++;
    else if (this.counts.size < MAX_SIGNERS) this.counts.set(publicKey, { receipts: 0, handles: 0, [what]: 1 });
    else this.others++;
  }

  list(): readonly LegacySigner[] {
    return [...this.counts].map(([key, { receipts, handles }]) => ({
      fingerprint: `sha256:${this.digests.sha256Hex(hexBytes(key))}`,
      legacyFingerprint: `public_key_sha256:${this.digests.sha256Hex(JSON.stringify(key))}`,
      isDevelopmentKey: key === DEVELOPMENT_KEY,
      isTrusted: this.trusted?.has(key),
      receipts,
      handles,
    }));
  }
}

/** INVARIANT: `hex` is lower-case hex of whole bytes; the shape of a line has checked it. */
function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
