/**
 * All requests of 2026-07-28, which has no sessions, at one relay and in one session of the kernel: nothing tells which of
 * them belong together, so what one has read counts for all. INVARIANT: the kernel's session is never begun anew.
 */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { isJsonObject, type JsonObject } from "../../base/json.js";
import type { NotificationMessage, RequestMessage } from "../../mcp/wire/message.js";
import { Channel, type ChannelEnd, type Connect } from "./channel.js";
import { modernStatus } from "./headers.js";
import { ParamHeaders } from "./params.js";
import { HttpSink } from "./sink.js";

export const MODERN_SESSION = "h0";

/** A server that ends again and again is started again later and later. Milliseconds. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

export interface ModernParts {
  readonly connect: Connect;
  readonly maxLineBytes: number;
  readonly idleMs: number;
  readonly stallMs?: number;
  readonly onEnded: (ended: ChannelEnd) => void;
}

export class ModernCalls {
  private readonly parts: ModernParts;
  private channel: Channel | undefined;
  private idle: NodeJS.Timeout | undefined;
  /** Of the tools that some client has been shown. */
  private readonly params = new ParamHeaders();
  private losses = 0;
  /** On the clock of `performance.now`. */
  private notBefore = 0;

  constructor(parts: ModernParts) {
    this.parts = parts;
  }

  /** The relay, with its server started. Undefined while a server that has ended by itself may not be started again. */
  async ready(): Promise<Channel | undefined> {
    if (this.channel?.isEnding === true) return undefined;
    if (this.channel === undefined && performance.now() < this.notBefore) return undefined;
    const channel = (this.channel ??= this.open());
    this.touch();
    await channel.ready();
    return channel.isEnding ? undefined : channel;
  }

  /** The first header of a call that does not repeat the argument it stands for. */
  paramFault({ method, params }: RequestMessage, headers: IncomingHttpHeaders): string | undefined {
    return method === "tools/call" ? this.params.fault(params, headers) : undefined;
  }

  /** A list as the relay hands it on. */
  private learn(line: string): void {
    const { result } = JSON.parse(line) as JsonObject;
    if (isJsonObject(result)) this.params.learn(result);
  }

  ask(
    channel: Channel,
    message: RequestMessage,
    response: ServerResponse,
    more: { readonly prefersStream: boolean; readonly headers: Readonly<Record<string, string>> },
  ): "asked" | "too-long" {
    const sink = new HttpSink({
      ...{ response, key: undefined, prefersStream: more.prefersStream, headers: () => more.headers },
      statusOf: modernStatus,
      onAnswer: (line, code) => {
        if (code === undefined) this.losses = 0;
        if (code === undefined && message.method === "tools/list") this.learn(line);
      },
      onFree: () => {
        channel.resume();
      },
      ...(this.parts.stallMs === undefined ? {} : { stallMs: this.parts.stallMs }),
    });
    const call = channel.request(message, sink);
    if (call === undefined) return "too-long";
    // MCP 2026-07-28, cancellation: a client that closes the response stream does not want the answer any more.
    response.on("close", () => {
      channel.cancel(call);
    });
    return "asked";
  }

  /** Nothing that a client may tell names a request of another's: ids of one client say nothing to the relay. */
  notify(channel: Channel, message: NotificationMessage): void {
    channel.tell(Buffer.from(message.canonical, "utf8"));
  }

  async end(how: { readonly isUrgent: boolean }): Promise<void> {
    clearTimeout(this.idle);
    await this.channel?.end(how);
  }

  private open(): Channel {
    const channel = new Channel({
      session: MODERN_SESSION,
      connect: this.parts.connect,
      maxLineBytes: this.parts.maxLineBytes,
      // What is about no request of a client has no stream to go on (MCP 2026-07-28, transports).
      onUnsolicited: () => true,
      onEnded: (ended) => {
        this.channel = undefined;
        this.notBefore = performance.now() + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.losses);
        this.losses++;
        this.parts.onEnded(ended);
      },
    });
    return channel;
  }

  private touch(): void {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      if ((this.channel?.inFlight ?? 0) > 0) this.touch();
      else void this.channel?.end();
    }, this.parts.idleMs).unref();
  }
}
