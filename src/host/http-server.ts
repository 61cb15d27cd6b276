/** The HTTP front's door: a listening socket with bounds on time, headers and connections, and bodies read within a bound. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import { MAX_HTTP_CONNECTIONS, MAX_HTTP_HEADER_BYTES } from "../base/limits.js";
import { listen } from "./listen.js";

const MAX_HEADERS = 64;

/** Milliseconds. */
export interface HttpTimes {
  /** From the connection, or the first byte of a request, to the last of its headers. */
  readonly headers: number;
  /** The same to the last byte of its body. */
  readonly request: number;
  /** How long a connection may be idle between requests. */
  readonly idle: number;
  /** How often the first two are looked at. */
  readonly check: number;
}

export const HTTP_TIMES: HttpTimes = { headers: 10_000, request: 60_000, idle: 10_000, check: 2_000 };

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly take: (request: IncomingMessage, response: ServerResponse) => void;
  readonly times?: HttpTimes;
}

export interface HttpServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** Takes no more connections; those there are go on. */
  readonly stopAccepting: () => void;
  /** Ends what is still connected, and settles when all are gone. */
  readonly close: () => Promise<void>;
}

/** @throws AgentkError `usage` for an address that cannot be listened on. */
export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, take, times = HTTP_TIMES } = options;
  const server = createServer(
    {
      ...{ headersTimeout: times.headers, requestTimeout: times.request, keepAliveTimeout: times.idle },
      ...{ connectionsCheckingInterval: times.check, maxHeaderSize: MAX_HTTP_HEADER_BYTES },
    },
    take,
  );
  server.maxConnections = MAX_HTTP_CONNECTIONS;
  server.maxHeadersCount = MAX_HEADERS;
  // Nobody is told to go on with a body before the headers have been judged: whoever reads it says so.
  server.on("checkContinue", take);
  const bound = await listen(server, host, port);
  let closed: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (closed ??= new Promise(
      (resolve) =>
        void server.close(() => {
          resolve();
        }),
    ));
  return {
    port: bound,
    origin: `http://${isIPv6(host) ? `[${host}]` : host}:${String(bound)}`,
    stopAccepting: () => void stop(),
    close: () => {
      const gone = stop();
      server.closeAllConnections();
      return gone;
    },
  };
}

export interface BodyBounds {
  readonly maxBytes: number;
  /** Asked before a chunk is kept: room among the bodies of all connections. */
  readonly reserve: (bytes: number) => boolean;
  readonly release: (bytes: number) => void;
}

/** `gone`: the connection ended before the body did. */
export type Body = { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly fault: BodyFault };
export type BodyFault = "too-long" | "no-room" | "gone";

/** Reads a body, never holding more than its bound. The caller gives back, by `release`, what a whole body has reserved. */
export function readBody(request: IncomingMessage, response: ServerResponse, bounds: BodyBounds): Promise<Body> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > bounds.maxBytes) return Promise.resolve({ ok: false, fault: "too-long" });
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isWhole = false;
    const fail = (fault: BodyFault): void => {
      if (isWhole) return;
      request.removeAllListeners("data");
      bounds.release(bytes);
      bytes = 0;
      chunks.length = 0;
      resolve({ ok: false, fault });
    };
    request.on("data", (chunk: Buffer) => {
      if (bytes + chunk.length > bounds.maxBytes) fail("too-long");
      else if (!bounds.reserve(chunk.length)) fail("no-room");
      else {
        bytes += chunk.length;
        chunks.push(chunk);
      }
    });
    request.on("end", () => {
      isWhole = true;
      resolve({ ok: true, bytes: Buffer.concat(chunks, bytes) });
    });
    request.on("error", () => {
      fail("gone");
    });
    request.on("close", () => {
      if (!request.complete) fail("gone");
    });
  });
}
