/** Reading a log line by line, in memory that does not grow with the log. */
import { closeSync, existsSync, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { AgentkError } from "../base/errors.js";
import { createLineSplitter } from "./line-splitter.js";

const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

export interface ReadLinesOptions {
  /** Longer lines are reported to `onLongLine` and not kept. */
  readonly maxLineBytes: number;
  /** The 0-based number of a line that is too long. It counts as a line. */
  readonly onLongLine?: (index: number) => void;
  /** Reads no further than so many bytes: what a run that is still going appends meanwhile is left out. */
  readonly upTo?: number;
  /** Bytes read so far, and the file's size when it was opened (0 for a pipe). Called once a chunk. */
  readonly onProgress?: (bytes: number, total: number) => void;
}

export interface ReadSummary {
  /** Whole lines seen, too long ones included. */
  readonly lines: number;
  /** Bytes read, the torn tail included. */
  readonly bytes: number;
  /** Bytes after the last newline: a line that was being written when its writer died. */
  readonly tornBytes: number;
  /** Those bytes themselves, when there are some and no more than `maxLineBytes`. */
  readonly torn: Buffer | undefined;
  /** False when `onLine` stopped the reading. */
  readonly isComplete: boolean;
}

/**
 * Hands each complete line to `onLine`, without its newline and otherwise untouched (whether it is UTF-8 is the
 * caller's to check), with its 0-based number. The bytes are valid only during the call. `false` stops the reading.
 * @throws AgentkError `file-unreadable`.
 */
export function readLines(
  path: string,
  onLine: (bytes: Buffer, index: number) => boolean | undefined,
  options: ReadLinesOptions,
): ReadSummary {
  const fd = openForReading(path);
  try {
    return new Reading(onLine, options).run(fd);
  } catch (error) {
    throw isSystemError(error) ? unreadable(path, error) : error;
  } finally {
    closeSync(fd);
  }
}

/** False for a folder, a pipe or a device, and for what cannot be examined: reading it says what is wrong with it. */
export function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The log that a name leads to, `latest.jsonl` above all: what belongs to a log lies beside the file itself. A pipe has no
 * other name.
 */
export function settledLog(named: string): string {
  return isRegularFile(named) ? realpathSync(named) : named;
}

/**
 * Refuses a log that can be read only once where it is read again.
 * @throws AgentkError `file-unreadable`; what is not there at all is told by the reading that follows.
 */
export function assertRereadable(path: string): void {
  if (isRegularFile(path) || !existsSync(path)) return;
  throw new AgentkError("file-unreadable", `cannot read \`${path}\` (it is not a file)`, {
    place: { file: path },
    hint: "a log is read more than once here: write what the pipe brings to a file",
  });
}

class Reading {
  private lines = 0;
  private bytes = 0;
  private tornBytes = 0;
  private torn: Buffer | undefined;
  private isStopped = false;
  private readonly options: ReadLinesOptions;
  private readonly onLine: (bytes: Buffer, index: number) => boolean | undefined;

  constructor(onLine: (bytes: Buffer, index: number) => boolean | undefined, options: ReadLinesOptions) {
    this.onLine = onLine;
    this.options = options;
  }

  run(fd: number): ReadSummary {
    const splitter = createLineSplitter({
      maxBytes: this.options.maxLineBytes,
      returns: "keep",
      onLine: (line) => {
        this.line(line);
      },
      onOversize: () => {
        this.longLine();
      },
      onRest: (rest) => {
        this.torn = rest;
      },
    });
    const total = fstatSync(fd).size;
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { upTo = Infinity } = this.options;
    while (!this.isStopped) {
      const read = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, upTo - this.bytes), null);
      if (read === 0) break;
      this.count(chunk.subarray(0, read));
      splitter.push(chunk.subarray(0, read));
      this.options.onProgress?.(this.bytes, total);
    }
    if (!this.isStopped) splitter.end();
    // A tail too long to keep was counted as a line when it passed the bound, but it has no newline.
    const isTailLong = !this.isStopped && this.tornBytes > 0 && this.torn === undefined;
    const lines = isTailLong ? this.lines - 1 : this.lines;
    const { bytes, tornBytes, torn, isStopped } = this;
    return { lines, bytes, tornBytes, torn, isComplete: !isStopped };
  }

  private count(bytes: Buffer): void {
    this.bytes += bytes.length;
    const last = bytes.lastIndexOf(NEWLINE);
    this.tornBytes = last === -1 ? this.tornBytes + bytes.length : bytes.length - last - 1;
  }

  private line(bytes: Buffer): void {
    if (this.isStopped) return;
    if (this.onLine(bytes, this.lines++) === false) this.isStopped = true;
  }

  private longLine(): void {
    if (this.isStopped) return;
    this.options.onLongLine?.(this.lines++);
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): AgentkError {
  const code = isSystemError(cause) ? cause.code : "unknown";
  const hint = code === "ENOENT" ? { hint: "a run's log is in `.agentk/runs` of the folder that it was begun in" } : {};
  return new AgentkError("file-unreadable", `cannot read \`${path}\` (${code})`, {
    ...hint,
    place: { file: path },
    cause,
  });
}

/** True for what a system call failed with, such as ENOENT. */
function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}
