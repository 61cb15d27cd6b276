/** The client's side of the relay: what a server has asked of it, and what came of each question. */
import type { Observation, Ports } from "../abi/ports.js";
import { lineToSend, observeError, observeResult, type Answer, type McpRequest } from "./observed.js";
import type { Exchange, Session } from "./session.js";
import type { Upstream } from "./upstream.js";
import type { ErrorMessage, ResultMessage } from "./wire/message.js";
import { notificationLine } from "./wire/write.js";

export interface DownstreamParts {
  readonly session: Session;
  /** Sends one line to the client. */
  readonly send: (line: string) => void;
  /** How long one question may wait, in milliseconds. */
  readonly timeoutMs: number;
}

export class Downstream {
  private readonly waiting = new Map<Exchange, (answer: Answer) => void>();
  private isGone = false;
  private readonly parts: DownstreamParts;

  constructor(parts: DownstreamParts) {
    this.parts = parts;
  }

  /** The kernel's `act` port for what a server asks: the client gets the question. Never rejects. */
  async act(call: string, request: McpRequest, sent: string | undefined): Promise<Observation> {
    const { questions, memory } = this.parts.session;
    const line = lineToSend(request, sent);
    // A question that the server gave up while it was being decided never reaches the client.
    if (line === undefined || !questions.forward(request.exchange, call)) {
      request.answer = questions.release(request.exchange) ? { kind: "broken" } : { kind: "cancelled" };
      return { status: "not-sent" };
    }
    const { elicitationId } = request.params;
    if (typeof elicitationId === "string") memory.elicit(elicitationId);
    const answer = await this.ask(request.exchange, line);
    request.answer = answer;
    if (answer.kind === "result") return observeResult(request, answer.message);
    if (answer.kind === "error") return observeError(request, answer.message);
    return { status: STATUS[answer.kind] };
  }

  /** The client answered. Late answers and answers to nothing go nowhere; the relay records them. */
  answered(
    message: ResultMessage | ErrorMessage,
  ): { readonly stray: "late" | "orphan"; readonly call?: string } | undefined {
    const settled = message.id === null ? undefined : this.parts.session.questions.settle(message.id);
    if (settled === undefined) return { stray: "orphan" };
    const { exchange, late } = settled;
    if (late) return { stray: "late", ...(exchange.call === undefined ? {} : { call: exchange.call }) };
    this.waiting.get(exchange)?.(message.form === "result" ? { kind: "result", message } : { kind: "error", message });
    return undefined;
  }

  /** The server no longer wants an answer; the client is told so, if it was ever asked, and not in the server's words. */
  cancel(exchange: Exchange): void {
    this.giveUp(exchange, { kind: "cancelled" });
  }

  /** The server is gone: nobody wants an answer to what it has asked, and the client is told so. */
  lost(): void {
    for (const exchange of this.parts.session.questions.underWay) this.giveUp(exchange, { kind: "cancelled" });
  }

  /** The client is gone: no question waits for it any more. */
  gone(): void {
    this.isGone = true;
    for (const [exchange, finish] of [...this.waiting]) {
      this.parts.session.questions.release(exchange);
      finish({ kind: "gone" });
    }
  }

  private ask(exchange: Exchange, line: string): Promise<Answer> {
    return new Promise((resolve) => {
      if (this.isGone) {
        this.parts.session.questions.release(exchange);
        resolve({ kind: "gone" });
        return;
      }
      const timer = setTimeout(() => {
        this.giveUp(exchange, { kind: "timeout" });
      }, this.parts.timeoutMs);
      this.waiting.set(exchange, (answer) => {
        clearTimeout(timer);
        this.waiting.delete(exchange);
        resolve(answer);
      });
      this.parts.send(line);
    });
  }

  private giveUp(exchange: Exchange, answer: Answer): void {
    const wasForwarded = exchange.isForwarded;
    if (!this.parts.session.questions.abandon(exchange)) return;
    if (wasForwarded) this.parts.send(notificationLine("notifications/cancelled", { requestId: exchange.id }));
    this.waiting.get(exchange)?.(answer);
  }
}

/** A client that is gone may have shown the question to somebody. */
const STATUS = { broken: "not-sent", timeout: "timeout", cancelled: "cancelled", gone: "unknown" } as const;

/** INVARIANT: what a server asks goes to the client, what a client asks goes to the server, and to nobody else. */
export function actBetween(upstream: Upstream, downstream: Downstream): Ports<McpRequest>["act"] {
  return (call, request, sent) =>
    request.perform?.(call, sent) ??
    (request.from === "server" ? downstream.act(call, request, sent) : upstream.act(call, request, sent));
}
