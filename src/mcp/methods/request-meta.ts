/** What of a request's `_meta` reaches the server: the protocol's own keys, and those for tracing where they are granted. */
import { isJsonObject, type JsonObject } from "../../base/json.js";

/** MCP 2025-11-25, basic: `_meta`. Vendors' keys carry what a client wants to tell a server unseen. */
const PROTOCOL_KEYS: ReadonlySet<string> = new Set(["progressToken"]);
/** W3C Trace Context and Baggage: ids that join what several servers see, and text at will. */
const TRACE_KEYS: ReadonlySet<string> = new Set(["traceparent", "tracestate", "baggage"]);

/** The very params given when nothing had to go. */
export function withForwardedMeta(params: JsonObject, mayTrace: boolean): JsonObject {
  const { _meta: meta, ...rest } = params;
  if (!isJsonObject(meta)) return params;
  const members = Object.entries(meta);
  const kept = members.filter(([name]) => PROTOCOL_KEYS.has(name) || (mayTrace && TRACE_KEYS.has(name)));
  if (kept.length === members.length) return params;
  return kept.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(kept) };
}
