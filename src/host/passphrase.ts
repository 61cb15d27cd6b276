/** The passphrase of a signing key, out of a private file. */
import { dirname, resolve } from "node:path";
import { AgentkError } from "../base/errors.js";
import { assertKeyFolder, readKeyFile } from "./key-file.js";
import { unsafe } from "./private-folder.js";

export const PASSPHRASE_FILE_VARIABLE = "AGENTK_SIGNING_KEY_PASSPHRASE_FILE";

/** A file that is longer holds something else. */
const MAX_PASSPHRASE_BYTES = 1024;

/**
 * The passphrase in the file that AGENTK_SIGNING_KEY_PASSPHRASE_FILE names, without its one newline at the end;
 * undefined when the variable is not set.
 * @throws AgentkError `unsafe-file`, or `passphrase-missing` when the file is not there or holds none.
 */
export function passphraseFromFile(env: NodeJS.ProcessEnv): string | undefined {
  const named = env[PASSPHRASE_FILE_VARIABLE];
  if (named === undefined) return undefined;
  const path = resolve(named);
  const text = named === "" ? undefined : readKeyFile(path);
  if (text === undefined) throw missing(`\`${PASSPHRASE_FILE_VARIABLE}\` names no file: \`${named}\``);
  assertKeyFolder(dirname(path));
  const passphrase = Buffer.from(text.replace(/\r?\n$/, ""), "latin1");
  if (passphrase.length === 0 || passphrase.length > MAX_PASSPHRASE_BYTES)
    throw unsafe(path, `must hold a passphrase of 1 to ${String(MAX_PASSPHRASE_BYTES)} bytes`);
  return passphrase.toString("utf8");
}

/** The error for a key that needs a passphrase where there is none. */
export function missing(problem: string): AgentkError {
  return new AgentkError("passphrase-missing", problem, {
    hint: `set \`${PASSPHRASE_FILE_VARIABLE}\` to a file of mode 0600 that holds the passphrase`,
  });
}
