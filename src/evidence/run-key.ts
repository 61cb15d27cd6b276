/** A run that goes on under the operator's next key: what the old key and the new one both sign. */
import { DOMAINS } from "../base/digest.js";

export interface KeyChange {
  readonly run: string;
  /** Number of the line that says so, and the hash of the line before it. */
  readonly seq: number;
  readonly prev: string;
  /** Ed25519 public keys, hex. */
  readonly previous: string;
  readonly next: string;
}

/** The exact bytes signed, as text. Whoever has only one of the keys cannot make the change. */
export function keyStatement({ run, seq, prev, previous, next }: KeyChange): string {
  return `${DOMAINS.key}${run}\n${String(seq)}\n${prev}\n${previous}\n${next}\n`;
}
