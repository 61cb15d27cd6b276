/** How many witnesses that a reader trusts have cosigned a checkpoint. */
import type { Digests } from "../base/digest.js";
import type { VerifySignature } from "../base/signature.js";
import { isBy, verifyCosignature, type Cosignature, type WitnessKey } from "./cosignature.js";
import type { Note } from "./note.js";

export interface Quorum {
  /** One for each distinct key of a witness, in the order the reader names them; the latest when it signed more than once. */
  readonly cosigned: readonly Cosignature[];
  /** Names of trusted witnesses with a line in the note that does not hold: somebody made it up, or changed the note. */
  readonly forged: readonly string[];
}

export interface QuorumRequest {
  readonly note: Note;
  /** Those whose word counts. A line by anybody else is not looked at. */
  readonly witnesses: readonly WitnessKey[];
  /** The key that signs the log (hex): whoever writes a log is no witness of it, whatever the reader says. */
  readonly logKey?: string;
}

/**
 * Counts cosignatures. INVARIANT: one key counts once, whatever names it goes by: the signed text does not hold the
 * name, so a line can be given another one that the reader trusts for the same key.
 */
export function quorumOf(
  deps: { readonly digests: Digests; readonly verifySignature: VerifySignature },
  request: QuorumRequest,
): Quorum {
  const { note, witnesses, logKey } = request;
  const latest = new Map<string, Cosignature>();
  const forged = new Set<string>();
  for (const witness of witnesses) {
    if (witness.publicKey === logKey) continue;
    for (const line of note.signatures.filter((each) => isBy(deps.digests, witness, each))) {
      const signed = { checkpoint: note.text, signature: line.signature };
      const cosignature = verifyCosignature(deps.verifySignature, witness, signed);
      if (cosignature === undefined) forged.add(witness.name);
      else if (cosignature.time >= (latest.get(witness.publicKey)?.time ?? 0))
        latest.set(witness.publicKey, cosignature);
    }
  }
  return { cosigned: [...latest.values()], forged: [...forged] };
}

/**
 * Is the quorum met? A forged line spoils it: c2sp.org/signed-note has such a note refused as a whole.
 * What a witness says of the time is its own clock's; it is shown and not judged.
 */
export function isQuorum({ cosigned, forged }: Quorum, required: number): boolean {
  return forged.length === 0 && cosigned.length >= required;
}

/** What witnesses say of the log's last head. */
export interface WitnessReport {
  readonly required: number;
  readonly quorum: Quorum;
  readonly isMet: boolean;
  /** Why nothing was counted. */
  readonly because: string | undefined;
}
