/** The log file of a run: made anew, only ever appended to, by one writer. */
import { closeSync, constants, existsSync, fchmodSync, fdatasync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { AgentkError } from "../base/errors.js";
import { lockFile, type FileLock } from "./file-lock.js";
import { makePrivateFolder, PRIVATE_FILE_MODE, syncFolder, systemCode } from "./private-folder.js";

/** write(2): how many bytes it took. */
export type WriteSync = (fd: number, bytes: Uint8Array, offset: number, length: number) => number;

/** The two system calls of the hot path, so that tests can make them fail. */
export interface JournalFs {
  readonly writeSync: WriteSync;
  readonly fdatasync: (fd: number, done: (error: Error | null) => void) => void;
}

export interface JournalFile {
  readonly path: string;
  /**
   * Writes lines (without newlines in them), in order. Returns once they are with the operating system; with
   * `durable`, a promise that settles after an fdatasync that started after the write.
   * @throws AgentkError `recorder-failed` when a line cannot be written, and from then on always; a sync that
   * fails rejects the promise with it instead.
   */
  readonly append: (lines: readonly string[], durable: boolean) => Promise<void> | undefined;
  /** Syncs and closes, once. Rejects when this or anything before it failed: the log may not be whole. */
  readonly close: () => Promise<void>;
}

const NODE_FS: JournalFs = { writeSync, fdatasync };

/**
 * Creates the log of a new run, 0600, its folder 0700 when it is missing.
 * @throws AgentkError `file-exists`: the log of another run is never overwritten or continued.
 */
export function createJournalFile(path: string, fs: JournalFs = NODE_FS): JournalFile {
  makePrivateFolder(dirname(path));
  if (existsSync(path)) throw exists(path);
  const lock = lockFile(path);
  try {
    return openJournal(path, createPrivateFile(path), { fs, lock });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * A file opened for appending that did not exist before: 0600 whatever the umask, no link followed, its name durable.
 * @throws AgentkError `file-exists`, or `recorder-failed` when it cannot be made.
 */
export function createPrivateFile(path: string): number {
  const { O_CREAT, O_EXCL, O_WRONLY, O_APPEND, O_NOFOLLOW } = constants;
  let fd: number | undefined;
  try {
    fd = openSync(path, O_CREAT | O_EXCL | O_WRONLY | O_APPEND | O_NOFOLLOW, PRIVATE_FILE_MODE);
    fchmodSync(fd, PRIVATE_FILE_MODE);
    syncFolder(dirname(path));
    return fd;
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    if (systemCode(error) === "EEXIST") throw exists(path);
    throw failure("create", path, error);
  }
}

/** Writes all of `bytes`: a write may take less than it was given (write(2)), and what is left over follows. */
export function writeWhole(fd: number, bytes: Buffer, write: WriteSync = writeSync): void {
  for (let done = 0; done < bytes.length;) {
    const written = write(fd, bytes, done, bytes.length - done);
    if (written === 0) throw new Error("nothing was written");
    done += written;
  }
}

/** A journal over a file that is open for appending and locked; it closes and releases both. */
export function openJournal(path: string, fd: number, parts: { fs?: JournalFs; lock: FileLock }): JournalFile {
  const journal = new Journal(path, fd, parts.fs ?? NODE_FS);
  let closing: Promise<void> | undefined;
  return {
    path,
    append: (lines, durable) => journal.append(lines, durable),
    close: () => {
      closing ??= journal.close().finally(parts.lock.release);
      return closing;
    },
  };
}

/** Everything that waits for one and the same sync. */
interface Batch {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: AgentkError) => void;
}

class Journal {
  private readonly path: string;
  private readonly fd: number;
  private readonly fs: JournalFs;
  /** Set once and for good: after a failed sync nobody can tell what is on the disk (fsync(2) reports it only once). */
  private failed: AgentkError | undefined;
  private isClosed = false;
  private isSyncing = false;
  /** Written, and waiting for the next sync to start. */
  private next: Batch | undefined;

  constructor(path: string, fd: number, fs: JournalFs) {
    this.path = path;
    this.fd = fd;
    this.fs = fs;
  }

  append(lines: readonly string[], durable: boolean): Promise<void> | undefined {
    if (this.failed !== undefined) throw this.failed;
    if (this.isClosed) throw new AgentkError("recorder-failed", `\`${this.path}\` is closed`);
    if (lines.length > 0) this.write(Buffer.from(`${lines.join("\n")}\n`, "utf8"));
    return durable ? this.sync() : undefined;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    try {
      await this.sync();
    } finally {
      closeSync(this.fd);
    }
    if (this.failed !== undefined) throw this.failed;
  }

  private write(bytes: Buffer): void {
    try {
      writeWhole(this.fd, bytes, this.fs.writeSync);
    } catch (error) {
      this.failed = failure("write", this.path, error);
      throw this.failed;
    }
  }

  /** Joins the next sync. Group commit without a timer: whatever is written while one runs shares the one after it. */
  private sync(): Promise<void> {
    if (this.next !== undefined) return this.next.promise;
    this.next = createBatch();
    // Deferred to the end of this turn, so that appends in one turn share a sync.
    queueMicrotask(this.startSync);
    return this.next.promise;
  }

  private readonly startSync = (): void => {
    const batch = this.next;
    if (batch === undefined || this.isSyncing) return;
    this.next = undefined;
    this.isSyncing = true;
    this.fs.fdatasync(this.fd, (error) => {
      this.isSyncing = false;
      if (error !== null) this.failed ??= failure("sync", this.path, error);
      if (error === null) batch.resolve();
      else batch.reject(failure("sync", this.path, error));
      this.afterSync(error !== null);
    });
  };

  private afterSync(hasFailed: boolean): void {
    if (!hasFailed) {
      this.startSync();
      return;
    }
    this.next?.reject(this.failed ?? failure("sync", this.path, undefined));
    this.next = undefined;
  }
}

function createBatch(): Batch {
  let resolve: () => void = () => undefined;
  let reject: (error: AgentkError) => void = () => undefined;
  const promise = new Promise<void>((onDone, onFail) => {
    resolve = onDone;
    reject = onFail;
  });
  return { promise, resolve, reject };
}

function exists(path: string): AgentkError {
  return new AgentkError("file-exists", `\`${path}\` exists already`, {
    place: { file: path },
    hint: "choose another name, or move the file away",
  });
}

function failure(verb: string, path: string, cause: unknown): AgentkError {
  const why = systemCode(cause) ?? (cause instanceof Error ? cause.message : "unknown");
  return new AgentkError("recorder-failed", `cannot ${verb} \`${path}\` (${why})`, { place: { file: path }, cause });
}
