/**
 * Streams of `subscriptions/listen`: what each was asked to be about, cut to what may be read, and what of it may come.
 * MCP 2026-07-28, subscriptions: the acknowledgement first, every notification tagged, no type that was not asked for.
 */
import type { JsonObject } from "../../base/json.js";
import { META } from "./revision.js";
import { idKey, type RequestId } from "../wire/message.js";
import type { Grants } from "../methods/granted.js";

/** Streams of one connection. A client needs one. */
export const MAX_STREAMS = 16;

export interface Filter {
  readonly toolsListChanged?: true;
  readonly promptsListChanged?: true;
  readonly resourcesListChanged?: true;
  readonly resourceSubscriptions?: readonly string[];
}

/** The part of a filter that each notification needs. */
const TYPES = {
  "notifications/tools/list_changed": "toolsListChanged",
  "notifications/prompts/list_changed": "promptsListChanged",
  "notifications/resources/list_changed": "resourcesListChanged",
} as const;

const FLAGS = [
  ["toolsListChanged", "tools"],
  ["promptsListChanged", "prompts"],
  ["resourcesListChanged", "resources"],
] as const;

/** What a stream may be about under what the operator grants. Its resources are still to be decided one by one. */
export function trimFilter(asked: JsonObject, grants: Grants): Filter {
  const isTold = grants.has("list-changed");
  const flags = FLAGS.filter(([flag, feature]) => isTold && grants.has(feature) && asked[flag] === true);
  const uris = asked["resourceSubscriptions"] as readonly string[] | undefined;
  const isSubscribing = uris !== undefined && grants.has("subscribe") && grants.has("resources");
  return {
    ...Object.fromEntries(flags.map(([flag]) => [flag, true as const])),
    ...(isSubscribing ? { resourceSubscriptions: [...new Set(uris)] } : {}),
  };
}

/** The same with no resource but these. */
export function withUris(filter: Filter, uris: readonly string[]): Filter {
  if (filter.resourceSubscriptions === undefined) return filter;
  return { ...filter, resourceSubscriptions: uris };
}

export function filterParams(filter: Filter): JsonObject {
  return { ...filter };
}

interface Stream {
  readonly filter: Filter;
  isAcknowledged: boolean;
}

export class Subscriptions {
  private readonly streams = new Map<string, Stream>();

  get isFull(): boolean {
    return this.streams.size >= MAX_STREAMS;
  }

  /** Begins a stream under the id of its request. */
  open(id: RequestId, filter: Filter): void {
    this.streams.set(idKey(id), { filter, isAcknowledged: false });
  }

  has(id: RequestId): boolean {
    return this.streams.has(idKey(id));
  }

  end(id: RequestId): boolean {
    return this.streams.delete(idKey(id));
  }

  /**
   * Whether a notification that names a stream may come on it now. Attacker-controlled: all of it. Says which stream,
   * or undefined. An acknowledgement that claims more than was asked for acknowledges nothing.
   */
  admit(method: string, params: JsonObject): RequestId | undefined {
    const id = taggedId(params);
    const stream = id === undefined ? undefined : this.streams.get(idKey(id));
    if (stream === undefined) return undefined;
    if (method === "notifications/subscriptions/acknowledged") {
      if (stream.isAcknowledged || !isWithin(params["notifications"] as JsonObject, stream.filter)) return undefined;
      stream.isAcknowledged = true;
      return id;
    }
    return stream.isAcknowledged && isAskedFor(method, params, stream.filter) ? id : undefined;
  }
}

/** The stream that a notification of checked params names. */
export function taggedId(params: JsonObject): RequestId | undefined {
  return (params["_meta"] as JsonObject | undefined)?.[META.subscription] as RequestId | undefined;
}

function isAskedFor(method: string, params: JsonObject, filter: Filter): boolean {
  if (method === "notifications/resources/updated") return covers(filter, params["uri"] as string);
  const flag = (TYPES as Readonly<Record<string, keyof Filter | undefined>>)[method];
  return flag !== undefined && filter[flag] === true;
}

/** The URI itself: what lies below a resource was not decided. */
function covers({ resourceSubscriptions = [] }: Filter, uri: string): boolean {
  return resourceSubscriptions.includes(uri);
}

function isWithin(told: JsonObject, asked: Filter): boolean {
  if (FLAGS.some(([flag]) => told[flag] === true && asked[flag] !== true)) return false;
  if (((told["taskIds"] ?? []) as readonly string[]).length > 0) return false;
  return ((told["resourceSubscriptions"] ?? []) as readonly string[]).every((uri) => covers(asked, uri));
}
