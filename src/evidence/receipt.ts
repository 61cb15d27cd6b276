/**
 * Receipts: the authority of one call to begin, once. A receipt binds its call to the run, the agent, the syscall, the
 * target, the commitments to its values, the policy and the line of its decision, and through that line's `prev` to all
 * before it. Receipts of one group share a signature over the root of a tree of their digests (RFC 6962 section 2.1).
 */
import { canonicalJson } from "../base/canonical.js";
import { DOMAINS, type Digests } from "../base/digest.js";
import type { JsonObject } from "../base/json.js";
import type { ReceiptsValue, SyscallValue } from "../abi/event.js";
import { EMPTY_TREE, grown, leafHash, nodeHash, rootOf } from "./merkle.js";

/** What the line of a decision says of the call: commitments by their digests. */
export interface Intent {
  readonly agent: string;
  readonly arguments?: string;
  readonly call: string;
  readonly handle?: NonNullable<SyscallValue["handle"]>;
  /** Hash of the line. */
  readonly intent: string;
  readonly kind: string;
  readonly policy: string;
  readonly sent?: string;
  readonly server: string;
  readonly session: string;
  readonly subject?: string;
  readonly target: string;
}

/** What a receipt adds: for how long, and what makes it the only one. */
export interface Terms {
  /** The last line at which it may be used. */
  readonly expires_seq: number;
  /** Unix time in milliseconds. */
  readonly expires_ms: number;
  /** 16 bytes, hex. */
  readonly nonce: string;
  readonly run: string;
}

export interface SignedReceipt {
  readonly digest: string;
  readonly entry: ReceiptsValue["receipts"][number];
}

/** What the line of a decision binds its receipt to. */
export function intentOf(value: SyscallValue, hash: string): Intent {
  const { agent, call, kind, policy, server, session, target, handle } = value;
  return {
    agent,
    ...(value.arguments === undefined ? {} : { arguments: value.arguments.commitment }),
    call,
    ...(handle === undefined ? {} : { handle }),
    intent: hash,
    kind,
    policy,
    ...(value.sent === undefined ? {} : { sent: value.sent.commitment }),
    server,
    session,
    ...(value.subject === undefined ? {} : { subject: value.subject.commitment }),
    target,
  };
}

/** The receipt of a call on these terms, with its digest and as it stands in a `receipts` line. */
export function receiptOf(digests: Digests, intent: Intent, terms: Terms): SignedReceipt {
  const { nonce, expires_ms, expires_seq } = terms;
  const id = intent.handle === undefined ? undefined : handleId(digests, intent, terms);
  const body = receiptBody(intent, terms, id);
  const digest = digests.sha256Hex(DOMAINS.receipt + canonicalJson(body));
  const { call, session } = intent;
  const handle = id === undefined ? {} : { handle: id };
  return {
    digest,
    entry: { call, expires_ms, expires_seq, ...handle, id: `cap_${digest.slice(0, 16)}`, nonce, session },
  };
}

/** What a receipt binds. Its members stand in RFC 8785 order, in which they are written at once. */
function receiptBody(intent: Intent, terms: Terms, id: string | undefined): JsonObject {
  const { arguments: args, handle, sent, subject } = intent;
  return {
    agent: intent.agent,
    ...(args === undefined ? {} : { arguments: args }),
    call: intent.call,
    expires_ms: terms.expires_ms,
    expires_seq: terms.expires_seq,
    ...(handle === undefined || id === undefined ? {} : { handle: { ...handle, id } }),
    intent: intent.intent,
    kind: intent.kind,
    nonce: terms.nonce,
    policy: intent.policy,
    run: terms.run,
    ...(sent === undefined ? {} : { sent }),
    server: intent.server,
    session: intent.session,
    ...(subject === undefined ? {} : { subject }),
    target: intent.target,
  };
}

/** A handle is of one receipt: whoever has another one for the same secret has another id. */
function handleId(digests: Digests, { handle, call, target }: Intent, { nonce, run }: Terms): string {
  const body: JsonObject = { ...handle, call, nonce, run, target };
  return `secret_fd_${digests.sha256Hex(DOMAINS.handle + canonicalJson(body)).slice(0, 16)}`;
}

/** The root over the digests of a group, in the order of its line. */
export function groupRoot(digests: Digests, receipts: readonly string[]): string {
  const tree = receipts.reduce((grew, digest) => grown(digests, grew, leafHash(digests, digest)), EMPTY_TREE);
  return rootOf(digests, tree);
}

/** The path from each receipt of a group to its root (RFC 6962 section 2.1.1), level by level, the lowest first. */
export function groupPaths(digests: Digests, receipts: readonly string[]): readonly (readonly string[])[] {
  const paths: string[][] = receipts.map(() => []);
  let level = receipts.map((digest) => leafHash(digests, digest));
  for (let width = 1; level.length > 1; width *= 2) {
    for (const [index, path] of paths.entries()) {
      const sibling = level[Math.floor(index / width) ^ 1];
      // The last of an odd level has none: it goes up as it is.
      if (sibling !== undefined) path.push(sibling);
    }
    level = parentsOf(digests, level);
  }
  return paths;
}

function parentsOf(digests: Digests, level: readonly string[]): string[] {
  const parents: string[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [left = "", right] = [level[at], level[at + 1]];
    parents.push(right === undefined ? left : nodeHash(digests, left, right));
  }
  return parents;
}

/** The exact bytes signed, as text. */
export function receiptsStatement(run: string, root: string): string {
  return `${DOMAINS.receipts}${run}\n${root}\n`;
}
