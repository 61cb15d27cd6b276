/** One stream of server-sent events: live to who listens, kept within bounds for who was cut off (HTML, server-sent events). */
import type { ServerResponse } from "node:http";
import { HTTP_STALL_MS, MAX_HTTP_KEPT_BYTES, MAX_HTTP_KEPT_EVENTS } from "../../base/limits.js";

/** A comment: it keeps the connection's middlemen awake, and finds out who has gone without a word. */
const PING = ": ping\n\n";
const PING_MS = 25_000;

export interface StreamParts {
  /** Its name in event ids; undefined for a stream that cannot be resumed. */
  readonly key: string | undefined;
  /** The client reads again, or has gone: what was held back may go on. */
  readonly onFree: () => void;
  readonly stallMs?: number;
}

interface Kept {
  readonly seq: number;
  readonly line: string;
}

export class EventStream {
  private readonly parts: StreamParts;
  private readonly kept: Kept[] = [];
  private keptBytes = 0;
  private seq = 0;
  private isOver = false;
  private response: ServerResponse | undefined;
  private ping: NodeJS.Timeout | undefined;
  private stall: NodeJS.Timeout | undefined;

  constructor(parts: StreamParts) {
    this.parts = parts;
  }

  get isListened(): boolean {
    return this.response !== undefined;
  }

  get key(): string | undefined {
    return this.parts.key;
  }

  /** Begins the answer, with what came after `after` first. */
  attach(response: ServerResponse, headers: Readonly<Record<string, string>>, after = 0): void {
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-content-type-options": "nosniff",
      "x-accel-buffering": "no",
      ...headers,
    });
    // Without it the client would not know, before the first event, that it is heard.
    response.flushHeaders();
    this.response = response;
    response.on("close", () => {
      this.detach(response);
    });
    response.on("drain", () => {
      this.free();
    });
    for (const { seq, line } of this.kept) if (seq > after) this.write(seq, line);
    if (this.isOver) response.end();
    this.ping = setInterval(() => {
      if (!response.writableNeedDrain) response.write(PING);
    }, PING_MS).unref();
  }

  /** Tells a listener, before there is any event, where to go on (MCP 2025-11-25, transports). Older clients do not know it. */
  prime(): void {
    if (this.parts.key !== undefined && !this.isOver) this.response?.write(`id: ${this.parts.key}-0\ndata:\n\n`);
  }

  /** False: hold the server back until `onFree`. A stream nobody listens to keeps what it can and holds nothing back. */
  send(line: string): boolean {
    const seq = ++this.seq;
    if (this.parts.key !== undefined) this.keep(seq, line);
    return this.response === undefined || this.write(seq, line);
  }

  /** After the last event. What is kept can still be asked for. */
  end(): void {
    this.isOver = true;
    this.response?.end();
  }

  /** Lets go of the client, who may come back. */
  cut(): void {
    this.response?.destroy();
  }

  private write(seq: number, line: string): boolean {
    const { response, parts } = this;
    if (response === undefined) return true;
    // INVARIANT: a line is RFC 8785 text, which has no line ends: it is one `data` field.
    const isFree = response.write(
      `${parts.key === undefined ? "" : `id: ${parts.key}-${String(seq)}\n`}data: ${line}\n\n`,
    );
    if (!isFree && this.stall === undefined) {
      this.stall = setTimeout(() => response.destroy(), parts.stallMs ?? HTTP_STALL_MS).unref();
    }
    return isFree;
  }

  private keep(seq: number, line: string): void {
    this.kept.push({ seq, line });
    this.keptBytes += line.length;
    while (this.kept.length > MAX_HTTP_KEPT_EVENTS || this.keptBytes > MAX_HTTP_KEPT_BYTES) {
      this.keptBytes -= this.kept.shift()?.line.length ?? 0;
    }
  }

  private free(): void {
    clearTimeout(this.stall);
    this.stall = undefined;
    this.parts.onFree();
  }

  private detach(response: ServerResponse): void {
    if (this.response !== response) return;
    this.response = undefined;
    clearInterval(this.ping);
    this.free();
  }
}

/** The parts of an event id of ours: which stream, and after which event. Attacker-controlled. */
export function parseEventId(text: string): { readonly key: string; readonly seq: number } | undefined {
  const parts = /^([a-z0-9]{1,16})-(\d{1,9})$/.exec(text);
  return parts === null ? undefined : { key: parts[1] ?? "", seq: Number(parts[2]) };
}
