/** Reading a small file that must be ours alone. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { AgentkError } from "../base/errors.js";
import { assertOwned, systemCode, unsafe } from "./private-folder.js";

const ANY_ACCESS_BY_OTHERS = 0o077;
const CHUNK_BYTES = 64 * 1024;

/**
 * The bytes of a private file; undefined when there is none.
 * @throws AgentkError `unsafe-file` for a link, a pipe, another user's file, one that others can use, one that is longer
 * than `maxBytes`, and one that cannot be read.
 */
export function readPrivateFile(path: string, maxBytes: number): Buffer | undefined {
  const fd = openPrivate(path);
  if (fd === undefined) return undefined;
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw unsafe(path, "is not a file");
    assertOwned(path, stats);
    if ((stats.mode & ANY_ACCESS_BY_OTHERS) !== 0)
      throw unsafe(path, "can be used by others", { hint: `run \`chmod 600 ${path}\` if nobody else had access` });
    return readWhole(path, fd, maxBytes);
  } catch (error) {
    throw error instanceof AgentkError ? error : unreadable(path, error);
  } finally {
    closeSync(fd);
  }
}

function openPrivate(path: string): number | undefined {
  try {
    // O_NONBLOCK: a pipe put in its place must not hang us before fstat can refuse it.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    if (systemCode(error) === "ELOOP") throw unsafe(path, "is a symbolic link", { cause: error });
    throw unreadable(path, error);
  }
}

/** Reads to the end, whatever size the file had when it was opened. */
function readWhole(path: string, fd: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let bytes = 0; ;) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const read = readSync(fd, chunk, 0, chunk.length, null);
    if (read === 0) return Buffer.concat(chunks);
    bytes += read;
    if (bytes > maxBytes) throw unsafe(path, `is longer than ${String(maxBytes)} bytes`);
    chunks.push(chunk.subarray(0, read));
  }
}

function unreadable(path: string, cause: unknown): AgentkError {
  return unsafe(path, `cannot be read (${systemCode(cause) ?? "unknown"})`, { cause });
}
