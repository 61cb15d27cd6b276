/** What a result of 2026-07-28 must say of itself, and what the client gets of that. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { oneOf, optional, text, type Shape, type ShapeFault } from "../../base/shape.js";
import { openRecord } from "../methods/shapes.js";
import { inputRequestsShape } from "./contracts/input.js";
import { META } from "./revision.js";
import { count, implementation, resultMeta } from "./shapes.js";

export const COMPLETE = "complete";
export const INPUT_REQUIRED = "input_required";

const CACHE_SCOPES = ["private", "public"] as const;

/** Required, and yet absent from one of the specification's own examples: the client gets what is missing (toClient). */
const caching = openRecord({ ttlMs: optional(count), cacheScope: optional(oneOf(CACHE_SCOPES)) });
const beside = openRecord({ _meta: optional(resultMeta), resultType: optional(text()) });
const asking = openRecord({ inputRequests: optional(inputRequestsShape), requestState: optional(text()) });

interface Kind {
  readonly mayAsk: boolean;
  readonly isCacheable: boolean;
}

/**
 * A result by what `resultType` says it is. Absent is complete, as from a server of an earlier revision; a type that is
 * not known is invalid (MCP 2026-07-28, ResultType).
 */
export function resultShape(complete: Shape<JsonObject>, kind: Kind): Shape<JsonObject> {
  return {
    check: (value, path) => {
      const fault = beside.check(value, path);
      if (fault !== undefined) return fault;
      const result = value as JsonObject;
      const type = Object.hasOwn(result, "resultType") ? result["resultType"] : undefined;
      if (type === INPUT_REQUIRED && kind.mayAsk) return askingFault(result, path);
      if (type !== undefined && type !== COMPLETE)
        return { path: `${path}/resultType`, problem: "is not a known type" };
      return complete.check(result, path) ?? (kind.isCacheable ? caching.check(result, path) : undefined);
    },
  };
}

function askingFault(result: JsonObject, path: string): ShapeFault | undefined {
  const isEmpty = result["inputRequests"] === undefined && result["requestState"] === undefined;
  // MCP 2026-07-28, InputRequiredResult: at least one of the two.
  return isEmpty ? { path, problem: "asks for nothing" } : asking.check(result, path);
}

export function isAsking(result: JsonObject): boolean {
  return result["resultType"] === INPUT_REQUIRED;
}

/**
 * What the client gets of a complete result that has passed its shape and may be handed on: what this revision requires
 * is there, and nothing says that other clients may have it. What one client may see is for the policy to say.
 */
export function toClient(result: JsonObject, { isCacheable }: Pick<Kind, "isCacheable">): JsonObject {
  const { ttlMs = 0 } = result;
  return {
    ...result,
    ...(Object.hasOwn(result, "_meta") ? { _meta: cutMeta(result["_meta"]) } : {}),
    ...(isCacheable ? { cacheScope: "private", ttlMs } : {}),
    resultType: COMPLETE,
  };
}

/** What the server says it is: name, version and title. Its other members are links and pictures for a client to load. */
export function cutMeta(meta: JsonValue | undefined): JsonObject {
  if (!isJsonObject(meta)) return {};
  const info = meta[META.serverInfo];
  if (!isJsonObject(info) || implementation.check(info, "") !== undefined) return meta;
  return { ...meta, [META.serverInfo]: cutImplementation(info) };
}

/** Of a client or server that describes itself: a name, a version and a title. */
export function cutImplementation(info: JsonObject): JsonObject {
  const kept = ["name", "title", "version"].filter((name) => Object.hasOwn(info, name));
  return Object.fromEntries(kept.map((name) => [name, info[name] ?? null]));
}
