/** What the shell has signed: receipts, heads of the log, its end, and a change of the key. Each as the input to record. */
import type { Digests } from "../base/digest.js";
import type { Instant } from "../abi/event.js";
import type { Input, ReceiptClaim } from "../abi/request.js";
import { keyStatement } from "../evidence/run-key.js";
import { draftCheckpoint } from "./checkpoint.js";
import type { Receipt } from "./gate.js";
import { draftReceipts, receiptsIn } from "./receipts.js";
import type { State } from "./state.js";

export type Sign = (statement: string) => string;

/** A key that signs: Ed25519, the public half in hex. */
export interface Signer {
  readonly publicKeyHex: string;
  readonly sign: Sign;
}

type InputOf<T extends Input["type"]> = Extract<Input, { readonly type: T }>;

/** INVARIANT: nothing is recorded between the state that is signed and the input that is made of it. */
export class Signing {
  private readonly digests: Digests;
  private sign: Sign;
  /** How many lines the log had after its last checkpoint. */
  private checkpointed = 0;

  constructor(digests: Digests, sign: Sign) {
    this.digests = digests;
    this.sign = sign;
  }

  /** @throws when it cannot sign, or for a call that waits for no receipt. */
  receipts(
    state: State,
    claims: readonly ReceiptClaim[],
    at: Instant,
  ): { readonly input: InputOf<"receipts">; readonly receipts: ReadonlyMap<string, Receipt> } {
    const draft = draftReceipts(state, claims, at, this.digests);
    const signature = this.sign(draft.statement);
    return { input: { type: "receipts", at, claims, signature }, receipts: receiptsIn(draft, signature, this.digests) };
  }

  /** Whether so many lines stand after the last checkpoint that there is to be one. */
  isDue({ seq, run }: State): boolean {
    return seq - this.checkpointed >= (run?.checkpoints?.lines ?? Infinity);
  }

  /** The head of the log as it stands; undefined when it is signed already. @throws when it cannot sign. */
  head(state: State, at: Instant): InputOf<"checkpoint"> | undefined {
    if (state.run === undefined || state.closed || state.seq === this.checkpointed) return undefined;
    const signature = this.sign(draftCheckpoint(state, this.digests).statement);
    this.checkpointed = state.seq + 1;
    return { type: "checkpoint", at, signature };
  }

  /** From here on the next key signs, and both say so. Undefined when it is the one that signs already. */
  change({ run, key, seq, head }: State, next: Signer, at: Instant): InputOf<"key"> | undefined {
    if (run === undefined || key === undefined || next.publicKeyHex === key) return undefined;
    const statement = keyStatement({ run: run.run, seq, prev: head, previous: key, next: next.publicKeyHex });
    const both = { signature_next: next.sign(statement), signature_previous: this.sign(statement) };
    this.sign = next.sign;
    return { type: "key", at, key: { public_key: next.publicKeyHex, ...both } };
  }

  /** @throws when it cannot sign. */
  statement(text: string): string {
    return this.sign(text);
  }
}
