/** Answers to requests of 2026-07-28, made from what the kernel let through and from nothing else. */
import { mayPass } from "../../abi/decision.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import type { Judged } from "../../kernel/dispatch.js";
import { handedOn } from "../handed.js";
import { withoutAgentkMeta } from "../methods/claims.js";
import type { Grants } from "../methods/granted.js";
import type { McpRequest } from "../observed.js";
import { replyTo } from "../reply.js";
import { RPC } from "../wire/codes.js";
import type { RequestId, RpcError } from "../wire/message.js";
import { REVISIONS } from "../wire/revisions.js";
import { denialError, errorLine, ownError, resultLine } from "../wire/write.js";
import type { ModernRequest } from "./contracts/contract.js";
import { cutServer } from "./grants.js";
import { toClient } from "./results.js";
import { isModernCode, META, MODERN, UNSUPPORTED_VERSION } from "./revision.js";

const SPOKEN: readonly unknown[] = [MODERN, ...REVISIONS];

/** The server's result as it may be handed on; undefined when there is none, or none of it may. */
export function handedResult(request: McpRequest, judged: Judged): JsonObject | undefined {
  const { answer } = request;
  if (answer?.kind !== "result" || judged.page === undefined || !mayPass(judged.decision.verdict)) return undefined;
  const handed = handedOn(judged.page, answer.message.result);
  return handed === undefined ? undefined : withoutAgentkMeta(handed);
}

/** The answer with a complete result of the server's. */
export function completeLine(id: RequestId, contract: ModernRequest, handed: JsonObject, grants: Grants): string {
  const result = toClient(handed, contract);
  if (contract.method !== "server/discover") return resultLine(id, result);
  const versions = result["supportedVersions"] as readonly JsonValue[];
  const supportedVersions = versions.filter((version) => SPOKEN.includes(version));
  if (supportedVersions.length === 0) return ownError(id, "invalid-answer");
  const capabilities = cutServer(result["capabilities"] as JsonObject, grants);
  return resultLine(id, { ...result, capabilities, supportedVersions });
}

/** What a client learns of a server that the policy does not let describe itself: no text of the server's. */
export function withoutText(result: JsonObject, server: string): JsonObject {
  const { capabilities = {}, supportedVersions = [] } = result;
  const serverInfo = { name: server, version: "0" };
  return { _meta: { [META.serverInfo]: serverInfo }, capabilities, resultType: "complete", supportedVersions };
}

/** The answer where there is no result of the server's to hand on. Undefined for a cancelled request. */
export function otherLine(request: McpRequest, judged: Judged): string | undefined {
  const { answer, exchange } = request;
  if (answer?.kind === "error" && isModernCode(answer.message.error.code) && isDelivered(judged))
    return modernError(exchange.id, answer.message.error);
  // A client that looks for this revision goes on with `initialize` only after an error that older servers have too.
  if (exchange.method === "server/discover" && !mayPass(judged.decision.verdict))
    return denialError(exchange.id, judged.decision, judged.call, { rpcCode: RPC.methodNotFound, detail: HIDDEN });
  const line = replyTo(request, judged);
  if (line === undefined) return undefined;
  return isNotFound(request) && isDelivered(judged) ? withUri(line, request.params) : withResultType(line);
}

/** MCP 2026-07-28, resources: the error of a resource that there is not repeats its URI. */
function isNotFound({ answer, exchange, params }: McpRequest): boolean {
  if (answer?.kind !== "error" || exchange.method !== "resources/read") return false;
  const { code, data } = answer.message.error;
  return code === RPC.invalidParams && isJsonObject(data) && data["uri"] === params["uri"];
}

/** INVARIANT: the URI is the client's own. */
function withUri(line: string, { uri = null }: JsonObject): string {
  const { id, error } = JSON.parse(line) as { id: RequestId; error: RpcError };
  return errorLine(id, { ...error, data: { uri } });
}

const HIDDEN = "the policy does not let the server describe itself";

function isDelivered({ decision, delivery }: Judged): boolean {
  return mayPass(decision.verdict) && delivery !== undefined && mayPass(delivery.verdict);
}

/** A result of agentk's own, such as a denied tool call, says like every other that it is complete. */
export function withResultType(line: string): string {
  const { id, result } = JSON.parse(line) as { id: RequestId; result?: JsonObject };
  return result === undefined ? line : resultLine(id, { ...result, resultType: "complete" });
}

/**
 * An error by which a client knows a modern server, with words of ours. Attacker-controlled: code, message and data.
 * INVARIANT: of the data only known names pass.
 */
function modernError(id: RequestId, { code, data }: RpcError): string {
  const given = isJsonObject(data) ? data : {};
  if (code === UNSUPPORTED_VERSION) {
    const supported = Array.isArray(given["supported"]) ? given["supported"] : [];
    const known: JsonObject = { requested: MODERN, supported: supported.filter((one) => SPOKEN.includes(one)) };
    return errorLine(id, { code, message: "the server does not speak this revision", data: known });
  }
  const required = isJsonObject(given["requiredCapabilities"]) ? given["requiredCapabilities"] : {};
  const names = ["elicitation", "roots", "sampling"].filter((name) => Object.hasOwn(required, name));
  const requiredCapabilities = Object.fromEntries(names.map((name) => [name, {}]));
  return errorLine(id, { code, message: "the server refuses the request's envelope", data: { requiredCapabilities } });
}
