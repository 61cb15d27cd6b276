/** The operator's payload key: made once, kept 0600, and wraps the key of every run's payload journal. */
import { closeSync, constants, existsSync, fstatSync, fsyncSync, linkSync, openSync, readSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { AgentkError } from "../base/errors.js";
import { dataFolder } from "./data-folder.js";
import { nonce } from "./entropy.js";
import { createPrivateFile, writeWhole } from "./journal-file.js";
import {
  assertOwned,
  assertPrivateFolder,
  besides,
  makePrivateFolder,
  syncFolder,
  systemCode,
  unsafe,
} from "./private-folder.js";

const FILE = "payload.key";
const KEY_BYTES = 32;
const KEY_FORM = /^[0-9a-f]{64}\n$/;
const ANY_ACCESS_BY_OTHERS = 0o077;

export interface OperatorKey {
  /** 32 bytes. */
  readonly key: Buffer;
  readonly created: boolean;
  readonly path: string;
}

/**
 * The operator's key, made when there is none. However many processes start at once, all get the same key.
 * @throws AgentkError `unsafe-file` when others could read or change it, or when it is no key; it is never replaced.
 */
export function loadOrCreateOperatorKey(env: NodeJS.ProcessEnv): OperatorKey {
  const path = join(dataFolder(env), FILE);
  makePrivateFolder(dirname(path));
  assertPrivateFolder(dirname(path));
  const found = readKey(path);
  if (found !== undefined) return { key: found, created: false, path };
  const created = createKey(path);
  // Read back in either case: what counts is what the next process will find.
  const key = readKey(path);
  if (key === undefined) throw unsafe(path, "vanished while it was made");
  return { key, created, path };
}

/**
 * The operator's key for a reader; undefined when there is none.
 * @throws AgentkError `unsafe-file`, as above.
 */
export function loadOperatorKey(env: NodeJS.ProcessEnv): Buffer | undefined {
  const path = join(dataFolder(env), FILE);
  if (!existsSync(dirname(path))) return undefined;
  assertPrivateFolder(dirname(path));
  return readKey(path);
}

/** False when another process was first. */
function createKey(path: string): boolean {
  const whole = besides(path, `${FILE}.${nonce(8)}`);
  const fd = createPrivateFile(whole);
  try {
    writeWhole(fd, Buffer.from(`${nonce(KEY_BYTES)}\n`, "latin1"));
    fsyncSync(fd);
    // link(2) fails when the name is taken: a key is there whole or not at all, and only one ever is.
    linkSync(whole, path);
    syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw unsafe(path, `cannot be made (${systemCode(error) ?? "unknown"})`, { cause: error });
  } finally {
    closeSync(fd);
    rmSync(whole, { force: true });
  }
}

/** The key in a file, or undefined when there is no file. */
function readKey(path: string): Buffer | undefined {
  const fd = openKey(path);
  if (fd === undefined) return undefined;
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw unsafe(path, "is not a file");
    assertOwned(path, stats);
    if ((stats.mode & ANY_ACCESS_BY_OTHERS) !== 0)
      throw unsafe(path, "can be used by others", { hint: `run \`chmod 600 ${path}\` if nobody else had access` });
    const bytes = Buffer.alloc(2 * KEY_BYTES + 2);
    const text = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)).toString("latin1");
    // Never replaced: the payloads of earlier runs may still need what is left of it.
    if (!KEY_FORM.test(text)) throw unsafe(path, "does not hold a key");
    return Buffer.from(text.slice(0, -1), "hex");
  } catch (error) {
    throw error instanceof AgentkError ? error : unreadable(path, error);
  } finally {
    closeSync(fd);
  }
}

function openKey(path: string): number | undefined {
  try {
    // O_NONBLOCK: a pipe put in its place must not hang us before fstat can refuse it.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    if (systemCode(error) === "ELOOP") throw unsafe(path, "is a symbolic link", { cause: error });
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): AgentkError {
  return unsafe(path, `cannot be read (${systemCode(cause) ?? "unknown"})`, { cause });
}
