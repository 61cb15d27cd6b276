/** What the headers of Streamable HTTP say of a message, and whether it is true (MCP 2025-11-25 and 2026-07-28, transports). */
import type { IncomingHttpHeaders } from "node:http";
import { canonicalJson } from "../../base/canonical.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import type { Message, RequestMessage } from "../../mcp/wire/message.js";

export const MODERN_VERSION = "2026-07-28";

/** MCP 2026-07-28, error codes: reserved to the specification, and given here only where it says so. */
const HEADER_MISMATCH = -32020;
const INVALID_PARAMS = -32602;
const UNSUPPORTED_VERSION = -32022;

const VERSION_KEY = "io.modelcontextprotocol/protocolVersion";
const BASE64 = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;
/** Visible ASCII and inner spaces: what a header value carries as it is. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Which param of a method `Mcp-Name` repeats. */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["tasks/get", "taskId"],
  ["tasks/update", "taskId"],
  ["tasks/cancel", "taskId"],
]);

/** The version a message itself states, in its envelope; only messages of 2026-07-28 and later have one. */
export function statedVersion(params: JsonObject | undefined): string | undefined {
  const meta = params?.["_meta"];
  const version = isJsonObject(meta) ? meta[VERSION_KEY] : undefined;
  return typeof version === "string" ? version : undefined;
}

/** True for a message that is to be read by the rules of 2026-07-28: its header or its envelope says so. */
export function isModern(message: Message, headers: IncomingHttpHeaders): boolean {
  const params = "params" in message ? message.params : undefined;
  return statedVersion(params) !== undefined || isModernVersion(headers["mcp-protocol-version"]);
}

/** Versions are dates: one that is not older than 2026-07-28 has no sessions. */
export function isModernVersion(version: string | string[] | undefined): boolean {
  return typeof version === "string" && /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= MODERN_VERSION;
}

/** The error of a request whose headers do not say what its body says; undefined when they do. */
export function modernFault(message: Message, headers: IncomingHttpHeaders): string | undefined {
  const params = "params" in message ? message.params : undefined;
  const stated = statedVersion(params);
  const version = headers["mcp-protocol-version"];
  const id = message.form === "request" ? message.id : null;
  if (version === undefined) return mismatchError(message, "MCP-Protocol-Version");
  // MCP 2026-07-28, `_meta`: a request without its envelope has broken params, whatever its headers say.
  if (message.form === "request" && stated === undefined)
    return errorOf(id, INVALID_PARAMS, `params/_meta names no ${VERSION_KEY}`);
  if (message.form === "request" && stated !== version) return mismatchError(message, "MCP-Protocol-Version");
  if (version !== MODERN_VERSION) {
    const data = { requested: String(version).slice(0, 32), supported: [MODERN_VERSION] };
    return errorOf(id, UNSUPPORTED_VERSION, "the protocol version is not supported", data);
  }
  return message.form === "request" ? requestFault(message, headers) : undefined;
}

function requestFault(message: RequestMessage, headers: IncomingHttpHeaders): string | undefined {
  if (headers["mcp-method"] !== message.method) return mismatchError(message, "Mcp-Method");
  return isNamedRight(message, headers) ? undefined : mismatchError(message, "Mcp-Name");
}

/** The error of a message for a header that does not say what it says. */
export function mismatchError(message: Message, header: string): string {
  const id = message.form === "request" ? message.id : null;
  return errorOf(id, HEADER_MISMATCH, `the header ${header} is missing or does not match the message`);
}

function isNamedRight(message: RequestMessage, headers: IncomingHttpHeaders): boolean {
  const name = nameOf(message.method, message.params);
  const given = headers["mcp-name"];
  if (name === undefined) return given === undefined || !NAMED_BY.has(message.method);
  return typeof given === "string" && decodeHeader(given) === name;
}

/** What `Mcp-Name` has to say of a request; undefined where there is nothing to say. */
export function nameOf(method: string, params: JsonObject | undefined): string | undefined {
  const member = NAMED_BY.get(method);
  const value = member === undefined ? undefined : params?.[member];
  return typeof value === "string" ? value : undefined;
}

/** A value as a header carries it: itself, or base64 of its UTF-8 between `=?base64?` and `?=`. */
export function encodeHeader(value: string): string {
  if (PLAIN.test(value) && !value.startsWith("=?base64?")) return value;
  return `=?base64?${Buffer.from(value, "utf8").toString("base64")}?=`;
}

/** Undefined for base64 that is not the one form of any text; without both marks it is a text. Attacker-controlled. */
export function decodeHeader(value: string): string | undefined {
  if (!value.startsWith("=?base64?") || !value.endsWith("?=")) return value;
  const coded = BASE64.exec(value)?.[1];
  if (coded === undefined) return undefined;
  const text = Buffer.from(coded, "base64").toString("utf8");
  return Buffer.from(text, "utf8").toString("base64") === coded ? text : undefined;
}

function errorOf(id: string | number | null, code: number, says: string, data?: JsonValue): string {
  const error = { code, message: `agentk: ${says}`, ...(data === undefined ? {} : { data }) };
  return canonicalJson({ error, id, jsonrpc: "2.0" });
}

/** The HTTP status that goes with an error in an answer of 2026-07-28. */
export function modernStatus(code: number | undefined): number {
  if (code === -32601) return 404;
  return code !== undefined && [-32700, -32600, -32602, -32020, -32021, -32022].includes(code) ? 400 : 200;
}

export interface Accepted {
  readonly json: boolean;
  readonly stream: boolean;
  /** A stream is asked for first. */
  readonly prefersStream: boolean;
}

/** Which of the two forms of an answer a client takes (RFC 9110 section 12.5.1). */
export function acceptedBy(accept: string | undefined): Accepted {
  const weights = new Map<string, number>();
  for (const range of (accept ?? "").toLowerCase().split(",").slice(0, 32)) {
    const [type = "", ...params] = range.split(";").map((part) => part.trim());
    const q = params.find((param) => param.startsWith("q="));
    weights.set(type, q === undefined ? 1 : Number(q.slice(2)));
  }
  const weight = (type: string, family: string): number =>
    weights.get(type) ?? weights.get(family) ?? weights.get("*/*") ?? 0;
  const [json, stream] = [weight("application/json", "application/*"), weight("text/event-stream", "text/*")];
  return { json: json > 0, stream: stream > 0, prefersStream: stream > json };
}
