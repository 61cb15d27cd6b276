/** Which use of which door of the run fails, and how: one fault a run, counted over all uses of the door. */
import type { ExitFacts } from "../../src/host/child-process.js";
import type { Instant } from "../../src/abi/event.js";
import type { JournalFs, WriteSync } from "../../src/host/journal-file.js";
import type { SigningKey } from "../../src/host/signing-key.js";
import type { JsonObject } from "../../src/base/json.js";
import type { ServerHandlers, ServerLink } from "../../src/app/run/server-stream.js";

export const DOORS = [
  "log write",
  "log sync",
  "payload write",
  "payload close",
  "sign",
  "check",
  "entropy",
  "clock",
] as const;
export type Door = (typeof DOORS)[number];

/** What a clock does from its use on. */
const JUMPS = { "an hour back": -3_600_000, "two minutes on": 120_000, "ten years on": 315_360_000_000 } as const;
export type Jump = keyof typeof JUMPS;
export const CLOCK_JUMPS = Object.keys(JUMPS) as readonly Jump[];

interface Plan {
  readonly door: Door | undefined;
  readonly use: number;
  readonly jump: Jump | undefined;
}

const NO_FAULT: Plan = { door: undefined, use: 0, jump: undefined };

let plan = NO_FAULT;
const uses = new Map<Door, number>();
/** Called when the fault strikes. */
let struck: () => void = () => undefined;

/** From here on, until it is called again. */
export function planFault(next: Partial<Plan>, onStrike: () => void): void {
  plan = { ...NO_FAULT, ...next };
  uses.clear();
  struck = onStrike;
}

export function usesOf(door: Door): number {
  return uses.get(door) ?? 0;
}

function isStruck(door: Door): boolean {
  const use = usesOf(door) + 1;
  uses.set(door, use);
  return plan.door === door && plan.use === use && plan.jump === undefined;
}

/** An error of the system's, told to whoever waits: from this moment on it is known. */
function strike(code: string): Error {
  struck();
  return Object.assign(new Error(`${code}: made up`), { code });
}

/** Half of what was to be written is, and then the disk is full. */
function fullAt(door: Door, write: WriteSync): WriteSync {
  return (fd, bytes, offset, length) => {
    if (!isStruck(door)) return write(fd, bytes, offset, length);
    write(fd, bytes, offset, Math.floor(length / 2));
    throw strike("ENOSPC");
  };
}

export function faultyLog(real: JournalFs): JournalFs {
  return {
    writeSync: fullAt("log write", real.writeSync),
    fdatasync: (fd, done) => {
      if (!isStruck("log sync")) real.fdatasync(fd, done);
      else
        setImmediate(() => {
          done(strike("EIO"));
        });
    },
  };
}

export function faultyPayloads(real: WriteSync): WriteSync {
  return fullAt("payload write", real);
}

export function faultyClose(real: () => void): () => void {
  return () => {
    const isNow = isStruck("payload close");
    real();
    if (isNow) throw strike("EIO");
  };
}

export function faultySigner(real: SigningKey): SigningKey {
  return {
    ...real,
    sign: (statement) => {
      if (isStruck("sign")) throw strike("EACCES");
      return real.sign(statement);
    },
  };
}

export function faultyCheck<A extends readonly unknown[]>(real: (...args: A) => boolean): (...args: A) => boolean {
  return (...args) => {
    if (isStruck("check")) throw strike("EIO");
    return real(...args);
  };
}

export function faultyEntropy(real: (bytes: number) => string): (bytes: number) => string {
  return (bytes) => {
    if (isStruck("entropy")) throw strike("EAGAIN");
    return real(bytes);
  };
}

export function faultyClock(real: () => Instant): () => Instant {
  return () => {
    if (isStruck("clock")) throw strike("EINVAL");
    const { mono_us, wall_ms } = real();
    if (plan.jump === undefined || usesOf("clock") < plan.use) return { mono_us, wall_ms };
    const ms = JUMPS[plan.jump];
    return { mono_us: Math.max(0, mono_us + ms * 1000), wall_ms: wall_ms + ms };
  };
}

/** A server in this process, where every case would else start a child of its own. */
export function serverHere(
  handlers: ServerHandlers,
  answer: (request: JsonObject) => JsonObject | undefined,
): ServerLink {
  const exit: ExitFacts = { code: 0, signal: undefined, spawnError: undefined };
  return {
    send: (line) => {
      const said = answer(JSON.parse(line) as JsonObject);
      // As a process would: never before the sender has returned.
      if (said !== undefined)
        queueMicrotask(() => {
          handlers.onLine(Buffer.from(JSON.stringify(said)));
        });
      return true;
    },
    pause: () => undefined,
    resume: () => undefined,
    unread: () => 0,
    stop: () => {
      handlers.onExit(exit);
      return Promise.resolve(exit);
    },
    stderrTail: () => Buffer.alloc(0),
    stderrBytes: () => 0,
  };
}
