/** One relay behind the HTTP front, with the requests that are under way at it: a session's own, or that of all modern ones. */
import type { JsonObject } from "../../base/json.js";
import { nonce } from "../../host/entropy.js";
import type { RequestId, RequestMessage } from "../../mcp/wire/message.js";
import { ownError } from "../../mcp/wire/write.js";
import type { ClientSide, Connection } from "../run/connection.js";
import { Calls, type Call, type CallSink } from "./calls.js";

/** What the front needs of a connection: tests put a scripted one in its place. */
export type Line = Pick<
  Connection,
  "start" | "fromClient" | "clientOversize" | "resume" | "clientGone" | "stop" | "idle" | "end" | "strays" | "stderr"
>;
export type Connect = (session: string, client: ClientSide) => Line;

export interface ChannelParts {
  /** The kernel's name for it. */
  readonly session: string;
  readonly connect: Connect;
  /** A message of the server's about no call. False: hold the server back. */
  readonly onUnsolicited: (line: string, message: JsonObject) => boolean;
  /** A message is refused that would be too long with an id of ours. */
  readonly maxLineBytes: number;
  /** It has ended, by itself or because it was told to; called once. */
  readonly onEnded: (ended: ChannelEnd) => void;
}

export interface ChannelEnd {
  readonly session: string;
  readonly strays: number;
  readonly stderr: string;
  readonly stderrBytes: number;
}

const MARK_BYTES = 8;

export class Channel {
  private readonly parts: ChannelParts;
  private readonly line: Line;
  private readonly calls = new Calls(nonce(MARK_BYTES));
  private readonly waiters: (() => void)[] = [];
  private isPaused = false;
  private isClosed = false;
  private starting: Promise<void> | undefined;
  private ending: Promise<void> | undefined;

  constructor(parts: ChannelParts) {
    this.parts = parts;
    this.line = parts.connect(parts.session, {
      send: (line) => this.toClient(line),
      pause: () => {
        this.isPaused = true;
      },
      resume: () => {
        this.isPaused = false;
        this.wake();
      },
      // What waits is answered by the relay first: idle settles when it is.
      onServerLost: () => void this.end(),
    });
  }

  /** How many requests are under way. */
  get inFlight(): number {
    return this.calls.size;
  }

  get isEnding(): boolean {
    return this.ending !== undefined;
  }

  /** Those under way, the latest first. */
  get latestCalls(): readonly Call[] {
    return this.calls.latestFirst;
  }

  find(id: RequestId): Call | undefined {
    return this.calls.find(id);
  }

  /** Starts the server, and settles when something may be sent to it: it reads what it was sent before. */
  async ready(): Promise<void> {
    await (this.starting ??= this.line.start());
    while (this.isPaused && this.ending === undefined) await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  /** Hands a request to the relay. Undefined when it would be too long. */
  request(message: RequestMessage, sink: CallSink): Call | undefined {
    const { call, line } = this.calls.begin(message, sink);
    const bytes = Buffer.from(line, "utf8");
    if (bytes.length > this.parts.maxLineBytes) {
      this.calls.end(call);
      this.line.clientOversize();
      return undefined;
    }
    if (this.isClosed) this.dropAll();
    else this.line.fromClient(bytes);
    return call;
  }

  /** Hands over what is no request, or no message at all: the relay records it, and nobody is answered. */
  tell(bytes: Buffer): void {
    if (!this.isClosed) this.line.fromClient(bytes);
  }

  oversize(): void {
    if (!this.isClosed) this.line.clientOversize();
  }

  /** The client does not want the answer any more. `params`: what it says about it. */
  cancel(call: Call, params?: JsonObject): void {
    if (!this.calls.end(call)) return;
    this.tell(Buffer.from(this.calls.cancellation(call, params), "utf8"));
    call.sink.drop();
  }

  /** The client wants nothing of it any more. */
  abandon(): Promise<void> {
    for (const call of this.calls.latestFirst) this.cancel(call);
    this.line.clientGone();
    return this.end();
  }

  /** A client reads again. */
  resume(): void {
    this.line.resume();
  }

  /** Ends the server, once what it was asked is answered unless it is urgent. Settles when all of it is recorded. */
  end(how: { readonly isUrgent: boolean } = { isUrgent: false }): Promise<void> {
    if (this.ending !== undefined && how.isUrgent) this.line.stop();
    this.ending ??= this.runEnd(how.isUrgent);
    this.wake();
    return this.ending;
  }

  private async runEnd(isUrgent: boolean): Promise<void> {
    // Nobody could stop a child that is still being started.
    await this.starting?.catch(() => undefined);
    this.line.clientGone();
    if (!isUrgent) await this.line.idle();
    await this.line.end();
    this.isClosed = true;
    this.dropAll();
    const { strays, stderr } = this.line;
    const { session } = this.parts;
    this.parts.onEnded({ session, strays, stderr: stderr.tail, stderrBytes: stderr.bytes });
  }

  /** Whoever still waits is told that there is no server. */
  private dropAll(): void {
    for (const call of this.calls.latestFirst) {
      this.calls.end(call);
      call.sink.send(ownError(call.id, "server-gone"), { isLast: true });
    }
  }

  /** INVARIANT: what cannot be routed is dropped; it is never given to another call's client. */
  private toClient(line: string): boolean {
    const routed = this.calls.route(line);
    if (routed === undefined) return true;
    const { call, isLast = false, code, message } = routed;
    if (call === undefined) return message === undefined || this.parts.onUnsolicited(routed.line, message);
    if (isLast) this.calls.end(call);
    return call.sink.send(routed.line, { isLast, ...(code === undefined ? {} : { code }) });
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}
