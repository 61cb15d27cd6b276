/**
 * The gate before every act: a receipt is checked against what is about to be done and used up, or nothing is done. It
 * trusts no earlier check: what a receipt must bind is worked out anew from the request itself.
 */
import type { Digests } from "../base/digest.js";
import type { ReceiptFault } from "../abi/decision.js";
import type { ReceiptsValue } from "../abi/event.js";
import { openPayload, type SyscallRequest } from "../abi/request.js";
import { isSyscallName } from "../abi/syscalls.js";
import { leafHash, verifyInclusion } from "../evidence/merkle.js";
import { receiptOf, receiptsStatement, type Intent } from "../evidence/receipt.js";
import { Committer } from "./commit.js";
import type { State } from "./state.js";
import { handleOf, subjectPayload } from "./subject.js";
import { SYSCALLS } from "./table.js";

/** A receipt on its own: with the path from it to what is signed. */
export interface Receipt {
  readonly intent: Intent;
  readonly entry: ReceiptsValue["receipts"][number];
  readonly path: { readonly index: number; readonly size: number; readonly hashes: readonly string[] };
  readonly root: string;
  /** The public key, in hex, that was in force when it was made. */
  readonly key: string;
  readonly signature: string;
}

/** What is about to be done. */
export interface Effect {
  readonly call: string;
  readonly request: SyscallRequest;
  /** The arguments that are passed on in place of the request's. */
  readonly sent: string | undefined;
}

export interface GateParts {
  readonly digests: Digests;
  readonly verify: (publicKeyHex: string, statement: string, signatureHex: string) => boolean;
}

/** INVARIANT: for one nonce, `redeem` says once, and never again, that the act may be done. */
export class Gate {
  private readonly parts: GateParts;
  /** Nonces used, and the last line at which their receipts are good. Lines, unlike clocks, never go back. */
  private readonly used = new Map<string, number>();
  /** The last root whose signature was found good: a group is checked once. */
  private known = "";

  constructor(parts: GateParts) {
    this.parts = parts;
  }

  /**
   * Checks a signature before its receipts are redeemed, while their line is on its way to the disk. Says nothing: what
   * was not found good is checked again when it is redeemed, and refused.
   */
  expect(receipt: Receipt, state: State): void {
    this.isSigned(receipt, state);
  }

  /** Undefined when the act may be done, now and with this receipt; the receipt is then used up. `wall_ms`: Unix time. */
  redeem(receipt: Receipt | undefined, effect: Effect, state: State, wall_ms: number): ReceiptFault | undefined {
    if (receipt === undefined) return "receipt-missing";
    const { entry } = receipt;
    if (!this.binds(receipt, effect, state)) return "receipt-altered";
    if (!this.isSigned(receipt, state)) return "receipt-signature";
    if (wall_ms > entry.expires_ms || state.seq > entry.expires_seq) return "receipt-expired";
    if (this.used.has(entry.nonce)) return "receipt-replayed";
    this.forget(state.seq);
    this.used.set(entry.nonce, entry.expires_seq);
    return undefined;
  }

  /** Whether the receipt is, to the digest, that of this effect, and stands under its root. */
  private binds({ intent, entry, path, root }: Receipt, effect: Effect, state: State): boolean {
    const { digests } = this.parts;
    const due = effectOf(effect, intent, state, digests);
    if (due === undefined || entry.call !== effect.call) return false;
    const { nonce, expires_ms, expires_seq } = entry;
    const { digest } = receiptOf(digests, due, { nonce, expires_ms, expires_seq, run: state.run?.run ?? "" });
    if (entry.id !== `cap_${digest.slice(0, 16)}`) return false;
    const { index, size, hashes } = path;
    return verifyInclusion(digests, { leaf: leafHash(digests, digest), index, size, path: hashes, root });
  }

  /** By a key of this run: the next one may have come into force since the receipt was made. */
  private isSigned({ root, key, signature }: Receipt, { run, key: current, formerKeys }: State): boolean {
    if (run === undefined || (key !== current && !formerKeys.includes(key))) return false;
    const statement = receiptsStatement(run.run, root);
    const known = key + statement + signature;
    if (known === this.known) return true;
    if (!this.parts.verify(key, statement, signature)) return false;
    this.known = known;
    return true;
  }

  private forget(seq: number): void {
    for (const [nonce, expires_seq] of this.used) {
      if (expires_seq >= seq) return;
      this.used.delete(nonce);
    }
  }
}

/**
 * What a receipt of this effect would bind: all of it from the request, but for the line of the decision and the policy
 * in force, which only the log knows.
 */
function effectOf(
  { call, request, sent }: Effect,
  { intent, policy }: Intent,
  state: State,
  digests: Digests,
): Intent | undefined {
  const { kind, subject, agent, server, session } = request;
  const handle = handleOf(request);
  if (!isSyscallName(kind)) return undefined;
  const row = SYSCALLS[kind];
  const committer = new Committer(digests, state, Number(call.slice(1)));
  const args = request.arguments && committer.commit("arguments", request.arguments).commitment;
  const whole = row.isRedacted ? committer.commit("subject", subjectPayload(subject)).commitment : undefined;
  const changed = sent === undefined ? undefined : committer.commit("sent", openPayload(sent)).commitment;
  return {
    ...{ agent, call, intent, kind, policy, server, session },
    ...(args === undefined ? {} : { arguments: args }),
    ...(handle === undefined ? {} : { handle }),
    ...(changed === undefined ? {} : { sent: changed }),
    ...(whole === undefined ? {} : { subject: whole }),
    target: row.shown(row.target(subject, server)),
  };
}
