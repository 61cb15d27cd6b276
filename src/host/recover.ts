/** Taking up a log whose writer died: the torn last line is set aside, and the log can be appended to again. */
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { AgentkError } from "../base/errors.js";
import { lockFile } from "./file-lock.js";
import { createPrivateFile, openJournal, writeWhole, type JournalFile } from "./journal-file.js";
import { syncFolder, systemCode, unsafe } from "./private-folder.js";

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
/** More set-aside tails of one log than any crash loop a person would not notice. */
const MAX_TORN_FILES = 100;

export interface TornTail {
  readonly tornBytes: number;
  readonly tornSha256: string;
  /** The file it was moved to. */
  readonly path: string;
}

/**
 * Moves the bytes after the last newline to `<path>.torn` (or `.torn.2` and so on) and cuts them off the log.
 * Undefined when there are none. The log is changed only after the copy is on the disk.
 * @throws AgentkError `unsafe-file` when another process is writing the log or it is no plain file.
 */
export function splitTornTail(path: string): TornTail | undefined {
  const lock = lockFile(path);
  try {
    const fd = openLog(path, constants.O_RDWR);
    try {
      return split(path, fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw error instanceof AgentkError ? error : failure(path, error);
  } finally {
    lock.release();
  }
}

/**
 * Opens a log for appending what recovery has to say.
 * @throws AgentkError `unsafe-file` as above, and when its last line is torn.
 */
export function reopenJournalFile(path: string): JournalFile {
  const lock = lockFile(path);
  try {
    const fd = openLog(path, constants.O_RDWR | constants.O_APPEND);
    const { size } = fstatSync(fd);
    if (lineEnd(fd, size) === size) return openJournal(path, fd, { lock });
    closeSync(fd);
    throw unsafe(path, "ends in a torn line");
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openLog(path: string, flags: number): number {
  let fd: number;
  try {
    fd = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw unsafe(path, `cannot be opened (${systemCode(error) ?? "unknown"})`, { cause: error });
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw unsafe(path, "is not a file");
}

function split(path: string, fd: number): TornTail | undefined {
  const { size } = fstatSync(fd);
  const end = lineEnd(fd, size);
  if (end === size) return undefined;
  const torn = createTornFile(path);
  const digest = createHash("sha256");
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    for (let at = end; at < size;) {
      const read = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, size - at), at);
      if (read === 0) throw new Error("the log became shorter");
      digest.update(chunk.subarray(0, read));
      writeWhole(torn.fd, chunk.subarray(0, read));
      at += read;
    }
    fsyncSync(torn.fd);
  } catch (error) {
    // Half a copy would pass for what was torn; the log still has it whole.
    rmSync(torn.path, { force: true });
    throw error;
  } finally {
    closeSync(torn.fd);
  }
  syncFolder(dirname(path));
  ftruncateSync(fd, end);
  fsyncSync(fd);
  return { tornBytes: size - end, tornSha256: digest.digest("hex"), path: torn.path };
}

/** The offset just after the last newline, 0 when there is none. Reads from the end. */
function lineEnd(fd: number, size: number): number {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let stop = size; stop > 0;) {
    const start = Math.max(0, stop - CHUNK_BYTES);
    const read = readSync(fd, chunk, 0, stop - start, start);
    const found = chunk.subarray(0, read).lastIndexOf(NEWLINE);
    if (found !== -1) return start + found + 1;
    stop = start;
  }
  return 0;
}

function createTornFile(path: string): { fd: number; path: string } {
  for (let number = 1; number <= MAX_TORN_FILES; number++) {
    const torn = number === 1 ? `${path}.torn` : `${path}.torn.${String(number)}`;
    try {
      return { fd: createPrivateFile(torn), path: torn };
    } catch (error) {
      if (!(error instanceof AgentkError) || error.code !== "file-exists") throw error;
    }
  }
  throw unsafe(path, "was torn and recovered too often", { hint: "move its `.torn` files away" });
}

function failure(path: string, cause: unknown): AgentkError {
  const why = systemCode(cause) ?? String(cause);
  return new AgentkError("recorder-failed", `cannot recover \`${path}\` (${why})`, { place: { file: path }, cause });
}
