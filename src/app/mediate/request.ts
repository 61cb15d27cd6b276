/** One request to mediate, as callers that are no MCP client write it. Attacker-controlled: every byte. */
import { isUtf8 } from "node:buffer";
import { TAG_FORM } from "../../abi/labels.js";
import { NAME_FORM } from "../../abi/signed.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { MAX_NAME_CHARS } from "../../base/limits.js";
import { err, ok, type Result } from "../../base/result.js";
import { anyObject, listOf, optional, record, text, type Shape, type ShapeType } from "../../base/shape.js";
import { parseStrictJson } from "../../base/strict-json.js";

/** As in the Rust AgentK: what stdin gives by itself, a line of `mcp-lines`, a file of `mcp-proxy`. */
export const MAX_REQUEST_BYTES = 65_536;

const MAX_CLAIMED = 64;

export const requestName = text({ max: MAX_NAME_CHARS, form: NAME_FORM });

/** Closed: an unknown member is refused. Labels only raise, capabilities are counted and never believed. */
export const mediateShape = record({
  agent_id: requestName,
  tool: requestName,
  intent: optional(text()),
  labels: optional(listOf(text({ form: TAG_FORM }), MAX_CLAIMED)),
  capabilities: optional(listOf(text(), MAX_CLAIMED)),
  arguments: optional(anyObject() as Shape<JsonObject>),
});

export type MediateRequest = ShapeType<typeof mediateShape>;

/** What is wrong with a request, for its caller. `code` is one of the strict reader's, or of ours. */
export interface RequestFault {
  readonly code: string;
  readonly problem: string;
}

/** Reads the bytes of one request, without a line end. */
export function parseMediateRequest(bytes: Uint8Array): Result<MediateRequest, RequestFault> {
  if (bytes.length > MAX_REQUEST_BYTES) return err(tooLong());
  if (!isUtf8(bytes)) return err({ code: "not-utf8", problem: "the request is not UTF-8" });
  const read = parseStrictJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  if (!read.ok) return err({ code: read.error.code, problem: "the request is not JSON that all readers read alike" });
  return checkMediateRequest(read.value.value);
}

/** The same for a value that was read strictly before. */
export function checkMediateRequest(value: JsonValue): Result<MediateRequest, RequestFault> {
  if (!isJsonObject(value)) return err({ code: "not-an-object", problem: "the request is not an object" });
  const fault = mediateShape.check(value, "");
  if (fault === undefined) return ok(value as unknown as MediateRequest);
  return err({ code: "malformed", problem: `${fault.path === "" ? "the request" : fault.path} ${fault.problem}` });
}

export function tooLong(): RequestFault {
  return { code: "line-too-long", problem: `the request is longer than ${String(MAX_REQUEST_BYTES)} bytes` };
}
