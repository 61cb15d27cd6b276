/** A session of the eras with `initialize` (MCP 2024-11-05 to 2025-11-25): its streams, its version, and its end. */
import type { ServerResponse } from "node:http";
import { isJsonObject, type JsonObject } from "../../base/json.js";
import type { NotificationMessage, RequestId, RequestMessage } from "../../mcp/wire/message.js";
import { Channel, type ChannelEnd, type Connect } from "./channel.js";
import { HttpSink } from "./sink.js";
import { EventStream, parseEventId } from "./stream.js";

/** Streams that have ended and may still be asked for. */
const MAX_KEPT_STREAMS = 16;
/** The latest of the revisions that have sessions: clients of earlier ones do not know an event without data. */
const PRIMED_SINCE = "2025-11-25";
/** The name of the stream for what is about no call. */
const COMMON = "g";

export interface SessionParts {
  /** What the client names it by: 128 random bits. */
  readonly id: string;
  readonly session: string;
  readonly connect: Connect;
  readonly maxLineBytes: number;
  readonly idleMs: number;
  readonly stallMs?: number;
  readonly onEnded: (session: HttpSession, ended: ChannelEnd) => void;
}

export interface Asked {
  readonly message: RequestMessage;
  readonly response: ServerResponse;
  readonly prefersStream: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

export class HttpSession {
  readonly channel: Channel;
  readonly id: string;
  /** What `initialize` agreed on; undefined until then. */
  version: string | undefined;
  private readonly parts: SessionParts;
  private readonly streams = new Map<string, EventStream>();
  private readonly sinks = new Map<string, HttpSink>();
  private common: EventStream;
  private made = 0;
  private idle: NodeJS.Timeout | undefined;

  constructor(parts: SessionParts) {
    this.parts = parts;
    this.id = parts.id;
    this.common = this.openStream(COMMON);
    this.channel = new Channel({
      session: parts.session,
      connect: parts.connect,
      maxLineBytes: parts.maxLineBytes,
      onUnsolicited: (line) => this.tell(line),
      onEnded: (ended) => {
        clearTimeout(this.idle);
        for (const stream of this.streams.values()) stream.end();
        parts.onEnded(this, ended);
      },
    });
    this.touch();
  }

  /** Something was asked: the time to the session's end begins anew. */
  touch(): void {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      const isUsed = this.channel.inFlight > 0 || [...this.streams.values()].some(({ isListened }) => isListened);
      if (isUsed) this.touch();
      else void this.channel.end();
    }, this.parts.idleMs).unref();
  }

  /** False for an id that is in use; INVARIANT: the response is answered otherwise. */
  ask({ message, response, prefersStream, headers }: Asked): "asked" | "too-long" | "in-use" {
    if (this.channel.find(message.id) !== undefined) return "in-use";
    const isHandshake = message.method === "initialize" && this.version === undefined;
    const key = `c${String(++this.made)}`;
    const sink = new HttpSink({
      ...{ response, key, prefersStream: prefersStream && !isHandshake },
      isPrimed: this.version === PRIMED_SINCE,
      headers: () => (this.version === undefined ? headers : { ...headers, "mcp-session-id": this.id }),
      statusOf: () => 200,
      onAnswer: (line, code) => {
        this.sinks.delete(key);
        if (isHandshake) this.agree(line, code);
      },
      onFree: () => {
        this.channel.resume();
      },
      onStream: (stream) => {
        this.keep(key, stream);
      },
      ...(this.parts.stallMs === undefined ? {} : { stallMs: this.parts.stallMs }),
    });
    this.sinks.set(key, sink);
    if (isHandshake) this.endWith(response);
    if (this.channel.request(message, sink) !== undefined) return "asked";
    this.sinks.delete(key);
    return "too-long";
  }

  /** A client that has gone before it was told the session's id can never name it, nor can anybody else. */
  private endWith(response: ServerResponse): void {
    const onClose = (): void => {
      if (!response.writableFinished) void this.channel.end({ isUrgent: true });
    };
    if (response.destroyed) onClose();
    else response.on("close", onClose);
  }

  /** A notification of the client's. One that cancels names a request by the client's id. */
  notify(message: NotificationMessage): void {
    const call =
      message.method === "notifications/cancelled"
        ? this.channel.find(message.params?.["requestId"] as RequestId)
        : undefined;
    // MCP lifecycle: `initialize` is not cancelled; the relay refuses what is said under an id that is not its own.
    if (call === undefined || call.method === "initialize") this.channel.tell(Buffer.from(message.canonical, "utf8"));
    else this.channel.cancel(call, message.params);
  }

  /** Opens or resumes a stream. False when somebody listens to it already, or there is none of that name. */
  listen(
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    lastEventId: string | undefined,
  ): "listening" | "taken" | "unknown" {
    const at = lastEventId === undefined ? { key: COMMON, seq: undefined } : parseEventId(lastEventId);
    const stream = at === undefined ? undefined : this.streams.get(at.key);
    if (at === undefined || stream === undefined) return "unknown";
    if (stream.isListened) {
      // Who resumes knows that the other connection is lost, although nobody here has heard of it yet.
      if (lastEventId === undefined) return "taken";
      stream.cut();
      return "taken";
    }
    stream.attach(response, { ...headers, "mcp-session-id": this.id }, at.seq ?? 0);
    return "listening";
  }

  private tell(line: string): boolean {
    if (this.common.isListened) return this.common.send(line);
    const open = [...this.sinks.values()].reverse().find((sink) => sink.isOpen);
    return open === undefined ? this.common.send(line) : open.send(line, { isLast: false });
  }

  /** The handshake's answer: from here on the client has an id to name the session by, or the session ends. */
  private agree(line: string, code: number | undefined): void {
    const answer = code === undefined ? (JSON.parse(line) as JsonObject)["result"] : undefined;
    const version = isJsonObject(answer) ? answer["protocolVersion"] : undefined;
    if (typeof version === "string") this.version = version;
    else void this.channel.end();
  }

  private openStream(key: string): EventStream {
    const stream = new EventStream({
      key,
      onFree: () => {
        this.channel.resume();
      },
      ...(this.parts.stallMs === undefined ? {} : { stallMs: this.parts.stallMs }),
    });
    this.streams.set(key, stream);
    return stream;
  }

  private keep(key: string, stream: EventStream): void {
    this.streams.set(key, stream);
    const over = [...this.streams].filter(([name, { isListened }]) => name !== COMMON && !isListened);
    const [oldest] = over;
    if (over.length > MAX_KEPT_STREAMS && oldest !== undefined) this.streams.delete(oldest[0]);
  }
}
