/** Files that hold a secret: read only when nobody else could have read or put them there. */
import { readPrivateFile } from "./private-file.js";
import { assertNotWritable, assertOwned, PRIVATE_FILE_MODE, statIfThere, statOf, unsafe } from "./private-folder.js";
import { replaceFile } from "./whole-file.js";

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
 * Puts a file in the place of what is there, at one stroke, so that the name never holds half a key.
 * @throws AgentkError `unsafe-file` when something other than a file stands there, or when it cannot be written.
 */
export function replaceKeyFile(path: string, text: string, mode = PRIVATE_FILE_MODE): void {
  if (statIfThere(path)?.isFile() === false)
    throw unsafe(path, "is not a file", { hint: "only a file is written over" });
  replaceFile(path, text, mode);
}
