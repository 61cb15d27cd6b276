/** Making receipts: which calls a group covers and on what terms, before it is signed. */
import type { Digests } from "../base/digest.js";
import type { Instant, ReceiptsValue } from "../abi/event.js";
import type { ReceiptClaim } from "../abi/request.js";
import {
  groupPaths,
  groupRoot,
  receiptOf,
  receiptsStatement,
  type Intent,
  type SignedReceipt,
} from "../evidence/receipt.js";
import type { Receipt } from "./gate.js";
import type { State } from "./state.js";

/** How long a receipt may be used, in lines of the log and in milliseconds: the act follows its line at once. */
export const RECEIPT_LINES = 1024;
export const RECEIPT_MS = 60_000;

export interface ReceiptDraft {
  readonly receipts: readonly (SignedReceipt & { readonly intent: Intent })[];
  readonly value: Omit<ReceiptsValue, "signature">;
  /** The public key that is to sign, in hex. */
  readonly key: string;
  /** What is to be signed. */
  readonly statement: string;
}

/** The draft that was made of these claims: it is made to be signed, and once more when it is recorded. */
const drafts = new WeakMap<readonly ReceiptClaim[], { state: State; at: Instant; draft: ReceiptDraft }>();

/**
 * The receipts of calls that may begin and have none yet.
 * @throws Error for any other call: nothing signs for what was not allowed, or twice for what was.
 */
export function draftReceipts(
  state: State,
  claims: readonly ReceiptClaim[],
  at: Instant,
  digests: Digests,
): ReceiptDraft {
  const known = drafts.get(claims);
  // States, claims and instants never change: the same ones give the same draft.
  if (known?.state === state && known.at === at) return known.draft;
  const draft = newDraft(state, claims, at, digests);
  drafts.set(claims, { state, at, draft });
  return draft;
}

function newDraft(state: State, claims: readonly ReceiptClaim[], at: Instant, digests: Digests): ReceiptDraft {
  const run = state.run?.run ?? "";
  const terms = { expires_ms: at.wall_ms + RECEIPT_MS, expires_seq: state.seq + RECEIPT_LINES, run };
  const receipts = claims.map(({ call, session, nonce }) => {
    const pending = state.sessions.get(session)?.calls.get(call);
    if (pending?.intent === undefined) throw new Error(`\`${call}\` is no call that waits for a receipt`);
    return { ...receiptOf(digests, pending.intent, { ...terms, nonce }), intent: pending.intent };
  });
  if (new Set(claims.map(({ call }) => call)).size !== claims.length) throw new Error("a call is claimed twice");
  const root = groupRoot(
    digests,
    receipts.map(({ digest }) => digest),
  );
  const value = { receipts: receipts.map(({ entry }) => entry), root };
  return { receipts, value, key: state.key ?? "", statement: receiptsStatement(run, root) };
}

/** The receipts of a group one by one, each with its path, by the call that it is for. */
export function receiptsIn(
  { receipts, value: { root }, key }: ReceiptDraft,
  signature: string,
  digests: Digests,
): ReadonlyMap<string, Receipt> {
  const paths = groupPaths(
    digests,
    receipts.map(({ digest }) => digest),
  );
  return new Map(
    receipts.map(({ entry, intent }, index) => {
      const path = { index, size: receipts.length, hashes: paths[index] ?? [] };
      return [entry.call, { entry, intent, path, root, key, signature }];
    }),
  );
}
