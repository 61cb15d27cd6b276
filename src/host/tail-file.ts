/** A new private file made of a line and the end of another file, which appears whole or not at all. */
import { closeSync, existsSync, fsyncSync, linkSync, readSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { nonce } from "./entropy.js";
import { createPrivateFile, writeWhole } from "./journal-file.js";
import { failure, openSource, taken, unreadable } from "./made-file.js";
import { besides, syncFolder } from "./private-folder.js";

const CHUNK_BYTES = 1024 * 1024;

export interface Tail {
  readonly file: string;
  /** Bytes from the file's beginning. */
  readonly from: number;
  readonly to: number;
}

/**
 * Writes `line`, a newline and the bytes of the tail, 0600. `check` is given the name of what was written, which is on the
 * disk by then; only when it returns does the file get its own name. The other file is read and nothing else.
 * @throws AgentkError `file-exists`, `unsafe-file`, `file-unreadable`, and what `check` throws.
 */
export function writeWithTail(path: string, line: string, tail: Tail, check: (written: string) => void): void {
  if (existsSync(path)) throw taken(path);
  const whole = besides(path, `agentk-tail.${nonce(8)}`);
  try {
    const fd = createPrivateFile(whole);
    try {
      writeWhole(fd, Buffer.from(`${line}\n`, "utf8"));
      copy(tail, fd);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    check(whole);
    // link(2) fails when the name is taken, by whatever it may be.
    linkSync(whole, path);
    rmSync(whole);
    syncFolder(dirname(path));
  } catch (error) {
    throw failure(path, error);
  } finally {
    rmSync(whole, { force: true });
  }
}

function copy({ file, from, to }: Tail, into: number): void {
  const fd = openSource(file);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = from; at < to;) {
      const read = readSync(fd, chunk, 0, Math.min(to - at, chunk.length), at);
      if (read === 0) throw unreadable(file, "it became shorter");
      writeWhole(into, chunk.subarray(0, read));
      at += read;
    }
  } finally {
    closeSync(fd);
  }
}
