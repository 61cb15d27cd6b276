/**
 * A server as a child process: in a process group of its own, with the environment it is given and no other, its
 * output split into lines in bounded memory. Attacker-controlled: everything the child writes, and how it ends.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { AgentkError } from "../base/errors.js";
import { CHILD_GRACE_MS, MAX_STDERR_BYTES } from "../base/limits.js";
import { createByteTail } from "./byte-tail.js";
import { createLineSplitter, type LineSplitter } from "./line-splitter.js";

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. The command is looked for in its `PATH`. */
  readonly env: Readonly<Record<string, string>>;
  readonly maxLineBytes: number;
  /** One line of stdout. The bytes are valid only during the call. */
  readonly onLine: (bytes: Buffer) => void;
  /** A line over `maxLineBytes`: once a line, and the line is dropped. */
  readonly onOversize: () => void;
  /** After `send` said false: go on sending. */
  readonly onDrain?: () => void;
  /** Called once, after the last line, never before `startChild` has returned. */
  readonly onExit: (facts: ExitFacts) => void;
}

/** How it ended: a code, or a signal, or it never started. */
export interface ExitFacts {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** The system's word for why the command could not be started, such as `ENOENT`. */
  readonly spawnError: string | undefined;
  /** Of a remote server: why nothing more is asked of it. */
  readonly lost?: { readonly code: string; readonly says: string };
}

export interface Child {
  /** Writes a line to stdin. False: hold back until `onDrain` or `onExit`. A line to a child that has gone is dropped. */
  readonly send: (line: string) => boolean;
  /** Stops reading stdout, so that a flood waits in the child; lines of the chunk at hand are still delivered. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Bytes that it was sent and has not taken. */
  readonly unread: () => number;
  /**
   * EOF on stdin, then SIGTERM to the group, then SIGKILL, each after `graceMs` (CHILD_GRACE_MS unless told otherwise;
   * the first call says it). Settles after `onExit`.
   */
  readonly stop: (graceMs?: number) => Promise<ExitFacts>;
  /** The last MAX_STDERR_BYTES of stderr. */
  readonly stderrTail: () => Buffer;
  /** How many bytes of stderr there were in all. */
  readonly stderrBytes: () => number;
}

/**
 * Starts a child. A command that cannot be started ends in `onExit`, like any other end.
 * @throws AgentkError `platform-unsupported` on Windows, which has no process groups to stop a child's children with.
 */
export function startChild(options: ChildOptions): Child {
  if (process.platform === "win32")
    throw new AgentkError("platform-unsupported", "servers cannot be run safely on Windows: it has no process groups");
  const child = new ChildProcess(options);
  return {
    send: (line) => child.send(line),
    pause: () => {
      child.pause();
    },
    resume: () => {
      child.resume();
    },
    unread: () => child.unread,
    stop: (graceMs) => child.stop(graceMs),
    stderrTail: () => child.stderr.bytes(),
    stderrBytes: () => child.stderr.total(),
  };
}

class ChildProcess {
  private readonly options: ChildOptions;
  private readonly process: ChildProcessWithoutNullStreams | undefined;
  private readonly splitter: LineSplitter;
  readonly stderr = createByteTail(MAX_STDERR_BYTES);
  private readonly finished: Promise<ExitFacts>;
  private settle: (facts: ExitFacts) => void = () => undefined;
  private facts: ExitFacts | undefined;
  private isFinished = false;
  private timer: NodeJS.Timeout | undefined;
  private stopping: Promise<ExitFacts> | undefined;

  constructor(options: ChildOptions) {
    this.options = options;
    this.splitter = createLineSplitter({
      maxBytes: options.maxLineBytes,
      onLine: options.onLine,
      onOversize: options.onOversize,
    });
    this.finished = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.process = this.spawn();
    if (this.process !== undefined) this.listen(this.process);
  }

  send(line: string): boolean {
    const stdin = this.process?.stdin;
    return stdin?.writable === true && stdin.write(`${line}\n`);
  }

  get unread(): number {
    return this.process?.stdin.writableLength ?? 0;
  }

