/** Files that hold a secret: read only when nobody else could have read or put them there, written whole or not at all. */
import { closeSync, fchmodSync, fsyncSync, linkSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { nonce } from "./entropy.js";
import { createPrivateFile, writeWhole } from "./journal-file.js";
import { readPrivateFile } from "./private-file.js";
import {
  assertNotWritable,
  assertOwned,
  besides,
  PRIVATE_FILE_MODE,
  statIfThere,
  statOf,
  syncFolder,
  systemCode,
  unsafe,
} from "./private-folder.js";

/** Most that is read of a key file, in bytes: every form is shorter, and one that is longer is no key. */
const MAX_KEY_FILE_BYTES = 2048;

/**
 * Refuses a folder in which another user could put a file in the place of ours. Such a folder may belong to root,
 * who could do so anywhere.
 * @throws AgentkError `unsafe-file`.
 */
export function assertKeyFolder(path: string): void {
  const stats = statOf(path, `make it with \`mkdir -p -m 700 ${path}\``);
  if (!stats.isDirectory()) throw unsafe(path, "is not a folder, or a symbolic link to one");
  if (stats.uid !== 0) assertOwned(path, stats);
  assertNotWritable(path, stats);
}

/**
 * The text of a secret file (Latin-1), or undefined when there is no file.
 * @throws AgentkError `unsafe-file` when it is no file, another user's, open to others in any way, or too long for a key.
 */
export function readKeyFile(path: string): string | undefined {
  return readPrivateFile(path, MAX_KEY_FILE_BYTES)?.toString("latin1");
}

/**
 * Makes a file of this mode whatever the umask: a secret's unless another is given. False when the name is taken, by whatever it may be: what is there
 * is neither followed nor changed.
 * @throws AgentkError `unsafe-file` when it cannot be made.
 */
export function createKeyFile(path: string, text: string, mode = PRIVATE_FILE_MODE): boolean {
  return withWhole(path, { text, mode }, (whole) => {
    try {
      // link(2) fails when the name is taken: a key is there whole or not at all, and only one ever is.
      linkSync(whole, path);
      return true;
    } catch (error) {
      if (systemCode(error) === "EEXIST") return false;
      throw error;
    }
  });
}

/**
 * Puts a file in the place of what is there, at one stroke, so that the name never holds half a key.
 * @throws AgentkError `unsafe-file` when something other than a file stands there, or when it cannot be made.
 */
export function replaceKeyFile(path: string, text: string, mode = PRIVATE_FILE_MODE): void {
  if (statIfThere(path)?.isFile() === false)
    throw unsafe(path, "is not a file", { hint: "only a file is written over" });
  withWhole(path, { text, mode }, (whole) => {
    renameSync(whole, path);
  });
}

/** Writes the text in full beside `path`, hands that over to be given its real name, and makes the name durable. */
function withWhole<T>(
  path: string,
  { text, mode }: { readonly text: string; readonly mode: number },
  name: (whole: string) => T,
): T {
  const whole = besides(path, `agentk-key.${nonce(8)}`);
  let fd: number | undefined;
  try {
    fd = createPrivateFile(whole);
    writeWhole(fd, Buffer.from(text, "utf8"));
    if (mode !== PRIVATE_FILE_MODE) fchmodSync(fd, mode);
    fsyncSync(fd);
    const named = name(whole);
    syncFolder(dirname(path));
    return named;
  } catch (error) {
    throw unsafe(path, `cannot be made (${systemCode(error) ?? systemCode((error as Error).cause) ?? "unknown"})`, {
      cause: error,
    });
  } finally {
    if (fd !== undefined) closeSync(fd);
    rmSync(whole, { force: true });
  }
}
