/** Which server, or servers, a message of the client's is for. By name only: whether it may pass is its relay's to say. */
import { isJsonObject, type JsonObject } from "../../base/json.js";
import { RPC } from "../wire/codes.js";
import { LISTS, type ListKind } from "./merge.js";
import { ownName } from "./names.js";
import { ownerByTemplate, type Owners } from "./owners.js";

export type Route =
  | { readonly to: "one"; readonly server: string; readonly params: JsonObject }
  | { readonly to: "initialize" }
  | { readonly to: "list"; readonly method: string; readonly kind: ListKind }
  /** Every server; the client gets the first result. */
  | { readonly to: "all" }
  | { readonly to: "us" }
  | NoRoute;

export interface NoRoute {
  readonly to: "nobody";
  readonly refusal: "no-contract" | "malformed";
  readonly rpcCode: number;
  readonly detail: string;
}

/** What routes go by. */
export interface Directory {
  readonly isServer: (id: string) => boolean;
  /** The one server that offers resources, when there is just one. */
  readonly onlyWithResources: () => string | undefined;
  readonly uris: Owners;
  readonly templates: Owners;
}

type Router = (params: JsonObject, directory: Directory) => Route;

/** A map, not an object: `constructor` is no method. Absence is refusal. */
const ROUTES: ReadonlyMap<string, Router> = new Map<string, Router>([
  ["initialize", () => ({ to: "initialize" })],
  ["ping", () => ({ to: "us" })],
  ["logging/setLevel", () => ({ to: "all" })],
  ...[...LISTS].map(([method, kind]): [string, Router] => [method, () => ({ to: "list", method, kind })]),
  ["tools/call", byName],
  ["prompts/get", byName],
  ["resources/read", byUri],
  ["resources/subscribe", byUri],
  ["resources/unsubscribe", byUri],
  ["completion/complete", byReference],
]);

export function routeOf(method: string, params: JsonObject, directory: Directory): Route {
  const router = ROUTES.get(method);
  if (router !== undefined) return router(params, directory);
  return {
    to: "nobody",
    refusal: "no-contract",
    rpcCode: RPC.methodNotFound,
    detail: "the gateway routes no such method",
  };
}

function byName(params: JsonObject, { isServer }: Directory): Route {
  const { name } = params;
  if (typeof name !== "string") return malformed("params/name is not a string");
  const own = ownName(name);
  if (own === undefined || !isServer(own.server)) return unowned("no server has this name");
  return { to: "one", server: own.server, params: { ...params, name: own.name } };
}

function byUri(params: JsonObject, directory: Directory): Route {
  const { uri } = params;
  if (typeof uri !== "string") return malformed("params/uri is not a string");
  const server = ownerOfUri(uri, directory);
  return server === undefined ? unowned("no server has listed this URI") : { to: "one", server, params };
}

function ownerOfUri(uri: string, { uris, templates, onlyWithResources }: Directory): string | undefined {
  return uris.ownerOf(uri) ?? ownerByTemplate(templates, uri) ?? onlyWithResources();
}

function byReference(params: JsonObject, directory: Directory): Route {
  const { ref } = params;
  if (!isJsonObject(ref)) return malformed("params/ref is not an object");
  if (ref["type"] === "ref/prompt") {
    const found = byName({ name: ref["name"] ?? null }, directory);
    return found.to === "one" ? { ...found, params: { ...params, ref: { ...ref, ...found.params } } } : found;
  }
  const uri = ref["uri"];
  if (ref["type"] !== "ref/resource" || typeof uri !== "string") return malformed("params/ref is no reference");
  const server = directory.templates.ownerOf(uri) ?? ownerOfUri(uri, directory);
  return server === undefined ? unowned("no server has listed this URI") : { to: "one", server, params };
}

function malformed(detail: string): NoRoute {
  return { to: "nobody", refusal: "malformed", rpcCode: RPC.invalidParams, detail };
}

function unowned(detail: string): NoRoute {
  return { to: "nobody", refusal: "no-contract", rpcCode: RPC.invalidParams, detail };
}