  pause(): void {
    // Once it has exited there is only what the pipe holds, and nobody else who could wait.
    if (this.facts === undefined) this.process?.stdout.pause();
  }

  resume(): void {
    this.process?.stdout.resume();
  }

  stop(graceMs = CHILD_GRACE_MS): Promise<ExitFacts> {
    this.stopping ??= this.runStop(graceMs);
    return this.stopping;
  }

  private spawn(): ChildProcessWithoutNullStreams | undefined {
    const { command, args, env } = this.options;
    try {
      const child = spawn(command, args, {
        // Node adds its own NODE_V8_COVERAGE unless the name stands here; a name without a value is not passed.
        env: { NODE_V8_COVERAGE: undefined, ...env },
        stdio: "pipe",
        // A session and process group of its own: a Ctrl-C is ours to handle, and its children can be killed with it.
        detached: true,
        windowsHide: true,
      });
      if (child.pid !== undefined) return child;
      // Without a process there may be no pipes either (EMFILE), so nothing else of it is touched.
      child.on("error", (error) => {
        this.finish(notStarted(error));
      });
    } catch (error) {
      // Some failures are thrown (a NUL in the command, a list of arguments too long), most are events.
      setImmediate(() => {
        this.finish(notStarted(error));
      });
    }
    return undefined;
  }

  private listen(child: ChildProcessWithoutNullStreams): void {
    // Only a failed kill(2) or message, and neither is done through this object.
    child.on("error", () => undefined);
    child.on("exit", (code, signal) => {
      this.exited({ code: code ?? undefined, signal: signal ?? undefined, spawnError: undefined });
    });
    child.on("close", () => {
      if (this.facts !== undefined) this.finish(this.facts);
    });
    child.stdout.on("data", (chunk: Buffer) => {
      if (!this.isFinished) this.splitter.push(chunk);
    });
    child.stderr.on("data", this.stderr.push);
    child.stdin.on("drain", () => this.options.onDrain?.());
    // A child that closes its pipes early (EPIPE, ECONNRESET) is about to exit or useless: its exit is the news.
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.on("error", () => undefined);
  }

  /** The leader has gone. Whoever is left of its group goes too, and the pipes are read to their end. */
  private exited(facts: ExitFacts): void {
    this.facts = facts;
    // Just reaped: the group's number cannot have been given to another yet. It is not used again after this.
    this.signalGroup("SIGKILL");
    this.process?.stdout.resume();
    // A grandchild in a session of its own may hold the pipes open for ever. What the child itself wrote is in the
    // pipe already; the turn of the event loop after the timer reads it even if this process was busy till then.
    this.timer = setTimeout(() => {
      setImmediate(() => {
        this.finish(facts);
      });
    }, CHILD_GRACE_MS);
  }

  private finish(facts: ExitFacts): void {
    if (this.isFinished) return;
    this.splitter.end();
    this.isFinished = true;
    this.facts = facts;
    clearTimeout(this.timer);
    this.process?.stdin.destroy();
    this.process?.stdout.destroy();
    this.process?.stderr.destroy();
    this.options.onExit(facts);
    this.settle(facts);
  }

  private async runStop(graceMs: number): Promise<ExitFacts> {
    this.process?.stdin.end();
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      if (await this.isGoneIn(graceMs)) break;
      if (this.facts === undefined) this.signalGroup(signal);
    }
    return this.finished;
  }

  private async isGoneIn(graceMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, graceMs, false);
    });
    const isGone = await Promise.race([this.finished.then(() => true), timeout]);
    clearTimeout(timer);
    return isGone;
  }

  private signalGroup(signal: NodeJS.Signals): void {
    const leader = this.process?.pid;
    if (leader === undefined) return;
    try {
      process.kill(-leader, signal);
    } catch {
      // ESRCH: nobody is left. EPERM: on macOS, only zombies are.
    }
  }
}

function notStarted(error: unknown): ExitFacts {
  const hasCode = error instanceof Error && "code" in error && typeof error.code === "string";
  return { code: undefined, signal: undefined, spawnError: hasCode ? String(error.code) : String(error) };
}
