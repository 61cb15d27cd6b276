/** JSON-RPC error codes: the standard ones, and agentk's own. */

/** JSON-RPC 2.0 section 5.1. */
export const RPC = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
} as const;

/**
 * agentk's own codes, each with the one text it is sent with.
 * INVARIANT: none lies in -32768..-32000, which JSON-RPC and MCP (2026-07-28: -32020..-32099) keep for themselves.
 */
export const OWN_ERRORS = {
  denied: { code: 7001, says: "agentk denied this request" },
  "server-gone": { code: 7002, says: "the server is not running" },
  timeout: { code: 7003, says: "the server did not answer in time" },
  "invalid-answer": { code: 7004, says: "the server's answer broke its contract and was withheld" },
  "server-error": { code: 7005, says: "the server reported an error; its text is withheld" },
  withheld: { code: 7006, says: "agentk withheld the server's result" },
} as const;

export type OwnError = keyof typeof OWN_ERRORS;
