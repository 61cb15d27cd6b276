/** Messages out: RFC 8785 text without a line end, and the closed set of answers agentk gives in its own name. */
import { REASONS, type Decision, type ReasonCode } from "../../abi/decision.js";
import { canonicalJson } from "../../base/canonical.js";
import type { JsonObject, JsonValue } from "../../base/json.js";
import { OWN_ERRORS, RPC, type OwnError } from "./codes.js";
import { WIRE_FAULTS, type WireFault } from "./faults.js";
import type { RequestId, RpcError } from "./message.js";

/** Where agentk's evidence stands in the `_meta` of a result. */
const DECISION_KEY = "agentk/decision";

// The members of each envelope stand in RFC 8785 order, so that canonicalJson takes its quick way.

/** @throws CanonicalError when params hold what JSON cannot carry; as for every writer here. */
export function requestLine(id: RequestId, method: string, params?: JsonObject): string {
  return canonicalJson({ id, jsonrpc: "2.0", method, ...(params === undefined ? {} : { params }) });
}

export function notificationLine(method: string, params?: JsonObject): string {
  return canonicalJson({ jsonrpc: "2.0", method, ...(params === undefined ? {} : { params }) });
}

export function resultLine(id: RequestId, result: JsonObject): string {
  return canonicalJson({ id, jsonrpc: "2.0", result });
}

/** `id` is null when the message at fault had none that is valid (JSON-RPC 2.0 section 5). */
export function errorLine(id: RequestId | null, error: RpcError): string {
  const { code, message, data } = error;
  return canonicalJson({ error: { code, ...(data === undefined ? {} : { data }), message }, id, jsonrpc: "2.0" });
}

/** The answer to a line that could not be read. */
export function faultError(fault: WireFault): string {
  return errorLine(fault.id, { code: fault.rpcCode, message: WIRE_FAULTS[fault.code].says });
}

/** A denied tool call, as a result a model can read and recover from (MCP: errors of a tool are results). */
export function toolDenial(id: RequestId, decision: Decision, call?: string, refused?: RefusedBecause): string {
  const { retryable } = REASONS[decision.reason];
  const says = refused?.detail ?? REASONS[decision.reason].says;
  const hint = retryable ? "The same call may succeed later." : "Do not repeat the same call.";
  return resultLine(id, {
    _meta: { [DECISION_KEY]: decisionEvidence(decision, call) },
    content: [{ text: `agentk denied this call: ${says} (rule \`${decision.rule}\`). ${hint}`, type: "text" }],
    isError: true,
  });
}

/** What stands in the place of a tool's result that the policy keeps back whole. */
export function quarantineStub(id: RequestId, decision: Decision, call?: string): string {
  return resultLine(id, {
    _meta: { [DECISION_KEY]: decisionEvidence(decision, call) },
    content: [{ text: `agentk keeps this result back (rule \`${decision.rule}\`). The call was made.`, type: "text" }],
    // Without it a client that knows the tool's output schema would miss the structured content, and see no stub.
    isError: true,
  });
}

/** A refusal of the boundary, as far as the answer needs it: session.ts gives one. */
export interface RefusedBecause {
  readonly rpcCode: number;
  readonly detail: string;
  readonly data?: JsonObject;
}

/** A denied request that is no tool call. `refused` says more when the boundary itself refused it. */
export function denialError(id: RequestId, decision: Decision, call?: string, refused?: RefusedBecause): string {
  const why = refused?.detail ?? REASONS[decision.reason].says;
  return errorLine(id, {
    code: refused?.rpcCode ?? denialCode(decision.reason),
    message: `agentk denied this request: ${why} (rule \`${decision.rule}\`)`,
    data: { ...refused?.data, agentk: decisionEvidence(decision, call) },
  });
}

/** One of agentk's own errors with its fixed text. */
export function ownError(id: RequestId, name: OwnError, call?: string): string {
  const { code, says } = OWN_ERRORS[name];
  return errorLine(id, { code, message: says, ...(call === undefined ? {} : { data: { agentk: { call } } }) });
}

/** What may be said of a server's error: standard codes a client can act on. -32700 is ours alone to diagnose. */
const SERVER_CODES: ReadonlyMap<number, string> = new Map([
  [RPC.invalidRequest, "the server calls the request invalid"],
  [RPC.methodNotFound, "the server does not have this method"],
  [RPC.invalidParams, "the server does not accept these params"],
  [RPC.internalError, "the server reports an internal error"],
]);

/**
 * The answer for a request that the server answered with an error.
 * Attacker-controlled: code, message and data. INVARIANT: of these only the code passes, and one outside
 * SERVER_CODES passes as a number in `data`, so no server speaks with agentk's codes or in its words.
 */
export function downstreamError(id: RequestId, error: RpcError): string {
  const message = SERVER_CODES.get(error.code);
  if (message !== undefined) return errorLine(id, { code: error.code, message });
  const { code, says } = OWN_ERRORS["server-error"];
  return errorLine(id, { code, message: says, data: { agentk: { server_code: error.code } } });
}

function denialCode(reason: ReasonCode): number {
  if (reason === "no-contract" || reason === "unknown-syscall") return RPC.methodNotFound;
  if (reason === "malformed") return RPC.invalidParams;
  return reason === "lifecycle" ? RPC.invalidRequest : OWN_ERRORS.denied.code;
}

function decisionEvidence(decision: Decision, call: string | undefined): JsonValue {
  const { reason, rule, verdict } = decision;
  const { retryable } = REASONS[reason];
  return { ...(call === undefined ? {} : { call }), reason, retryable, rule, verdict };
}
