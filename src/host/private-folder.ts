/** Folders and files that are ours alone, and the system calls that make them so. */
import { chmodSync, closeSync, fsyncSync, lstatSync, mkdirSync, openSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { AgentkError } from "../base/errors.js";

export const PRIVATE_FOLDER_MODE = 0o700;
export const PRIVATE_FILE_MODE = 0o600;
const WRITABLE_BY_OTHERS = 0o022;

/** The system's word for a failure, such as `EEXIST`; undefined for what no system call reported. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/**
 * Makes a folder and what is missing above it, each 0700 whatever the umask. Folders that exist are left as they are.
 * @throws AgentkError `unsafe-file` when it cannot be made, with the hint.
 */
export function makePrivateFolder(path: string, hint?: string): void {
  try {
    const whole = resolve(path);
    const first = mkdirSync(whole, { recursive: true, mode: PRIVATE_FOLDER_MODE });
    if (first === undefined) return;
    for (let made = whole; made.length >= first.length; made = dirname(made)) {
      chmodSync(made, PRIVATE_FOLDER_MODE);
      syncFolder(dirname(made));
    }
  } catch (error) {
    const more = hint === undefined ? {} : { hint };
    throw unsafe(path, `cannot be made (${systemCode(error) ?? "unknown"})`, { ...more, cause: error });
  }
}

/**
 * Refuses a folder in which somebody else could replace our files.
 * @throws AgentkError `unsafe-file`.
 */
export function assertPrivateFolder(path: string): void {
  const stats = statOf(path);
  if (stats.isSymbolicLink()) throw unsafe(path, "is a symbolic link");
  if (!stats.isDirectory()) throw unsafe(path, "is not a folder");
  assertOwned(path, stats);
  assertNotWritable(path, stats);
}

/** @throws AgentkError `unsafe-file` when group or others may write, the sticky bit or not. */
export function assertNotWritable(path: string, stats: Stats): void {
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0)
    throw unsafe(path, "is writable by others", { hint: `run \`chmod go-w ${path}\` if its content is trusted` });
}

/** @throws AgentkError `unsafe-file` when the owner is another user. */
export function assertOwned(path: string, stats: Stats): void {
  if (process.geteuid !== undefined && stats.uid !== process.geteuid()) throw unsafe(path, "belongs to another user");
}

/** Makes the names in a folder durable: a new file is lost in a power cut until its folder is on the disk too. */
export function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** An `unsafe-file` error for a path. */
export function unsafe(path: string, problem: string, more: { hint?: string; cause?: unknown } = {}): AgentkError {
  return new AgentkError("unsafe-file", `\`${path}\` ${problem}`, { ...more, place: { file: path } });
}

/** A name beside `path` for a file that is written in full before it gets its real name. */
export function besides(path: string, suffix: string): string {
  return join(dirname(path), `.${suffix}.tmp`);
}

/** What a name stands for, a link not followed. @throws AgentkError `unsafe-file` when it cannot be told. */
export function statOf(path: string, ifAbsent?: string): Stats {
  try {
    return lstatSync(path);
  } catch (error) {
    throw unexamined(path, error, ifAbsent);
  }
}

/** As `statOf`; undefined when nothing has the name. */
export function statIfThere(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unexamined(path, error);
  }
}

function unexamined(path: string, cause: unknown, ifAbsent?: string): AgentkError {
  const code = systemCode(cause) ?? "unknown";
  const hint = code === "ENOENT" && ifAbsent !== undefined ? { hint: ifAbsent } : {};
  return unsafe(path, `cannot be examined (${code})`, { ...hint, cause });
}
