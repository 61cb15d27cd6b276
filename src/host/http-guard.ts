/**
 * Who may speak to the HTTP front at all: the right host name, an origin that is allowed, one path and the token.
 * Attacker-controlled: every header. A web page that a browser on this machine has open is among the attackers.
 */
import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { refusal, type HttpRefusal } from "./http-answer.js";

export interface GuardOptions {
  /** The names that `Host` may have, in lower case, IPv6 addresses in brackets. */
  readonly hosts: ReadonlySet<string>;
  /** The origins of web pages that may speak here, as browsers write them. */
  readonly origins: ReadonlySet<string>;
  readonly isToken: (given: string) => boolean;
}

/** The one path. */
export const MCP_PATH = "/mcp";

/** Headers that decide something: given twice, two readers could believe different ones. */
const SINGLE: ReadonlySet<string> = new Set([
  ...["host", "origin", "authorization", "content-type", "content-encoding", "last-event-id"],
  ...["mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"],
]);

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/;

/** The names that a front on this address is reached by; more are the operator's to name. */
export function hostNames(address: string, more: readonly string[]): ReadonlySet<string> {
  const own = isIPv6(address) ? `[${address}]` : address;
  const local = isLoopback(address) ? ["localhost", "127.0.0.1", "[::1]"] : [];
  return new Set([own, ...local, ...more].map((name) => name.toLowerCase()));
}

/** An address that only this machine can reach. */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address);
}

/** Why a request is refused before anything else of it is looked at. */
export function guardRefusal(request: IncomingMessage, guard: GuardOptions): HttpRefusal | undefined {
  const twice = repeated(request.rawHeaders);
  if (twice !== undefined) return refusal(400, `the header ${twice} is given twice`);
  return placeRefusal(request, guard) ?? tokenRefusal(request, guard);
}

/** Host before Origin before path: a page of a stranger learns nothing of what is here (DNS rebinding). */
export function placeRefusal(
  { headers, url }: Pick<IncomingMessage, "headers" | "url">,
  guard: GuardOptions,
): HttpRefusal | undefined {
  const host = HOST.exec(headers.host?.toLowerCase() ?? "")?.[1];
  if (host === undefined || !guard.hosts.has(host)) return refusal(403, "this host name is not served here");
  if (headers.origin !== undefined && !guard.origins.has(headers.origin))
    return refusal(403, "this origin is not allowed");
  return url === MCP_PATH ? undefined : refusal(404, `there is only ${MCP_PATH}`);
}

function tokenRefusal({ headers }: Pick<IncomingMessage, "headers">, guard: GuardOptions): HttpRefusal | undefined {
  const given = /^bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
  if (given !== undefined && guard.isToken(given)) return undefined;
  // RFC 6750 section 3.1: no error code for a request that brought no token.
  const error = headers.authorization === undefined ? "" : ', error="invalid_token"';
  return refusal(401, "a bearer token is needed", { "www-authenticate": `Bearer realm="agentk"${error}` });
}

function repeated(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? "";
    if ((SINGLE.has(name) || name.startsWith("mcp-param-")) && seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/** What a browser's page of an allowed origin needs to be told before it may read an answer (Fetch, CORS protocol). */
export function corsHeaders({ headers }: Pick<IncomingMessage, "headers">): Readonly<Record<string, string>> {
  if (headers.origin === undefined) return {};
  return {
    "access-control-allow-origin": headers.origin,
    "access-control-expose-headers": "mcp-session-id, mcp-protocol-version, www-authenticate",
    vary: "origin",
  };
}

export const PREFLIGHT_HEADERS = {
  "access-control-allow-methods": "POST, GET, DELETE",
  "access-control-allow-headers":
    "authorization, content-type, accept, last-event-id, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name",
  "access-control-max-age": "600",
} as const;
