/** New signing keys: for `keygen`, and for the next key of a rotation. */
import { dirname } from "node:path";
import { AgentkError } from "../../base/errors.js";
import { assertKeyFolder, replaceKeyFile } from "../../host/key-file.js";
import { missing, passphraseFromFile } from "../../host/passphrase.js";
import { statIfThere } from "../../host/private-folder.js";
import { newSigningKey, type SigningKey } from "../../host/signing-key.js";
import { createFile } from "../../host/whole-file.js";
import { nodeDigests } from "../../host/digests.js";
import { fingerprint } from "../../evidence/ed25519.js";

/** Below this a passphrase is found faster than the key is missed. */
const MIN_PASSPHRASE_CHARS = 8;

/** What is shown of a key. There is nothing secret in it. */
export interface KeyFacts {
  readonly publicKey: string;
  readonly fingerprint: string;
}

export function factsOf(publicKey: string): KeyFacts {
  return { publicKey, fingerprint: fingerprint(nodeDigests, publicKey) };
}

export interface NewKeyOptions {
  readonly path: string;
  /** May take the place of a file that is there. */
  readonly force: boolean;
  readonly passphrase?: string;
}

/** A key that is made and not yet kept. */
export interface PreparedKey {
  readonly key: SigningKey;
  /** Writes it, 0600 and whole. @throws AgentkError `file-exists`, `unsafe-file` */
  readonly keep: () => void;
}

/**
 * Makes a key for a file; all that can be refused before it is written is refused here.
 * @throws AgentkError `file-exists` when something has the name and `force` is not said; `unsafe-file` for a folder
 * that others can write to, or for something that is no file.
 */
export function prepareKey({ path, force, passphrase }: NewKeyOptions): PreparedKey {
  assertMayMake(path, force);
  const { key, text } = newSigningKey(passphrase);
  return {
    key: { ...key, path },
    keep: () => {
      if (force) replaceKeyFile(path, text);
      else if (!createFile(path, text)) throw exists(path);
    },
  };
}

/** As `prepareKey` refuses: to be asked before a human is. */
export function assertMayMake(path: string, force: boolean): void {
  assertKeyFolder(dirname(path));
  const found = statIfThere(path);
  if (found !== undefined && !force) throw exists(path);
}

/**
 * The passphrase for a new key: out of the file that the environment names, or typed twice.
 * @throws AgentkError `passphrase-missing`, `usage` when it is too short or the two differ.
 */
export function newPassphrase(env: NodeJS.ProcessEnv, ask: (question: string) => string | undefined): string {
  const passphrase = passphraseFromFile(env) ?? typedTwice(ask);
  if (passphrase === undefined) throw missing("there is no terminal to ask for a passphrase, or none was typed");
  if (passphrase.length < MIN_PASSPHRASE_CHARS)
    throw new AgentkError("usage", `a passphrase has at least ${String(MIN_PASSPHRASE_CHARS)} characters`);
  return passphrase;
}

function typedTwice(ask: (question: string) => string | undefined): string | undefined {
  const first = ask("Passphrase for the new key: ");
  if (first === undefined) return undefined;
  if (ask("Once more: ") === first) return first;
  throw new AgentkError("usage", "the two passphrases differ", { hint: "nothing was written; try again" });
}

function exists(path: string): AgentkError {
  return new AgentkError("file-exists", `\`${path}\` exists already`, {
    place: { file: path },
    hint: "choose another name; `--force` replaces it, and the key in it is gone for good",
  });
}
