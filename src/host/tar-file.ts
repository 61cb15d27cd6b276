/** Writing a ustar archive (POSIX.1-1988, as in pax of POSIX.1-2017): the same entries give the same bytes. */
import { closeSync, existsSync, fsyncSync, linkSync, readSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { nonce } from "./entropy.js";
import { createPrivateFile, writeWhole } from "./journal-file.js";
import { failure, openSource, taken, unreadable } from "./made-file.js";
import { besides, syncFolder } from "./private-folder.js";

const BLOCK_BYTES = 512;
const CHUNK_BYTES = 1024 * 1024;
/** Eleven octal digits: what a ustar header has room for. */
const MAX_NUMBER = 8 ** 11 - 1;
const MAX_NAME_BYTES = 100;

/** A regular file of the archive. */
export interface TarEntry {
  /** ASCII, at most 100 bytes, slashes between folders. */
  readonly name: string;
  /** Bytes that `write` puts, exactly. */
  readonly size: number;
  readonly write: (put: (bytes: Buffer) => void) => void;
}

export function textEntry(name: string, text: string): TarEntry {
  const bytes = Buffer.from(text, "utf8");
  const write: TarEntry["write"] = (put) => {
    put(bytes);
  };
  return { name, size: bytes.length, write };
}

/** The first `size` bytes of a file as an entry, copied in chunks. @throws AgentkError `file-unreadable`, on writing. */
export function fileEntry(name: string, path: string, size: number): TarEntry {
  const write: TarEntry["write"] = (put) => {
    const fd = openSource(path);
    try {
      copyFrom(fd, { path, size, put });
    } finally {
      closeSync(fd);
    }
  };
  return { name, size, write };
}

/**
 * Writes the archive, 0600, under another name first, so that the name holds a whole archive or none. Entries belong to
 * user and group 0, are 0644 and have the time given, in seconds since 1970 (what does not fit becomes the nearest).
 * @throws AgentkError `file-exists`, `unsafe-file`; RangeError for a name or a size that ustar cannot hold.
 */
export function writeTarFile(path: string, time: number, entries: readonly TarEntry[]): void {
  if (existsSync(path)) throw taken(path);
  const whole = besides(path, `agentk-tar.${nonce(8)}`);
  let fd: number | undefined;
  try {
    fd = createPrivateFile(whole);
    for (const entry of entries) writeEntry(fd, entry, time);
    writeWhole(fd, Buffer.alloc(2 * BLOCK_BYTES));
    fsyncSync(fd);
    // link(2) fails when the name is taken, by whatever it may be.
    linkSync(whole, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw failure(path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
    rmSync(whole, { force: true });
  }
}

function writeEntry(fd: number, entry: TarEntry, time: number): void {
  writeWhole(fd, headerOf(entry, time));
  let written = 0;
  entry.write((bytes) => {
    written += bytes.length;
    if (written <= entry.size) writeWhole(fd, bytes);
  });
  if (written !== entry.size)
    throw new RangeError(`${entry.name}: ${String(written)} bytes, not ${String(entry.size)}`);
  writeWhole(fd, Buffer.alloc((BLOCK_BYTES - (entry.size % BLOCK_BYTES)) % BLOCK_BYTES));
}

function headerOf({ name, size }: TarEntry, time: number): Buffer {
  if (!/^[\x21-\x7e]+$/.test(name) || name.length > MAX_NAME_BYTES) throw new RangeError(`${name} is no ustar name`);
  if (size > MAX_NUMBER) throw new RangeError(`${name}: a ustar archive holds files of ${String(MAX_NUMBER)} bytes`);
  const header = Buffer.alloc(BLOCK_BYTES);
  const put = (at: number, text: string): void => void header.write(text, at, "latin1");
  const octal = (at: number, digits: number, value: number): void => {
    put(at, value.toString(8).padStart(digits, "0"));
  };
  put(0, name);
  octal(100, 7, 0o644);
  octal(108, 7, 0);
  octal(116, 7, 0);
  octal(124, 11, size);
  octal(136, 11, Math.min(Math.max(Math.floor(time), 0), MAX_NUMBER));
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\u000000");
  octal(329, 7, 0);
  octal(337, 7, 0);
  // The sum of all bytes, its own field taken as spaces.
  octal(
    148,
    6,
    header.reduce((sum, byte) => sum + byte, 0),
  );
  put(154, "\0 ");
  return header;
}

function copyFrom(fd: number, { path, size, put }: { path: string; size: number; put: (bytes: Buffer) => void }): void {
  const chunk = Buffer.allocUnsafe(Math.min(size, CHUNK_BYTES));
  for (let left = size; left > 0;) {
    const read = readSync(fd, chunk, 0, Math.min(left, chunk.length), null);
    if (read === 0) throw unreadable(path, "it became shorter");
    put(chunk.subarray(0, read));
    left -= read;
  }
}
