/** The operator's payload key: made once, kept 0600, and wraps the key of every run's payload journal. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { DATA_FOLDER_HINT, dataFolder } from "./data-folder.js";
import { nonce } from "./entropy.js";
import { readKeyFile } from "./key-file.js";
import { createFile } from "./whole-file.js";
import { assertPrivateFolder, makePrivateFolder, unsafe } from "./private-folder.js";

const FILE = "payload.key";
const KEY_BYTES = 32;
const KEY_FORM = /^[0-9a-f]{64}\n$/;

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
  makePrivateFolder(dirname(path), DATA_FOLDER_HINT);
  assertPrivateFolder(dirname(path));
  const found = readKey(path);
  if (found !== undefined) return { key: found, created: false, path };
  const created = createFile(path, `${nonce(KEY_BYTES)}\n`);
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

/** The key in a file, or undefined when there is no file. */
function readKey(path: string): Buffer | undefined {
  const text = readKeyFile(path);
  if (text === undefined) return undefined;
  // Never replaced: the payloads of earlier runs may still need what is left of it.
  if (!KEY_FORM.test(text)) throw unsafe(path, "does not hold a key");
  return Buffer.from(text.slice(0, -1), "hex");
}
