/** What the client is told: made from what the kernel decided, recorded and let through, and from nothing else. */
import type { Judged, TakenPage } from "../kernel/dispatch.js";
import type { JsonObject } from "../base/json.js";
import { mayPass } from "../abi/decision.js";
import { handedOn, isQuarantined } from "./handed.js";
import { withoutAgentkMeta } from "./methods/claims.js";
import type { Answer, McpRequest } from "./upstream.js";
import type { RequestId } from "./wire/message.js";
import { downstreamError, denialError, ownError, quarantineStub, resultLine, toolDenial } from "./wire/write.js";

type Replied = Pick<McpRequest, "exchange" | "answer"> & Partial<Pick<McpRequest, "contract">>;

/** The line that answers a request; `undefined` for a cancelled one, which MCP leaves unanswered. */
export function replyTo(request: Replied, judged?: Judged): string | undefined {
  const { exchange, answer } = request;
  const refusal = judged === undefined ? undefined : refusalLine(request, judged);
  if (refusal !== undefined || answer === undefined) return refusal;
  const page = judged?.page;
  if (answer.kind === "result" && page !== undefined && isChanged(page)) {
    return transformedLine(request, page, answer.message.result);
  }
  return answerLine(exchange.id, answer, judged?.call);
}

/** A listing that descriptors were taken out of is handed on as it is left, whatever the policy says of it. */
function isChanged({ value, handed }: TakenPage): boolean {
  return value.delivery.verdict === "transform" || handed !== undefined;
}

function denialLine({ exchange, contract }: Replied, { decision, call }: Judged): string {
  const { id } = exchange;
  return contract?.denial === "tool-result" ? toolDenial(id, decision, call) : denialError(id, decision, call);
}

/** The answer for a call that was not made, or whose result is not handed on. */
function refusalLine(request: Replied, judged: Judged): string | undefined {
  if (!mayPass(judged.decision.verdict)) return denialLine(request, judged);
  return isWithheld(judged) ? ownError(request.exchange.id, "withheld", judged.call) : undefined;
}

/** A result as the policy changed it. A tool's whose every word is kept back leaves a stub that says so. */
function transformedLine({ exchange, contract }: Replied, page: TakenPage, result: JsonObject): string {
  const { delivery, changes, call } = page.value;
  if (isQuarantined(changes) && contract?.denial === "tool-result") return quarantineStub(exchange.id, delivery, call);
  const handed = handedOn(page, result);
  if (handed === undefined) return ownError(exchange.id, "withheld", call);
  return resultLine(exchange.id, withoutAgentkMeta(handed));
}

function isWithheld(judged: Judged): boolean {
  return judged.observation === undefined || judged.delivery?.verdict === "deny";
}

function answerLine(id: RequestId, answer: Answer, call: string | undefined): string | undefined {
  switch (answer.kind) {
    case "result": {
      // Keys of agentk's own in a server's `_meta` would pass for the kernel's evidence.
      const { message } = answer;
      const result = withoutAgentkMeta(message.result);
      return result === message.result ? message.canonical : resultLine(id, result);
    }
    case "error":
      return downstreamError(id, answer.message.error);
    case "broken":
      return ownError(id, "invalid-answer", call);
    case "timeout":
      return ownError(id, "timeout", call);
    case "gone":
      return ownError(id, "server-gone", call);
    case "cancelled":
      return undefined;
  }
}
