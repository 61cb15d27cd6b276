/** The server's side of the relay: what was asked of it, and what came of each question. */
import type { Observation } from "../abi/ports.js";
import { afterResult, beforeSending } from "./learned.js";
import { lineToSend, observeError, observeResult, type Answer, type McpRequest } from "./observed.js";
import type { Exchange, Session } from "./session.js";
import type { ErrorMessage, ResultMessage } from "./wire/message.js";
import { notificationLine } from "./wire/write.js";

export type { Answer, McpRequest } from "./observed.js";

interface Waiting {
  readonly exchange: Exchange;
  readonly finish: (answer: Answer) => void;
}

export interface UpstreamParts {
  readonly session: Session;
  /** Sends one line to the server. */
  readonly send: (line: string) => void;
  /** How long one question may wait, in milliseconds. */
  readonly timeoutMs: number;
}

export class Upstream {
  private readonly waiting = new Map<Exchange, Waiting>();
  private isGone = false;
  private readonly parts: UpstreamParts;

  constructor(parts: UpstreamParts) {
    this.parts = parts;
  }

  /** How long one question may wait, in milliseconds. */
  get timeoutMs(): number {
    return this.parts.timeoutMs;
  }

  /** The kernel's `act` port: forwards an allowed request and waits for what comes of it. Never rejects. */
  async act(call: string, request: McpRequest, sent: string | undefined): Promise<Observation> {
    const { session } = this.parts;
    // A call that was cancelled while its decision was being recorded never reaches the server. Nor does one that was
    // decided for a server that has gone meanwhile: the one in its place may be another.
    if (!session.isCurrent(request.exchange) || !session.forward(request.exchange, call)) {
      request.answer = { kind: session.release(request.exchange) ? "gone" : "cancelled" };
      return { status: "not-sent" };
    }
    const line = lineToSend(request, sent);
    const answer = line === undefined ? this.unsent(request) : await this.send(request, line);
    request.answer = answer;
    if (answer.kind === "result") return observeResult(request, answer.message);
    if (answer.kind === "error") return observeError(request, answer.message);
    return { status: STATUS[answer.kind] };
  }

  private async send(request: McpRequest, line: string): Promise<Answer> {
    const { memory } = this.parts.session;
    const undo = beforeSending(memory, request);
    const answer = await this.ask(request.exchange, line);
    if (answer.kind === "result") afterResult(memory, request, answer.message.result);
    else undo();
    return answer;
  }

  private unsent({ exchange }: McpRequest): Answer {
    this.parts.session.release(exchange);
    return { kind: "broken" };
  }

  /**
   * Sends a question and settles with its answer, its timeout, its cancellation or the end of the server. One whose
   * answer is the end of a stream has no timeout.
   */
  ask(exchange: Exchange, line: string, isStream = false): Promise<Answer> {
    return this.isGone || !this.parts.session.isCurrent(exchange)
      ? this.refuse(exchange)
      : this.wait(exchange, line, isStream);
  }

  /** Asks a server that has just come something of agentk's own, while everybody else waits. */
  greet(exchange: Exchange, line: string): Promise<Answer> {
    return this.parts.session.isCurrent(exchange) ? this.wait(exchange, line, false) : this.refuse(exchange);
  }

  private refuse(exchange: Exchange): Promise<Answer> {
    return Promise.resolve({ kind: this.parts.session.release(exchange) ? "gone" : "cancelled" });
  }

  private wait(exchange: Exchange, line: string, isStream: boolean): Promise<Answer> {
    return new Promise((resolve) => {
      const timer = isStream
        ? undefined
        : setTimeout(() => {
            this.timeOut(exchange);
          }, this.parts.timeoutMs);
      const finish = (answer: Answer): void => {
        clearTimeout(timer);
        this.waiting.delete(exchange);
        resolve(answer);
      };
      this.waiting.set(exchange, { exchange, finish });
      this.parts.send(line);
    });
  }

  /** The server answered. Late answers and answers to nothing go nowhere; the relay records them. */
  answered(
    message: ResultMessage | ErrorMessage,
  ): { readonly stray: "late" | "orphan"; readonly call?: string } | undefined {
    const settled = message.id === null ? undefined : this.parts.session.settle(message.id);
    if (settled === undefined) return { stray: "orphan" };
    const { exchange, late } = settled;
    if (late) return { stray: "late", ...(exchange.call === undefined ? {} : { call: exchange.call }) };
    const waiting = this.waiting.get(exchange);
    waiting?.finish(message.form === "result" ? { kind: "result", message } : { kind: "error", message });
    return undefined;
  }

  /** The client no longer wants an answer; the server is told so, if it was ever asked, and not in the client's words. */
  cancel(exchange: Exchange): void {
    const wasForwarded = exchange.isForwarded;
    if (!this.parts.session.abandon(exchange)) return;
    if (wasForwarded) this.parts.send(notificationLine("notifications/cancelled", { requestId: exchange.id }));
    this.waiting.get(exchange)?.finish({ kind: "cancelled" });
  }

  /** The server has ended a stream by itself: there is nothing to tell it. */
  ended(exchange: Exchange): void {
    if (this.parts.session.abandon(exchange)) this.waiting.get(exchange)?.finish({ kind: "cancelled" });
  }

  /** No server is there: nothing could be asked of it, not even what it lists. */
  get hasGone(): boolean {
    return this.isGone;
  }

  /** A server is there again. */
  back(): void {
    this.isGone = false;
  }

  /** The server is gone: one clear answer for each question that waits, and for each that comes until one is back. */
  gone(): void {
    this.isGone = true;
    for (const { exchange, finish } of [...this.waiting.values()]) {
      this.parts.session.release(exchange);
      finish({ kind: "gone" });
    }
  }

  private timeOut(exchange: Exchange): void {
    this.parts.session.abandon(exchange);
    // MCP: `initialize` is never cancelled. Its timeout has closed the session.
    if (exchange.method !== "initialize") {
      this.parts.send(notificationLine("notifications/cancelled", { reason: "timeout", requestId: exchange.id }));
    }
    this.waiting.get(exchange)?.finish({ kind: "timeout" });
  }
}

const STATUS = { broken: "not-sent", timeout: "timeout", cancelled: "cancelled", gone: "child-exited" } as const;
