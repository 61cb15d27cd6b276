/** What an answer of either side is to the kernel, and what is sent in place of a question that a `transform` changed. */
import type { Observation } from "../abi/ports.js";
import { openPayload, type SyscallRequest } from "../abi/request.js";
import { canonicalJson } from "../base/canonical.js";
import type { JsonObject } from "../base/json.js";
import type { RequestContract } from "./methods/contract.js";
import type { Exchange } from "./wire/exchanges.js";
import type { ErrorMessage, ResultMessage } from "./wire/message.js";
import { requestLine } from "./wire/write.js";

/** What came of one question. `broken`: an answer against the contract, or a question that could not be changed. */
export type Answer =
  | { readonly kind: "result"; readonly message: ResultMessage }
  | { readonly kind: "error"; readonly message: ErrorMessage }
  | { readonly kind: "broken" }
  | { readonly kind: "timeout" }
  | { readonly kind: "cancelled" }
  | { readonly kind: "gone" };

/** A syscall request that came over MCP, from either side: with the line to forward, and room for the answer. */
export interface McpRequest extends SyscallRequest {
  readonly exchange: Exchange;
  readonly contract: RequestContract;
  /** Of the line. */
  readonly params: JsonObject;
  /** The canonical text of exactly what was judged. */
  readonly line: string;
  /** Whether a result is not what the tool's output schema says. */
  readonly resultFault?: (result: JsonObject) => boolean;
  /** What is done in place of sending the line: for what is no plain question and answer. Never rejects. */
  readonly perform?: (call: string, sent: string | undefined) => Promise<Observation>;
  /** Set by `act`: what the reply is made from once the kernel has recorded it. */
  answer?: Answer;
}

/** A right-shaped result that answers what was asked; anything else is an answer against the contract. */
export function observeResult(request: McpRequest, message: ResultMessage): Observation {
  const { contract, params } = request;
  const page = pageOf(request, resultText(message), "result");
  const fault = contract.result.check(message.result, "") ?? contract.answerFault?.(message.result, params);
  if (fault !== undefined || request.resultFault?.(message.result) === true) {
    request.answer = { kind: "broken" };
    return { status: "invalid-answer", page };
  }
  return { status: message.result["isError"] === true ? "tool-error" : "ok", page };
}

export function observeError(request: McpRequest, message: ErrorMessage): Observation {
  return { status: "rpc-error", page: pageOf(request, canonicalJson({ ...message.error }), "error") };
}

/** The whole result or error as one page: everything the other side could come to see of it. */
function pageOf(
  { exchange }: McpRequest,
  canonical: string,
  part: "result" | "error",
): NonNullable<Observation["page"]> {
  return { method: `${exchange.method}#${part}`, content: openPayload(canonical) };
}

/** INVARIANT: in a message's RFC 8785 text the members stand in the order `id`, `jsonrpc`, `result`, and there is no other. */
function resultText({ id, canonical }: ResultMessage): string {
  const before = `{"id":${JSON.stringify(id)},"jsonrpc":"2.0","result":`;
  return canonical.slice(before.length, -1);
}

/**
 * The line to send: with the arguments that a `transform` made, in place of those that were judged. Undefined when the
 * changed message would not pass its contract: then nothing may be sent.
 */
export function lineToSend(request: McpRequest, sent: string | undefined): string | undefined {
  const { contract, exchange, line, params } = request;
  if (sent === undefined) return line;
  const changed = JSON.parse(sent) as JsonObject;
  const made = contract.withArguments?.(params, changed) ?? { ...params, arguments: changed };
  return contract.params.check(made, "") === undefined ? requestLine(exchange.id, exchange.method, made) : undefined;
}
