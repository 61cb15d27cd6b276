/** How tools and prompts of several servers are called towards one client: `<server>__<name>`. */
import { MAX_NAME_CHARS } from "../../base/limits.js";

/** INVARIANT: no server's id holds `_`, so the first `__` of a name ends the server's part. */
export const GATEWAY_SERVER_ID = /^[A-Za-z0-9-]{1,32}$/;
const SEPARATOR = "__";

/** What every client can take (MCP 2025-11-25, tool names). */
const CLIENT_NAME = /^[A-Za-z0-9_.-]+$/;

/** Undefined when the client could not take the name. Attacker-controlled: `name`. */
export function clientName(server: string, name: string): string | undefined {
  const whole = `${server}${SEPARATOR}${name}`;
  return name !== "" && whole.length <= MAX_NAME_CHARS && CLIENT_NAME.test(whole) ? whole : undefined;
}

export interface OwnName {
  readonly server: string;
  /** As the server calls it. */
  readonly name: string;
}

/** The parts of a name that `clientName` made; undefined for any other. Attacker-controlled: `whole`. */
export function ownName(whole: string): OwnName | undefined {
  const at = whole.indexOf(SEPARATOR);
  if (at < 0) return undefined;
  const parts = { server: whole.slice(0, at), name: whole.slice(at + SEPARATOR.length) };
  return GATEWAY_SERVER_ID.test(parts.server) && clientName(parts.server, parts.name) === whole ? parts : undefined;
}
