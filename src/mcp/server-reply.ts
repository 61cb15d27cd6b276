/** What a server is told of its question: the client's answer as it was let through, or an error that says no more than that. */
import { mayPass } from "../abi/decision.js";
import type { JsonObject } from "../base/json.js";
import type { Judged } from "../kernel/dispatch.js";
import { handedOn } from "./handed.js";
import { withoutAgentkMeta } from "./methods/claims.js";
import type { Answer, McpRequest } from "./observed.js";
import type { Refused } from "./refused.js";
import { OWN_ERRORS, RPC } from "./wire/codes.js";
import type { RequestId } from "./wire/message.js";
import { errorLine, resultLine } from "./wire/write.js";

/** INVARIANT: nothing of the policy is in it: a server that could tell rules apart could probe them. */
export function serverReply(request: McpRequest, judged: Judged): string | undefined {
  const { exchange, answer } = request;
  if (!mayPass(judged.decision.verdict)) return says(exchange.id, "denied", "the request was denied");
  if (answer?.kind === "cancelled") return undefined;
  if (answer === undefined || judged.observation === undefined || judged.delivery?.verdict === "deny")
    return says(exchange.id, "withheld", "the answer was withheld");
  return answer.kind === "result" ? resultFor(exchange.id, answer.message.result, judged) : failed(exchange.id, answer);
}

/** The refusal of a question before any policy was asked. */
export function serverRefusal(id: RequestId, { rpcCode, detail }: Refused): string {
  return errorLine(id, { code: rpcCode, message: detail });
}

function resultFor(id: RequestId, result: JsonObject, { page }: Judged): string {
  const handed = page === undefined ? undefined : handedOn(page, result);
  return handed === undefined
    ? says(id, "withheld", "the answer was withheld")
    : resultLine(id, withoutAgentkMeta(handed));
}

function failed(id: RequestId, answer: Exclude<Answer, { kind: "result" | "cancelled" }>): string {
  switch (answer.kind) {
    case "error":
      return clientError(id, answer.message.error.code);
    case "broken":
      return says(id, "invalid-answer", "the client's answer broke its contract and was withheld");
    case "timeout":
      return says(id, "timeout", "the client did not answer in time");
    case "gone":
      return says(id, "server-gone", "the client is gone");
  }
}

/** What may be said of a client's error. -1: the person refused (MCP 2025-11-25, sampling). */
const CLIENT_CODES: ReadonlyMap<number, string> = new Map([
  [-1, "the user rejected the request"],
  [RPC.invalidRequest, "the client calls the request invalid"],
  [RPC.methodNotFound, "the client does not have this method"],
  [RPC.invalidParams, "the client does not accept these params"],
  [RPC.internalError, "the client reports an internal error"],
]);

/** INVARIANT: no text of the client's error passes: it may quote what its user has typed. */
function clientError(id: RequestId, code: number): string {
  const message = CLIENT_CODES.get(code);
  return message === undefined
    ? says(id, "server-error", "the client reported an error")
    : errorLine(id, { code, message });
}

function says(id: RequestId, name: keyof typeof OWN_ERRORS, message: string): string {
  return errorLine(id, { code: OWN_ERRORS[name].code, message });
}
