/** Follows a rotation manifest from its pinned root to the key that signs now. */
import type { Digests } from "../base/digest.js";
import { err, ok, type Result } from "../base/result.js";
import { keyFault } from "./ed25519.js";
import type { VerifySignature } from "../base/signature.js";
import {
  entriesInOrder,
  entryHash,
  revocationStatement,
  rootHash,
  rotationStatement,
  type Revocation,
  type Rotation,
  type RotationEntry,
  type RotationFault,
  type RotationFaultCode,
  type RotationManifest,
} from "./rotation.js";

/** When a key was the one that signs, in unix seconds: `from` is in, `to` is out; without one, always. */
export interface KeyWindow {
  readonly publicKey: string;
  readonly from?: number;
  readonly to?: number;
  readonly revokedAt?: number;
  readonly suspectFrom?: number;
}

/** What a manifest says that holds. */
export interface RotationChain {
  readonly root: string;
  /** The key that signs now; undefined when the last one has revoked itself: then only a new root can go on. */
  readonly current: string | undefined;
  /** The root first. */
  readonly keys: readonly KeyWindow[];
  /** Number of the last entry, 0 without one. A copy with a lower number is an older one, or a cut one. */
  readonly sequence: number;
  /** What the next entry must name as its `previous_hash`. */
  readonly head: string;
  /** Unix seconds of the last entry. */
  readonly lastAt: number;
}

export interface RotationDeps {
  readonly digests: Digests;
  readonly verifySignature: VerifySignature;
}

/**
 * The chain from `root`, which must have come by another way than the manifest.
 * Attacker-controlled: all of the manifest. INVARIANT: an entry counts only when the key that was current before it
 * signed it, so what a stranger writes counts only if he has such a key.
 */
export function verifyRotation(
  manifest: RotationManifest,
  { root }: { readonly root: string },
  deps: RotationDeps,
): Result<RotationChain, RotationFault> {
  if (manifest.root !== root) return err(fault("root-mismatch", "/root", "is not the root that is pinned"));
  const weak = keyFault(root);
  if (weak !== undefined) return err(fault("weak-key", "/root", weak));
  const misplaced = orderFault(manifest);
  if (misplaced !== undefined) return err(misplaced);
  const follower = new Follower(root, deps);
  for (const entry of entriesInOrder(manifest)) {
    const found = follower.follow(entry);
    if (found !== undefined) return err(found);
  }
  return ok(follower.chain());
}

function fault(code: RotationFaultCode, path: string, problem: string): RotationFault {
  return { code, path, problem };
}

/** Each number from 1 on stands once, and each list is in order. */
function orderFault(manifest: RotationManifest): RotationFault | undefined {
  for (const list of ["rotations", "revocations"] as const) {
    const numbers = manifest[list].map(({ sequence }) => sequence);
    const at = numbers.findIndex((number, i) => number < (numbers[i - 1] ?? 0));
    if (at >= 0) return fault("out-of-order", `/${list}/${String(at)}`, "stands after an entry with a higher number");
  }
  let due = 1;
  for (const { entry, path } of entriesInOrder(manifest)) {
    const number = String(entry.sequence);
    if (entry.sequence < due) return fault("fork", path, `has number ${number}, which another entry has too`);
    if (entry.sequence > due) return fault("gap", path, `has number ${number} where ${String(due)} is due`);
    due++;
  }
  return undefined;
}

class Follower {
  private readonly deps: RotationDeps;
  private readonly root: string;
  /** Insertion order is the order of the chain. */
  private readonly keys = new Map<string, KeyWindow>();
  private current: string;
  private isEnded = false;
  private head: string;
  private sequence = 0;
  private lastAt = 0;

  constructor(root: string, deps: RotationDeps) {
    this.deps = deps;
    this.root = root;
    this.current = root;
    this.head = rootHash(deps.digests, root);
    this.keys.set(root, { publicKey: root });
  }

  follow({ kind, entry, path }: RotationEntry): RotationFault | undefined {
    const at = kind === "rotation" ? entry.rotated_at : entry.revoked_at;
    const found = this.linkFault(entry, at) ?? (kind === "rotation" ? this.rotate(entry) : this.revoke(entry));
    if (found !== undefined) return fault(found[0], path, found[1]);
    this.head = entryHash(this.deps.digests, entry);
    this.sequence = entry.sequence;
    this.lastAt = at;
    return undefined;
  }

  chain(): RotationChain {
    const { root, head, sequence, lastAt } = this;
    const current = this.isEnded ? undefined : this.current;
    return { root, current, keys: [...this.keys.values()], sequence, head, lastAt };
  }

  private linkFault(entry: Rotation | Revocation, at: number): Problem | undefined {
    if (this.isEnded) return ["after-end", "follows the revocation of the current key, which ends the chain"];
    if (entry.previous_hash !== this.head) return ["previous-hash", "does not name the entry before it"];
    if (at < this.lastAt) return ["time", "is earlier than the entry before it"];
    return undefined;
  }

  private rotate(entry: Rotation): Problem | undefined {
    const { previous_public_key: previous, next_public_key: next, rotated_at: at } = entry;
    if (previous !== this.current) return ["wrong-key", "does not begin at the key that was current"];
    const weak = keyFault(next);
    if (weak !== undefined) return ["weak-key", `has a next key that ${weak}`];
    // A key that came back would have two windows, and a thief of it a way back in.
    if (this.keys.has(next)) return ["key-reused", "goes to a key that was used before"];
    const statement = rotationStatement(entry);
    if (!this.deps.verifySignature(previous, statement, entry.signature_previous))
      return ["signature", "is not signed by the previous key"];
    if (!this.deps.verifySignature(next, statement, entry.signature_next))
      return ["signature", "is not signed by the next key: nobody has shown to have it"];
    this.change(previous, { to: at });
    this.keys.set(next, { publicKey: next, from: at });
    this.current = next;
    return undefined;
  }

  private revoke(entry: Revocation): Problem | undefined {
    const { public_key: key, signed_by: by, revoked_at: revokedAt, suspect_from: suspectFrom } = entry;
    if (by !== this.current) return ["wrong-key", "is not by the key that was current"];
    const known = this.keys.get(key);
    if (known === undefined) return ["wrong-key", "revokes a key that is not of this chain"];
    if (known.revokedAt !== undefined) return ["key-reused", "revokes a key that was revoked before"];
    if (suspectFrom > revokedAt) return ["time", "begins to suspect the key after it is revoked"];
    if (!this.deps.verifySignature(by, revocationStatement(entry), entry.signature))
      return ["signature", "is not signed by the current key"];
    this.change(key, { revokedAt, suspectFrom });
    // INVARIANT: a key that calls itself compromised names no successor, for whoever stole it could do so too.
    this.isEnded = key === this.current;
    return undefined;
  }

  private change(publicKey: string, more: Partial<KeyWindow>): void {
    this.keys.set(publicKey, { ...(this.keys.get(publicKey) ?? { publicKey }), ...more });
  }
}

type Problem = readonly [code: RotationFaultCode, problem: string];
