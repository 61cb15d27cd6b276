/**
 * Answers that a client sends before the server has asked, where the policy has them used (`[mcp] early_answers`). The
 * server never sees them with the request: it asks, the question is decided, and only then do they count as its answers.
 */
import { randomBytes } from "node:crypto";
import type { JsonObject } from "../../base/json.js";
import type { RequestId, RequestMessage, RpcError } from "../wire/message.js";
import { errorLine, resultLine } from "../wire/write.js";
import type { Grants } from "../methods/granted.js";
import { answersIn, hasUnasked, isOurs, withoutAnswers, type Pending, type Redeemed } from "./retry.js";

interface Split {
  /** What of the params may go on. */
  readonly params: JsonObject;
  readonly hasUnasked: boolean;
  readonly retry?: Redeemed;
  readonly early?: JsonObject;
}

/**
 * INVARIANT: what is no retry brings no answers: none of them has a question that was decided. A server would ignore
 * them (MCP 2026-07-28, multi-round-trip requests); this one does not get them before it has asked.
 */
export function splitAnswers(
  mayAsk: boolean,
  params: JsonObject,
  [retry, { earlyAnswers }]: readonly [Redeemed | undefined, Pick<Grants, "earlyAnswers">],
): Split {
  if (!mayAsk) return { params, hasUnasked: false };
  const isMore = hasUnasked(params, retry?.answers ?? []);
  if (retry !== undefined) return { params, hasUnasked: isMore, retry };
  const early = earlyAnswers && isMore ? { early: params["inputResponses"] as JsonObject } : {};
  return { params: withoutAnswers(params), hasUnasked: isMore && !earlyAnswers, ...early };
}

/** Params of the retry that the client would send; undefined when it has not answered all that it is asked, or not rightly. */
export function earlyRetry(
  pending: Pending,
  { params, handle, early }: { readonly params: JsonObject; readonly handle: string; readonly early: JsonObject },
): JsonObject | undefined {
  const retry = { ...params, inputResponses: early, requestState: handle };
  const answers = answersIn(pending, retry);
  const asked = pending.questions.filter((question) => !isOurs(question));
  return answers.ok && asked.length > 0 && answers.value.length === asked.length ? retry : undefined;
}

/** INVARIANT: a random id, so that no answer can be made for it beforehand and no client can cancel it. */
export function earlyMessage(method: string, params: JsonObject): RequestMessage {
  const id = `agentk:${randomBytes(16).toString("hex")}`;
  return { form: "request", id, method, params, canonical: "" };
}

/** The answer to agentk's own request, as that to the client's. */
export function withId(line: string, id: RequestId): string {
  const { result, error } = JSON.parse(line) as { readonly result?: JsonObject; readonly error?: RpcError };
  return error === undefined ? resultLine(id, result ?? {}) : errorLine(id, error);
}
