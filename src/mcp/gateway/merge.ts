/** Several servers' answers made one. What the relays let through comes in here; nothing is judged again. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { isRevision, REVISIONS } from "../wire/revisions.js";
import { clientName } from "./names.js";
import type { Owners } from "./owners.js";

/** One server's part of an answer: its pages, in order. */
export interface ServerPages {
  readonly server: string;
  readonly pages: readonly JsonObject[];
}

/** Who the client is told it speaks with. */
export interface GatewayInfo {
  readonly name: string;
  readonly version: string;
}

/** One result of `initialize` for all: the union of what the relays let each server offer, in the oldest revision. */
export function mergeInitialize(parts: readonly ServerPages[], info: GatewayInfo): JsonObject {
  const results = parts.flatMap(({ server, pages }) => pages.map((result) => ({ server, result })));
  const versions = results.map(({ result }) => result["protocolVersion"]).filter(isRevision);
  const oldest = REVISIONS.find((revision) => versions.includes(revision)) ?? REVISIONS[0];
  const instructions = results.flatMap(({ server, result }) => {
    const text = result["instructions"];
    return typeof text === "string" && text !== "" ? [`${server}: ${text}`] : [];
  });
  return {
    capabilities: results.reduce<JsonObject>((all, { result }) => mergeCapabilities(all, result["capabilities"]), {}),
    ...(instructions.length === 0 ? {} : { instructions: instructions.join("\n\n") }),
    protocolVersion: oldest,
    serverInfo: { name: info.name, version: info.version },
  };
}

/** Flags are joined by `or`; of anything else the first server's stands. */
function mergeCapabilities(all: JsonObject, more: JsonValue | undefined): JsonObject {
  if (!isJsonObject(more)) return all;
  const merged = new Map(Object.entries(all));
  for (const [name, value] of Object.entries(more)) {
    const known = merged.get(name);
    if (known === undefined || (known === false && value === true)) merged.set(name, value);
    else if (isJsonObject(known)) merged.set(name, mergeCapabilities(known, value));
  }
  return Object.fromEntries(merged);
}

/** What a list holds, and what tells its items apart. */
export interface ListKind {
  /** The capability that it belongs to (MCP 2025-11-25, ServerCapabilities). */
  readonly offer: string;
  readonly member: string;
  readonly key: "name" | "uri" | "uriTemplate";
}

export const LISTS: ReadonlyMap<string, ListKind> = new Map<string, ListKind>([
  ["tools/list", { offer: "tools", member: "tools", key: "name" }],
  ["prompts/list", { offer: "prompts", member: "prompts", key: "name" }],
  ["resources/list", { offer: "resources", member: "resources", key: "uri" }],
  ["resources/templates/list", { offer: "resources", member: "resourceTemplates", key: "uriTemplate" }],
]);

export interface MergedList {
  readonly result: JsonObject;
  /** What was kept back, and of whom. */
  readonly faults: readonly { readonly server: string; readonly fault: string }[];
}

/** One list of all. Names get their server's id before them; a URI is its first server's. */
export function mergeList(kind: ListKind, parts: readonly ServerPages[], owners: Owners): MergedList {
  const items: JsonValue[] = [];
  const faults: MergedList["faults"][number][] = [];
  if (kind.key !== "name") owners.forget(new Set(parts.map(({ server }) => server)));
  for (const { server, item } of itemsOf(kind, parts)) {
    const made = kind.key === "name" ? renamed(server, item) : owned(kind.key, owners, { server, item });
    if (typeof made === "string") faults.push({ server, fault: made });
    else items.push(made);
  }
  return { result: { [kind.member]: items }, faults };
}

function itemsOf(kind: ListKind, parts: readonly ServerPages[]): readonly { server: string; item: JsonObject }[] {
  return parts.flatMap(({ server, pages }) =>
    pages.flatMap((page) => {
      const list = page[kind.member];
      return (Array.isArray(list) ? (list as readonly JsonValue[]) : [])
        .filter(isJsonObject)
        .map((item) => ({ server, item }));
    }),
  );
}

/** The item, or the fault it is kept back for. */
function renamed(server: string, item: JsonObject): JsonObject | string {
  const { name } = item;
  const whole = typeof name === "string" ? clientName(server, name) : undefined;
  return whole === undefined ? "gateway-name" : { ...item, name: whole };
}

function owned(
  key: "uri" | "uriTemplate",
  owners: Owners,
  { server, item }: { readonly server: string; readonly item: JsonObject },
): JsonObject | string {
  const uri = item[key];
  if (typeof uri !== "string") return `gateway-${key}`;
  const claim = owners.claim(uri, server);
  return claim === "owned" ? item : `gateway-${key}-${claim}`;
}
