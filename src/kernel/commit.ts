/**
 * Commitments: what the log keeps of a value. commitment = SHA-256(domain || salt || canonical text), with
 * salt = HMAC-SHA-256(run secret, domain || seq || slot). Without the secret, trying every four-digit PIN finds
 * nothing; whoever is given one salt and one value can check that value and no other.
 */
import { utf8Length } from "../base/bytes.js";
import type { Digests } from "../base/digest.js";
import type { Commit, Payload, PayloadRecord, PayloadSlot } from "../abi/payload.js";
import { commitmentOf } from "../evidence/commitment.js";
import { isSigned, type State } from "./state.js";

/** Collects the payloads that one event commits to. */
export class Committer {
  readonly records: PayloadRecord[] = [];
  private readonly digests: Digests;
  private readonly secret: string | undefined;
  private readonly seq: number;
  private readonly byMember: boolean;

  /** For the line `seq` of the run, with its secret. */
  constructor(digests: Digests, state: Parameters<typeof isSigned>[0] & Pick<State, "secret">, seq: number) {
    this.digests = digests;
    this.secret = state.secret;
    this.seq = seq;
    this.byMember = isSigned(state);
  }

  /** @throws Error when an open payload comes in a run that has no secret: a bug in the caller. */
  commit(slot: PayloadSlot, payload: Payload): Commit {
    if (payload.kind === "sealed") return { bytes: payload.bytes, commitment: payload.commitment };
    if (this.secret === undefined) throw new Error("an open payload needs the run's secret");
    const { digests, secret, seq, byMember } = this;
    const commitment = commitmentOf(digests, { secret, seq, slot, canonical: payload.canonical, byMember });
    this.records.push({ seq: this.seq, slot, canonical: payload.canonical });
    return { bytes: utf8Length(payload.canonical), commitment };
  }
}
