/** Which keys a command believes: pins of the command line, a manifest of signers, a chain of rotations. */
import { AgentkError } from "../../base/errors.js";
import { MAX_TRUST_BYTES } from "../../base/limits.js";
import { keyFault } from "../../evidence/ed25519.js";
import { keysOfChain, TrustedKeys, type TrustedKey } from "../../evidence/trust.js";
import { parseTrustedSigners } from "../../policy/trusted-signers.js";
import type { PolicyFault } from "../../policy/fault.js";
import { readRotation } from "./rotation-file.js";
import { trustedKey } from "./trusted-key.js";
import { readTextFile } from "../text-file.js";

/** A manifest of signers that is not one: every fault found. The command that meets it fails a check (exit status 2). */
export class TrustInvalid extends AgentkError {
  readonly faults: readonly PolicyFault[];

  constructor(file: string, faults: readonly PolicyFault[]) {
    const [first] = faults;
    const place = first === undefined ? { file } : { file, line: first.line, column: first.column };
    const hint = first?.hint ?? "see `agentk trusted-signers-check`";
    super("trust-invalid", first?.problem ?? "is no manifest of signers", { place, hint });
    this.faults = faults;
  }
}

/**
 * The signers of a TOML manifest.
 * @throws TrustInvalid; AgentkError `file-unreadable`
 */
export function readTrustFile(file: string): readonly TrustedKey[] {
  const parsed = parseTrustedSigners(readTextFile(file, MAX_TRUST_BYTES), keyFault);
  if (!parsed.ok) throw new TrustInvalid(file, parsed.error);
  return parsed.value;
}

export interface TrustSources {
  /** Public keys, hex. */
  readonly pins: readonly string[];
  /** A TOML manifest of signers. */
  readonly manifest?: string;
  /** A rotation manifest, and the root that it must begin at. */
  readonly rotation?: { readonly file: string; readonly root: string };
}

/**
 * All of them together; undefined when no source is named at all, so that nothing is pinned.
 * @throws TrustInvalid; AgentkError `usage`, `file-unreadable`, `rotation-invalid`
 */
export function loadTrust({ pins, manifest, rotation }: TrustSources): TrustedKeys | undefined {
  if (pins.length === 0 && manifest === undefined && rotation === undefined) return undefined;
  return new TrustedKeys([
    ...pins.map((pin) => ({ publicKey: trustedKey(pin) })),
    ...(manifest === undefined ? [] : readTrustFile(manifest)),
    ...(rotation === undefined ? [] : keysOfChain(readRotation(rotation.file, rotation.root).chain)),
  ]);
}
