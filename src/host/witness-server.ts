/** A witness's door: HTTP on this machine only, one path, small bodies, little time. Attacker-controlled: every byte. */
import { isUtf8 } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import { AgentkError } from "../base/errors.js";
import { MAX_WITNESS_BODY_BYTES } from "../base/limits.js";
import { listen } from "./listen.js";

/** The one path (c2sp.org/tlog-witness). */
export const ADD_CHECKPOINT = "/add-checkpoint";

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1"]);
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_HEADERS = 64;
const MAX_REQUESTS_PER_CONNECTION = 1024;

/** Milliseconds. */
export interface WitnessTimes {
  /** From the first byte of a request, or from the connection, to the last of its headers. */
  readonly headers: number;
  /** The same to the last byte of its body. */
  readonly request: number;
  /** How long a connection may be idle between requests. */
  readonly idle: number;
  /** How often the two first are looked at. */
  readonly check: number;
}

const TIMES: WitnessTimes = { headers: 5_000, request: 10_000, idle: 5_000, check: 1_000 };

export interface WitnessAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface WitnessServerOptions {
  /** `127.0.0.1` or `::1`. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Answers one body of `POST /add-checkpoint`, at once: nothing else is answered meanwhile. */
  readonly answer: (body: string) => WitnessAnswer;
  readonly times?: WitnessTimes;
}

export interface WitnessServer {
  /** The submission prefix, `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Takes no more connections, ends those there are, and settles when all are gone. Safe to call twice. */
  readonly close: () => Promise<void>;
}

/**
 * @throws AgentkError `usage` for an address that other machines can reach, or one that cannot be listened on.
 */
export async function openWitnessServer(options: WitnessServerOptions): Promise<WitnessServer> {
  const { host, port } = options;
  if (!LOOPBACK.has(host)) {
    throw new AgentkError("usage", `\`${host}\` is not 127.0.0.1 or ::1`, {
      hint: "a witness listens on its own machine only; for others put a proxy with TLS in front of it",
    });
  }
  const times = options.times ?? TIMES;
  const server = createServer(
    {
      ...{ headersTimeout: times.headers, requestTimeout: times.request, keepAliveTimeout: times.idle },
      ...{ connectionsCheckingInterval: times.check, maxHeaderSize: MAX_HEADER_BYTES },
    },
    (request, response) => {
      take(request, response, options.answer);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.maxHeadersCount = MAX_HEADERS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  // Nobody is asked to send a body that will not be read.
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    if (refusalOf(request) === undefined) response.writeContinue();
    take(request, response, options.answer);
  });
  const bound = await listen(server, host, port);
  let closing: Promise<void> | undefined;
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${String(bound)}`,
    close: () => (closing ??= closeServer(server)),
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    // Answers are given in the turn their body ends in: whoever is still there is waiting, or sending.
    server.closeAllConnections();
  });
}

function take(request: IncomingMessage, response: ServerResponse, answer: (body: string) => WitnessAnswer): void {
  request.on("error", () => request.destroy());
  response.on("error", () => request.destroy());
  const refusal = refusalOf(request);
  if (refusal !== undefined) {
    refuse(request, response, refusal);
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_WITNESS_BODY_BYTES) refuse(request, response, TOO_LONG);
    else chunks.push(chunk);
  });
  request.on("end", () => {
    if (response.headersSent) return;
    const body = Buffer.concat(chunks, bytes);
    send(response, isUtf8(body) ? answer(body.toString("utf8")) : plain(400, "the body is not UTF-8"));
  });
}

const TOO_LONG = plain(413, `a body has at most ${String(MAX_WITNESS_BODY_BYTES)} bytes`);

/** What can be refused before the body has come. */
function refusalOf(request: IncomingMessage): WitnessAnswer | undefined {
  if (request.url !== ADD_CHECKPOINT) return plain(404, "there is only /add-checkpoint");
  if (request.method !== "POST") return plain(405, "only POST");
  if (Number(request.headers["content-length"] ?? 0) > MAX_WITNESS_BODY_BYTES) return TOO_LONG;
  return undefined;
}

/** Answers without reading on: the connection ends, however much was still to come. */
function refuse(request: IncomingMessage, response: ServerResponse, answer: WitnessAnswer): void {
  if (response.headersSent) return;
  response.setHeader("connection", "close");
  if (answer.status === 405) response.setHeader("allow", "POST");
  response.on("finish", () => request.destroy());
  request.removeAllListeners("data");
  request.pause();
  send(response, answer);
}

function send(response: ServerResponse, { status, type, body }: WitnessAnswer): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": String(Buffer.byteLength(body)),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(body);
}

/** A refusal in words. */
export function plain(status: number, why: string): WitnessAnswer {
  return { status, type: "text/plain; charset=utf-8", body: `${why}\n` };
}
