/**
 * One line of JSON-RPC 2.0 in, one message or one fault out. Attacker-controlled: every byte, from both sides.
 * Stricter than JSON-RPC and than both MCP SDKs: whatever two readers could understand differently is a fault.
 */
import { Buffer, isUtf8 } from "node:buffer";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { MAX_ID_CHARS, MAX_LINE_BYTES, MAX_NAME_CHARS } from "../../base/limits.js";
import { err, ok, type Result } from "../../base/result.js";
import { parseStrictJson } from "../../base/strict-json.js";
import { wireFault, type WireFault, type WireFaultCode } from "./faults.js";
import type { Message, RequestId, RpcError } from "./message.js";

const ENVELOPE_MEMBERS: ReadonlySet<string> = new Set(["jsonrpc", "id", "method", "params", "result", "error"]);
const ERROR_MEMBERS: ReadonlySet<string> = new Set(["code", "message", "data"]);

/** Reads one line without its line end. A byte order mark is a fault, as RFC 8259 section 8.1 allows. */
export function readMessage(bytes: Uint8Array, origin: "client" | "server"): Result<Message, WireFault> {
  if (bytes.length > MAX_LINE_BYTES) return err(wireFault("line-too-long", null));
  if (!isUtf8(bytes)) return err(wireFault("not-utf8", null));
  const read = parseStrictJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  if (!read.ok) return err(wireFault(read.error.code, null));
  const { value, canonical } = read.value;
  if (Array.isArray(value)) return err(wireFault("batch", null));
  if (!isJsonObject(value)) return err(wireFault("not-an-object", null));
  // RFC 8785 can lengthen a number (1e15), and what is written here must fit the other side's buffer too.
  const isTooLong = Buffer.byteLength(canonical) > MAX_LINE_BYTES;
  const message = isTooLong ? "line-too-long" : readEnvelope(value, canonical, origin);
  return typeof message === "string" ? err(wireFault(message, answerableId(value))) : ok(message);
}

/** True for an id that both sides read alike: a string of bounded length or a safe integer. */
function isRequestId(value: JsonValue | undefined): value is RequestId {
  return typeof value === "string" ? value.length <= MAX_ID_CHARS : Number.isSafeInteger(value);
}

/**
 * The id an error answer may carry. Not that of a broken answer: it lives among the other side's ids,
 * and echoing it could end an unrelated request of the sender that happens to have the same one.
 */
function answerableId(envelope: JsonObject): RequestId | null {
  const isAnswer = Object.hasOwn(envelope, "result") || Object.hasOwn(envelope, "error");
  if (isAnswer && !Object.hasOwn(envelope, "method")) return null;
  const id = envelope["id"];
  return isRequestId(id) ? id : null;
}

function readEnvelope(envelope: JsonObject, canonical: string, origin: "client" | "server"): Message | WireFaultCode {
  if (envelope["jsonrpc"] !== "2.0") return "bad-version";
  if (!Object.keys(envelope).every((name) => ENVELOPE_MEMBERS.has(name))) return "unknown-envelope-member";
  const forms = ["method", "result", "error"].filter((name) => Object.hasOwn(envelope, name));
  if (forms.length !== 1) return "ambiguous-envelope";
  if (forms[0] === "method") return readCall(envelope, canonical);
  if (Object.hasOwn(envelope, "params")) return "ambiguous-envelope";
  return forms[0] === "result" ? readResult(envelope, canonical) : readError(envelope, canonical, origin);
}

function readCall(envelope: JsonObject, canonical: string): Message | WireFaultCode {
  const { id, method, params } = envelope;
  if (id !== undefined && !isRequestId(id)) return "bad-id";
  if (typeof method !== "string" || method === "" || method.length > MAX_NAME_CHARS) return "bad-method";
  if (params !== undefined && !isJsonObject(params)) return "bad-params";
  const call = params === undefined ? { method, canonical } : { method, params, canonical };
  return id === undefined ? { form: "notification", ...call } : { form: "request", id, ...call };
}

function readResult(envelope: JsonObject, canonical: string): Message | WireFaultCode {
  const { id, result } = envelope;
  if (!isRequestId(id)) return "bad-id";
  return isJsonObject(result) ? { form: "result", id, result, canonical } : "bad-result";
}

/**
 * A server that could not read a request answers without its id: null (JSON-RPC 2.0 section 5) or none
 * (schema 2025-11-25, JSONRPCErrorResponse). A client has no such case: nothing unreadable is ever sent to it.
 */
function readError(envelope: JsonObject, canonical: string, origin: "client" | "server"): Message | WireFaultCode {
  const { id = null, error } = envelope;
  const isNameless = id === null && origin === "server";
  if (!isNameless && !isRequestId(id)) return "bad-id";
  return isRpcError(error) ? { form: "error", id: isNameless ? null : id, error, canonical } : "bad-error";
}

function isRpcError(value: JsonValue | undefined): value is JsonObject & RpcError {
  if (!isJsonObject(value)) return false;
  if (!Object.keys(value).every((name) => ERROR_MEMBERS.has(name))) return false;
  return Number.isSafeInteger(value["code"]) && typeof value["message"] === "string";
}
