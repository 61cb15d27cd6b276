/** What the session remembers of a question that is sent, and of its answer. */
import type { JsonObject } from "../base/json.js";
import type { McpRequest } from "./observed.js";
import type { SessionMemory } from "./session-memory.js";

/**
 * INVARIANT: before the question is sent, so that what the server says right after its answer, or before, finds it known.
 * The function given back is for a question that came to nothing.
 */
export function beforeSending(memory: SessionMemory, { exchange, params }: McpRequest): () => void {
  const { level, uri } = params;
  if (exchange.method === "logging/setLevel" && typeof level === "string") memory.setLevel(level);
  if (exchange.method !== "resources/subscribe" || typeof uri !== "string" || memory.isSubscribed(uri)) return nothing;
  memory.subscribe(uri);
  return () => {
    memory.unsubscribe(uri);
  };
}

export function afterResult(memory: SessionMemory, { exchange, params }: McpRequest, result: JsonObject): void {
  const { uri } = params;
  if (exchange.method === "resources/unsubscribe" && typeof uri === "string") memory.unsubscribe(uri);
  memory.issued(exchange.method, result["nextCursor"]);
}

function nothing(): void {
  // The question leaves nothing behind.
}
