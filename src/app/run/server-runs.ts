/**
 * The server of a connection as it runs, ends, and is started again by the same command: one after another, never two at
 * once. Attacker-controlled: when and how each of them ends.
 */
import type { SessionNote } from "../../abi/request.js";
import { MAX_STDERR_BYTES } from "../../base/limits.js";
import { createByteTail } from "../../host/byte-tail.js";
import type { ExitFacts } from "../../host/child-process.js";
import type { Greeted } from "../../mcp/greeting.js";
import { Restarts } from "./restarts.js";
import type { ServerHandlers, ServerLink } from "./server-stream.js";
import { processTimers, type Timers } from "./timers.js";

export interface ServerRunsParts {
  readonly startServer: (handlers: ServerHandlers) => ServerLink;
  readonly handlers: Omit<ServerHandlers, "onExit">;
  readonly restarts: number;
  readonly timers?: Timers | undefined;
  readonly note: (note: Omit<SessionNote, "session" | "server">) => Promise<void>;
  /** Whether the session is such that another server could go on with it. */
  readonly mayRestart: () => boolean;
  /** It has ended, and another is to come. */
  readonly onAway: () => void;
  /** It has come: whether it is the same. */
  readonly greet: (restart: number) => Promise<Greeted>;
  readonly onBack: () => void;
  /** No other is to come. `isLost`: nobody wanted it to end. */
  readonly onGone: (how: { readonly isLost: boolean }) => void;
}

const NEVER: ExitFacts = { code: undefined, signal: undefined, spawnError: undefined };

export class ServerRuns {
  private readonly parts: ServerRunsParts;
  private readonly timers: Timers;
  private readonly restarts: Restarts;
  private readonly earlier = createByteTail(MAX_STDERR_BYTES);
  private earlierBytes = 0;
  private link: ServerLink | undefined;
  private exit: ExitFacts | undefined;
  private exitNote: Promise<void> | undefined;
  private made = 0;
  /** Calls off the next start, while one is waited for. */
  private callOff: (() => void) | undefined;
  private isAway = false;
  /** No other is started. */
  private isLast = false;

  constructor(parts: ServerRunsParts) {
    this.parts = parts;
    this.timers = parts.timers ?? processTimers;
    this.restarts = new Restarts(parts.restarts);
  }

  /** The end of what all of them wrote on stderr, and how much there was of it. */
  get stderr(): { readonly tail: string; readonly bytes: number } {
    const tail = Buffer.concat([this.earlier.bytes(), this.link?.stderrTail() ?? Buffer.alloc(0)]);
    const bytes = this.earlierBytes + (this.link?.stderrBytes() ?? 0);
    return { tail: tail.subarray(Math.max(0, tail.length - MAX_STDERR_BYTES)).toString("utf8"), bytes };
  }

  /** The first one. */
  async start(): Promise<void> {
    this.begin();
    await this.parts.note({ fact: "child-started" });
  }

  /** False: hold back until `onDrain`, or until another is there. What is for one that has ended is dropped. */
  send(line: string): boolean {
    return this.link?.send(line) !== false || this.exit !== undefined;
  }

  /** Bytes that the one that is there was sent and has not taken. */
  get unread(): number {
    return this.link?.unread() ?? 0;
  }

  pause(): void {
    this.link?.pause();
  }

  resume(): void {
    this.link?.resume();
  }

  /** Whatever ends now has ended for good; whoever waits for another is told that none comes. */
  last(): void {
    this.isLast = true;
    if (!this.isAway) return;
    this.callOff?.();
    this.callOff = undefined;
    this.gone({ isLost: false });
  }

  /** Ends it. Settles when it has ended. */
  async stop(): Promise<ExitFacts> {
    this.last();
    return (await this.link?.stop()) ?? NEVER;
  }

  /** Records how the server ended, if it has; once each. */
  recordExit(): Promise<void> {
    if (this.exit !== undefined) this.exitNote ??= this.noteExit(this.exit);
    return this.exitNote ?? Promise.resolve();
  }

  private begin(): void {
    this.exit = undefined;
    this.exitNote = undefined;
    this.restarts.started(this.timers.now());
    this.link = this.parts.startServer({
      ...this.parts.handlers,
      onExit: (facts) => {
        this.exited(facts);
      },
    });
  }

  private exited(facts: ExitFacts): void {
    this.exit = facts;
    const mayRestart = !this.isLast && this.parts.mayRestart();
    const waitMs = mayRestart ? this.restarts.next(this.timers.now()) : undefined;
    if (waitMs === undefined) {
      this.gone({ isLost: true });
      return;
    }
    void this.recordExit();
    this.isAway = true;
    this.parts.onAway();
    this.callOff = this.timers.after(waitMs, () => {
      this.callOff = undefined;
      void this.again();
    });
  }

  private async again(): Promise<void> {
    const restart = ++this.made;
    this.keepStderr();
    this.begin();
    const { link } = this;
    await this.parts.note({ fact: "child-started", restart });
    const greeted = await this.parts.greet(restart);
    // It has ended meanwhile, or is to: that is dealt with where it is told.
    if (this.link !== link || this.exit !== undefined || this.isLast || greeted === "gone") return;
    if (greeted !== "same") return this.refuse(greeted, restart);
    this.isAway = false;
    this.parts.onBack();
  }

  /** INVARIANT: nothing of the client's has reached it, and nothing does. */
  private async refuse(fault: string, restart: number): Promise<void> {
    this.isLast = true;
    await this.parts.note({ fact: "restart-refused", fault, restart });
    void this.link?.stop();
  }

  private gone(how: { readonly isLost: boolean }): void {
    this.isAway = false;
    this.parts.onGone(how);
  }

  private keepStderr(): void {
    const { link } = this;
    if (link === undefined) return;
    this.earlier.push(link.stderrTail());
    this.earlierBytes += link.stderrBytes();
  }

  private async noteExit({ code, signal, lost }: ExitFacts): Promise<void> {
    await this.parts.note({
      fact: "child-exited",
      ...(lost === undefined ? {} : { fault: lost.code }),
      ...(code === undefined ? {} : { exit_code: code }),
      ...(signal === undefined ? {} : { exit_signal: signal }),
    });
  }
}
