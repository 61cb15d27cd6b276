/** The server's side of the relay: what was asked of it, and what came of each question. */
import type { Observation } from "../abi/ports.js";
import { openPayload, type SyscallRequest } from "../abi/request.js";
import { canonicalJson } from "../base/canonical.js";
import type { JsonObject } from "../base/json.js";
import type { RequestContract } from "./methods/contract.js";
import type { Exchange, Session } from "./session.js";
import type { ErrorMessage, RequestId, ResultMessage } from "./wire/message.js";
import { notificationLine, requestLine } from "./wire/write.js";

/** What came of one question. `broken`: an answer against the contract. */
export type Answer =
  | { readonly kind: "result"; readonly message: ResultMessage }
  | { readonly kind: "error"; readonly message: ErrorMessage }
  | { readonly kind: "broken" }
  | { readonly kind: "timeout" }
  | { readonly kind: "cancelled" }
  | { readonly kind: "gone" };

/** A syscall request that came over MCP: with the line to forward, and room for the answer. */
export interface McpRequest extends SyscallRequest {
  readonly exchange: Exchange;
  readonly contract: RequestContract;
  /** The canonical text of exactly what was judged. */
  readonly line: string;
  /** Whether a result is not what the tool's output schema says. */
  readonly resultFault?: (result: JsonObject) => boolean;
  /** Set by `act`: what the reply is made from once the kernel has recorded it. */
  answer?: Answer;
}

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

  /** The kernel's `act` port: forwards an allowed request and waits for what comes of it. Never rejects. */
  async act(call: string, request: McpRequest, sent: string | undefined): Promise<Observation> {
    // A call that was cancelled while its decision was being recorded never reaches the server.
    if (!this.parts.session.forward(request.exchange, call)) {
      request.answer = { kind: "cancelled" };
      return { status: "not-sent" };
    }
    const answer = await this.ask(
      request.exchange,
      sent === undefined ? request.line : changedLine(request.line, sent),
    );
    request.answer = answer;
    if (answer.kind === "result") return this.observeResult(request, answer.message);
    if (answer.kind === "error") return { status: "rpc-error", page: pageOf(request, answer.message, "error") };
    return { status: STATUS[answer.kind] };
  }

  /** Sends a question and settles with its answer, its timeout, its cancellation or the end of the server. */
  ask(exchange: Exchange, line: string): Promise<Answer> {
    return new Promise((resolve) => {
      if (this.isGone) {
        this.parts.session.release(exchange);
        resolve({ kind: "gone" });
        return;
      }
      const timer = setTimeout(() => {
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

  /** The server is gone: one clear answer for each question that waits. */
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

  private observeResult(request: McpRequest, message: ResultMessage): Observation {
    const page = pageOf(request, message, "result");
    const isBroken = request.contract.result.check(message.result, "") !== undefined;
    if (isBroken || request.resultFault?.(message.result) === true) {
      request.answer = { kind: "broken" };
      return { status: "invalid-answer", page };
    }
    return { status: message.result["isError"] === true ? "tool-error" : "ok", page };
  }
}

const STATUS = { broken: "invalid-answer", timeout: "timeout", cancelled: "cancelled", gone: "child-exited" } as const;

/** The whole result or error as one page: everything the agent could come to see of it. */
function pageOf(
  request: McpRequest,
  message: ResultMessage | ErrorMessage,
  part: "result" | "error",
): NonNullable<Observation["page"]> {
  const body = message.form === "result" ? message.result : { ...message.error };
  return { method: `${request.exchange.method}#${part}`, content: openPayload(canonicalJson(body)) };
}

/** The request with the arguments that a `transform` made, in place of those that were judged. */
function changedLine(line: string, sent: string): string {
  const { id, method, params } = JSON.parse(line) as { id: RequestId; method: string; params: JsonObject };
  return requestLine(id, method, { ...params, arguments: JSON.parse(sent) as JsonObject });
}
