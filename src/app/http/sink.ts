/** The answer to one POST: a JSON body, or a stream of events once something is said before the answer. */
import type { ServerResponse } from "node:http";
import { HTTP_STALL_MS } from "../../base/limits.js";
import { sendJson } from "../../host/http-answer.js";
import type { CallSink } from "./calls.js";
import { EventStream } from "./stream.js";

/** More than this unsent, and the server is held back. */
const HIGH_WATER_BYTES = 64 * 1024;

export interface SinkParts {
  readonly response: ServerResponse;
  /** The event stream's name; undefined when it cannot be resumed. */
  readonly key: string | undefined;
  readonly prefersStream: boolean;
  /** A stream begins with an event that says nothing and has an id. */
  readonly isPrimed?: boolean;
  /** Of the answer, asked when it begins. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** The status that goes with an answer; an error's code, or undefined for a result. */
  readonly statusOf: (code: number | undefined) => number;
  /** The answer is there, before it is sent. */
  readonly onAnswer?: (line: string, code: number | undefined) => void;
  readonly onFree: () => void;
  readonly onStream?: (stream: EventStream) => void;
  readonly stallMs?: number;
}

export class HttpSink implements CallSink {
  private readonly parts: SinkParts;
  private stream: EventStream | undefined;

  constructor(parts: SinkParts) {
    this.parts = parts;
    // One that cannot be resumed waits: an error may have a status of its own, and a stream has only 200.
    if (parts.prefersStream && parts.key !== undefined) this.begin();
  }

  /** Whether something that is not about this call may be sent along (MCP 2025-11-25, transports: server requests). */
  get isOpen(): boolean {
    return !this.parts.response.destroyed;
  }

  send(line: string, { isLast, code }: { readonly isLast: boolean; readonly code?: number }): boolean {
    if (isLast) this.parts.onAnswer?.(line, code);
    if (isLast && this.stream === undefined && !this.isToStream(code)) return this.sendBody(line, code);
    const stream = this.stream ?? this.begin();
    const isFree = stream.send(line);
    if (isLast) stream.end();
    return isFree;
  }

  /** A cancelled call has no answer: a stream that ends without one. */
  drop(): void {
    (this.stream ?? this.begin()).end();
  }

  private isToStream(code: number | undefined): boolean {
    const { prefersStream, statusOf } = this.parts;
    return prefersStream && statusOf(code) === 200;
  }

  private begin(): EventStream {
    const { response, key, onFree, onStream, headers, stallMs, isPrimed = false } = this.parts;
    this.stream = new EventStream({ key, onFree, ...(stallMs === undefined ? {} : { stallMs }) });
    onStream?.(this.stream);
    if (response.destroyed) return this.stream;
    this.stream.attach(response, headers());
    if (isPrimed) this.stream.prime();
    return this.stream;
  }

  /** False until a large body has been read: whoever does not read holds its server back. */
  private sendBody(text: string, code: number | undefined): boolean {
    const { response, statusOf, headers, onFree, stallMs } = this.parts;
    if (response.destroyed) return true;
    sendJson(response, { status: statusOf(code), text, headers: headers() });
    if (response.writableLength <= HIGH_WATER_BYTES) return true;
    const stall = setTimeout(() => response.destroy(), stallMs ?? HTTP_STALL_MS).unref();
    response.on("close", () => {
      clearTimeout(stall);
      onFree();
    });
    return false;
  }
}
