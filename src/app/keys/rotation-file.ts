/** Rotation manifests in files: read and verified, or carried one entry further under a lock. */
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AgentkError } from "../../base/errors.js";
import { MAX_ROTATION_BYTES } from "../../base/limits.js";
import type { Result } from "../../base/result.js";
import { keyFault } from "../../evidence/ed25519.js";
import { verifyRotation, type RotationChain } from "../../evidence/rotation-chain.js";
import { parseRotation, type RotationFault, type RotationManifest } from "../../evidence/rotation.js";
import { emptyRotation, withRevocation, withRotation } from "../../evidence/rotation-write.js";
import { nodeDigests } from "../../host/digests.js";
import { lockFile } from "../../host/file-lock.js";
import { assertKeyFolder, replaceKeyFile } from "../../host/key-file.js";
import { statIfThere, unsafe } from "../../host/private-folder.js";
import { verifyEd25519 } from "../../host/signer.js";
import type { SigningKey } from "../../host/signing-key.js";
import { createFile } from "../../host/whole-file.js";
import { parseInstant } from "../../policy/match/time.js";
import { readTextFile } from "../text-file.js";

const DEPS = { digests: nodeDigests, verifySignature: verifyEd25519 };
/** A manifest is no secret: others verify by it. */
const MANIFEST_MODE = 0o644;

/** A manifest whose chain holds. */
export interface VerifiedRotation {
  readonly manifest: RotationManifest;
  readonly chain: RotationChain;
}

/**
 * Whether a manifest's chain holds from a root that came by another way.
 * @throws AgentkError `file-unreadable`, or `usage` for a root that is no key to trust.
 */
export function checkRotation(file: string, root: string): Result<VerifiedRotation, RotationFault> {
  const weak = keyFault(root);
  if (weak !== undefined) throw new AgentkError("usage", `the root \`${root.slice(0, 80)}\` ${weak}`);
  return verified(parseRotation(readTextFile(file, MAX_ROTATION_BYTES)), root);
}

/**
 * A manifest whose chain holds.
 * @throws AgentkError `rotation-invalid` when it does not; as above.
 */
export function readRotation(file: string, root: string): VerifiedRotation {
  return orThrow(file, checkRotation(file, root));
}

function verified(
  parsed: Result<RotationManifest, RotationFault>,
  root: string | undefined,
): Result<VerifiedRotation, RotationFault> {
  if (!parsed.ok) return parsed;
  const manifest = parsed.value;
  const chain = verifyRotation(manifest, { root: root ?? manifest.root }, DEPS);
  return chain.ok ? { ok: true, value: { manifest, chain: chain.value } } : chain;
}

function orThrow(file: string, result: Result<VerifiedRotation, RotationFault>): VerifiedRotation {
  if (result.ok) return result.value;
  const { code, path, problem } = result.error;
  throw invalid(file, `${path === "" ? "" : `\`${path}\` `}${problem} (${code})`);
}

function invalid(file: string, problem: string): AgentkError {
  return new AgentkError("rotation-invalid", `the manifest \`${file}\`: ${problem}`, {
    place: { file },
    hint: "nothing was written; compare it with a copy kept elsewhere",
  });
}

/** What is to be added; `at` is now, in unix seconds. */
export type RotationStep =
  | { readonly next: SigningKey; readonly at: number; readonly reason?: string }
  | { readonly revoke: string; readonly at: number; readonly suspectFrom: number; readonly reason?: string };

/**
 * Adds an entry that `current` signs. A manifest that is not there begins at `current` as its root.
 * @param before called when the new manifest is known to be good and before it is written: the place to keep the key
 * that it names, for a manifest whose next key is lost ends the chain.
 * @throws AgentkError `rotation-invalid` when the manifest does not hold, or does not end in `current`;
 * `unsafe-file` when it cannot be written safely, or another process is at it.
 */
export function extendRotation(
  file: string,
  current: SigningKey,
  step: RotationStep,
  before: () => void = () => undefined,
): VerifiedRotation {
  assertKeyFolder(dirname(file));
  // Refused now: when the next key is kept, it is too late.
  if (statIfThere(file)?.isFile() === false) throw unsafe(file, "is not a file");
  const lock = lockFile(file);
  try {
    const old = existsSync(file) ? parseRotation(readTextFile(file, MAX_ROTATION_BYTES)) : undefined;
    const known = orThrow(file, verified(old ?? { ok: true, value: emptyRotation(current.publicKeyHex) }, undefined));
    assertMayFollow(file, known.chain, { current, at: step.at });
    const manifest = added(known, current, step);
    // What was made is read as anybody would, before anything relies on it.
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    const made = orThrow(file, verified(parseRotation(text), undefined));
    before();
    if (old !== undefined) replaceKeyFile(file, text, MANIFEST_MODE);
    else if (!createFile(file, text, MANIFEST_MODE)) throw invalid(file, "appeared in the meantime");
    return made;
  } finally {
    lock.release();
  }
}

function assertMayFollow(
  file: string,
  chain: RotationChain,
  { current, at }: { readonly current: SigningKey; readonly at: number },
): void {
  if (chain.current === undefined) throw invalid(file, "its last key has revoked itself; begin a new one");
  if (chain.current !== current.publicKeyHex) throw invalid(file, "the key that is current in it is not the one given");
  if (at < chain.lastAt) throw invalid(file, "its last entry is later than this machine's clock");
}

function added({ manifest, chain }: VerifiedRotation, current: SigningKey, step: RotationStep): RotationManifest {
  const why = step.reason === undefined ? {} : { reason: step.reason };
  if ("next" in step) return withRotation(manifest, chain, { current, next: step.next, at: step.at, ...why });
  const { revoke: publicKey, at, suspectFrom } = step;
  return withRevocation(manifest, chain, { current, publicKey, at, suspectFrom, ...why });
}

/**
 * Refuses one file for two purposes, by whatever names: the later write would destroy the earlier one.
 * @throws AgentkError `usage`
 */
export function assertApart(paths: readonly string[]): void {
  if (new Set(paths.map(settled)).size === paths.length) return;
  throw new AgentkError("usage", "the current key, the next key and the manifest must be three files");
}

function settled(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  return existsSync(dirname(path)) ? join(realpathSync(dirname(path)), basename(path)) : path;
}

/** Unix seconds of `2026-11-01T00:00:00Z`; what is finer is cut off. @throws AgentkError `usage` */
export function parseMoment(text: string): number {
  const ms = text.endsWith("Z") ? parseInstant(text) : undefined;
  if (ms !== undefined && ms >= 0) return Math.floor(ms / 1000);
  throw new AgentkError("usage", `\`${text.slice(0, 64)}\` is no time`, { hint: "write `2026-11-01T00:00:00Z`" });
}
