/**
 * A lock file beside a log: two writers never share a file. Node has no flock(2), so the lock names its holder,
 * and the lock of a holder that is gone may be broken. It binds agentk's own processes on one machine (and in
 * one process namespace), nobody else.
 */
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { AgentkError } from "../base/errors.js";
import { nonce } from "./entropy.js";
import { PRIVATE_FILE_MODE, systemCode, unsafe } from "./private-folder.js";

/** Holder's process id, the time that process started (`-` where it cannot be known), and a nonce of this lock. */
const LOCK_FORM = /^(?<pid>[1-9]\d{0,9}) (?<start>\d{1,20}|-) (?<nonce>[0-9a-f]{16})\n$/;

/** More than any lock holds: what is longer is none of ours. */
const MOST_BYTES = 128;

export interface FileLock {
  readonly release: () => void;
}

/**
 * Locks `path` by making `<path>.lock`.
 * @throws AgentkError `unsafe-file` when another process holds it, or when the lock file is none of ours.
 */
export function lockFile(path: string): FileLock {
  const lock = `${path}.lock`;
  const mark = nonce(8);
  const text = `${String(process.pid)} ${startTimeOf(process.pid) ?? "-"} ${mark}\n`;
  const whole = `${lock}.${mark}`;
  // Written under another name and linked: a lock is there with its text or not at all.
  try {
    writeFileSync(whole, text, { flag: "wx", mode: PRIVATE_FILE_MODE });
  } catch (error) {
    // A full disk takes the name and not the text.
    rmSync(whole, { force: true });
    throw cannotLock(lock, error);
  }
  try {
    if (!mayLink(whole, lock) && !(mayBreak(lock) && mayLink(whole, lock))) throw held(lock);
  } finally {
    rmSync(whole, { force: true });
  }
  return {
    release: () => {
      if (isOurs(lock, text)) rmSync(lock, { force: true });
    },
  };
}

/** False for what somebody has put in the lock's place: it is left alone, and no reason to fail what was done. */
function isOurs(lock: string, text: string): boolean {
  try {
    return textOf(lock) === text;
  } catch {
    return false;
  }
}

/** Removes a lock whose holder is gone. True when the name is free now. */
function mayBreak(lock: string): boolean {
  const stale = textOf(lock);
  if (stale === undefined) return true;
  const found = LOCK_FORM.exec(stale)?.groups;
  if (found === undefined) throw notOurs(lock);
  if (isRunning(Number(found["pid"]), found["start"] ?? "-")) return false;
  // INVARIANT: a lock that bears a nonce is removed by its holder or by whoever made the mark of that nonce, and it
  // is read again under the mark; so of two that find it stale, none can remove the new lock of the other.
  const mark = `${lock}.${found["nonce"] ?? ""}.broken`;
  if (!mayLink(lock, mark)) return false;
  try {
    const isSame = textOf(lock) === stale;
    if (isSame) rmSync(lock);
    return isSame;
  } finally {
    rmSync(mark, { force: true });
  }
}

/** False when `to` exists (or `from` has gone in the meantime). */
function mayLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST" || code === "ENOENT") return false;
    throw cannotLock(to, error);
  }
}

/** What a lock file says, as far as one can say it; undefined when there is none. @throws AgentkError `unsafe-file` */
function textOf(lock: string): string | undefined {
  let fd: number;
  try {
    // O_NONBLOCK: a pipe put in its place must not hang us before fstat can refuse it.
    fd = openSync(lock, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw unsafe(lock, `cannot be read (${systemCode(error) ?? "unknown"})`, { cause: error });
  }
  try {
    if (!fstatSync(fd).isFile()) throw notOurs(lock);
    const bytes = Buffer.alloc(MOST_BYTES);
    return bytes.toString("latin1", 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}

function notOurs(lock: string): AgentkError {
  return unsafe(lock, "is not a lock of agentk");
}

/** True when that very process is there; in doubt, true. */
function isRunning(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === "ESRCH") return false;
  }
  // The number may have been given to another process since.
  const now = startTimeOf(pid);
  return start === "-" || now === undefined || now === start;
}

/** When a process started, in clock ticks since boot (proc(5), stat field 22). Linux only. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "latin1");
    // Field 2 is the command in brackets and may hold anything; field 3 follows the last bracket.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has closed its files: it writes no more, whether or not its parent has noticed.
    return fields[0] === "Z" ? "zombie" : fields[19];
  } catch {
    return undefined;
  }
}

function cannotLock(lock: string, cause: unknown): AgentkError {
  return new AgentkError("recorder-failed", `cannot make \`${lock}\` (${systemCode(cause) ?? "unknown"})`, { cause });
}

function held(lock: string): AgentkError {
  return unsafe(lock, "is held: another agentk is writing this log", {
    hint: "if no agentk is running, remove the lock file",
  });
}
