/** Files that hold a secret: read only when nobody else could have read or put them there, written whole or not at all. */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { AgentkError } from "../base/errors.js";
import { nonce } from "./entropy.js";
import { createPrivateFile, writeWhole } from "./journal-file.js";
import {
  assertNotWritable,
  assertOwned,
  besides,
  PRIVATE_FILE_MODE,
  statOf,
  syncFolder,
  systemCode,
  unsafe,
} from "./private-folder.js";

/** Most that is read of a key file, in bytes: every form is shorter, and one that is longer is no key. */
export const MAX_KEY_FILE_BYTES = 2048;

const ANY_ACCESS_BY_OTHERS = 0o077;

/**
 * Refuses a folder in which another user could put a file in the place of ours. Such a folder may belong to root,
 * who could do so anywhere.
 * @throws AgentkError `unsafe-file`.
 */
export function assertKeyFolder(path: string): void {
  const stats = statOf(path);
  if (!stats.isDirectory()) throw unsafe(path, "is not a folder, or a symbolic link to one");
  if (stats.uid !== 0) assertOwned(path, stats);
  assertNotWritable(path, stats);
}

/**
 * The text of a secret file (Latin-1, cut at MAX_KEY_FILE_BYTES + 1), or undefined when there is no file.
 * @throws AgentkError `unsafe-file` when it is no file, another user's, or open to others in any way.
 */
export function readKeyFile(path: string): string | undefined {
  const fd = openKeyFile(path);
  if (fd === undefined) return undefined;
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw unsafe(path, "is not a file");
    assertOwned(path, stats);
    if ((stats.mode & ANY_ACCESS_BY_OTHERS) !== 0)
      throw unsafe(path, "can be used by others", { hint: `run \`chmod 600 ${path}\` if nobody else had access` });
    const bytes = Buffer.alloc(MAX_KEY_FILE_BYTES + 1);
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)).toString("latin1");
  } catch (error) {
    throw error instanceof AgentkError ? error : unreadable(path, error);
  } finally {
    closeSync(fd);
  }
}

function openKeyFile(path: string): number | undefined {
  try {
    // O_NONBLOCK: a pipe put in its place must not hang us before fstat can refuse it.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    if (systemCode(error) === "ELOOP") throw unsafe(path, "is a symbolic link", { cause: error });
    throw unreadable(path, error);
  }
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
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false)
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

function unreadable(path: string, cause: unknown): AgentkError {
  return unsafe(path, `cannot be read (${systemCode(cause) ?? "unknown"})`, { cause });
}
