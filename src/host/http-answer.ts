/** Answers of the HTTP front to what it does not let pass. */
import type { IncomingMessage, ServerResponse } from "node:http";

export interface HttpRefusal {
  readonly status: number;
  readonly why: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON-RPC message to answer with, in place of one that is made of `why`. */
  readonly body?: string;
}

/** JSON-RPC 2.0 section 5.1: invalid request. The only code the front itself gives. */
const INVALID_REQUEST = -32600;

export function refusal(status: number, why: string, headers: Readonly<Record<string, string>> = {}): HttpRefusal {
  return { status, why, headers };
}

/** Answers without reading on: a body that is still coming is dropped with its connection. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, why, headers, body }: HttpRefusal,
): void {
  if (response.headersSent || response.destroyed) return;
  if (!request.complete) {
    response.setHeader("connection", "close");
    response.on("finish", () => request.destroy());
    request.removeAllListeners("data");
    request.pause();
  }
  const error = { error: { code: INVALID_REQUEST, message: `agentk: ${why}` }, id: null, jsonrpc: "2.0" };
  sendJson(response, { status, text: body ?? JSON.stringify(error), headers: headers ?? {} });
}

export interface JsonAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function sendJson(response: ServerResponse, { status, text, headers = {} }: JsonAnswer): void {
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(text)),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(text);
}

/** Accepted, or done, and nothing more to say. */
export function sendEmpty(
  response: ServerResponse,
  status: 202 | 204,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "cache-control": "no-store", ...headers });
  response.end();
}
