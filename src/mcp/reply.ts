/** What the client is told: made from what the kernel decided, recorded and let through, and from nothing else. */
import type { Judged } from "../kernel/dispatch.js";
import { withoutAgentkMeta } from "./methods/claims.js";
import type { Answer, McpRequest } from "./upstream.js";
import type { RequestId } from "./wire/message.js";
import { downstreamError, denialError, ownError, resultLine, toolDenial } from "./wire/write.js";

type Replied = Pick<McpRequest, "exchange" | "answer"> & Partial<Pick<McpRequest, "contract">>;

/** The line that answers a request; `undefined` for a cancelled one, which MCP leaves unanswered. */
export function replyTo(request: Replied, judged?: Judged): string | undefined {
  const { exchange, answer } = request;
  if (judged?.decision.verdict === "deny") return denialLine(request, judged);
  if (judged !== undefined && isWithheld(judged)) return ownError(exchange.id, "withheld", judged.call);
  return answer === undefined ? undefined : answerLine(exchange.id, answer, judged?.call);
}

function denialLine({ exchange, contract }: Replied, { decision, call }: Judged): string {
  const { id } = exchange;
  return contract?.denial === "tool-result" ? toolDenial(id, decision, call) : denialError(id, decision, call);
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
