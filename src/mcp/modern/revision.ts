/** The revision 2026-07-28 ("modern"): its name, its reserved `_meta` keys and the error codes only it has. */

export const MODERN = "2026-07-28";
export type ModernRevision = typeof MODERN;

const PREFIX = "io.modelcontextprotocol/";

/** MCP 2026-07-28, schema: RequestMetaObject, ResultMetaObject, NotificationMetaObject. */
export const META = {
  version: `${PREFIX}protocolVersion`,
  capabilities: `${PREFIX}clientCapabilities`,
  clientInfo: `${PREFIX}clientInfo`,
  logLevel: `${PREFIX}logLevel`,
  serverInfo: `${PREFIX}serverInfo`,
  subscription: `${PREFIX}subscriptionId`,
} as const;

/** The extension of tasks, as both sides declare it among their `extensions` (SEP-2663). */
export const TASKS = `${PREFIX}tasks`;

/** W3C trace context and baggage, reserved bare (MCP 2026-07-28, `_meta`). */
export const TRACE_KEYS = ["traceparent", "tracestate", "baggage"] as const;

/** MCP 2026-07-28, errors: the answer to a request whose envelope names a revision that is not spoken. */
export const UNSUPPORTED_VERSION = -32022;

/** By these a client knows a modern server (MCP 2026-07-28, era detection). None is ever an answer of our own to a probe. */
const MODERN_CODES: ReadonlySet<number> = new Set([-32020, -32021, UNSUPPORTED_VERSION]);

export function isModernCode(code: number): boolean {
  return MODERN_CODES.has(code);
}
