/**
 * Asks a remote server over HTTP: one connection a request, to addresses that were checked, with TLS that is verified.
 * No redirect is followed, and nothing is sent but what stands here and what the caller gives.
 */
import { Agent as HttpAgent, request as requestHttp, type ClientRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { rootCertificates } from "node:tls";
import { AgentkError } from "../base/errors.js";
import { HTTP_CONNECT_MS, MAX_HTTP_HEADER_BYTES } from "../base/limits.js";
import { AddressRefused, isPublicAddress, pinnedLookup } from "./http-address.js";
import { isLoopback } from "./http-guard.js";

/** Where to ask, and how it is made sure that it is there. */
export interface HttpTarget {
  readonly url: URL;
  readonly agent: HttpAgent | HttpsAgent;
  /** Goes to this target's origin and nowhere else. */
  readonly token: string | undefined;
}

export interface TargetOptions {
  readonly url: string;
  /** PEM of authorities that are trusted besides those of Node. */
  readonly ca: string | undefined;
  readonly token: string | undefined;
  readonly allowPrivate: boolean;
}

/**
 * The target of a URL. Plain http is for this machine only.
 * @throws AgentkError `usage`
 */
export function httpTarget({ url: text, ca, token, allowPrivate }: TargetOptions): HttpTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url !== undefined && isLocalName(hostOf(url));
  if (url === undefined || !(url.protocol === "https:" || (url.protocol === "http:" && isLocal))) {
    throw new AgentkError("usage", "an upstream's URL is `https://`, or `http://` for this machine", {
      hint: "for example https://mcp.example.com/mcp",
    });
  }
  if ([url.username, url.password, url.hash].some((part) => part !== ""))
    throw new AgentkError("usage", "an upstream's URL has no user name, no password and no fragment", {
      hint: "credentials come from --upstream-token-file",
    });
  const lookup = pinnedLookup(isLocal ? isLoopback : (address) => allowPrivate || isPublicAddress(address));
  return { url, token, agent: agentFor(url, lookup, ca) };
}

// A connection of its own for each request: one that was kept may be closed by the other side just when it is used
// again, and nobody could tell whether the call was made.
function agentFor(url: URL, lookup: LookupFunction, ca: string | undefined): HttpAgent | HttpsAgent {
  if (url.protocol === "http:") return new HttpAgent({ keepAlive: false, lookup });
  return new HttpsAgent({
    ...{ keepAlive: false, lookup, minVersion: "TLSv1.2" as const },
    // Said, so that no variable of the environment can say otherwise.
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
  });
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function isLocalName(host: string): boolean {
  return isIP(host) === 0 ? host === "localhost" : isLoopback(host);
}

export interface Outgoing {
  readonly method: "POST" | "GET" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly onResponse: (response: IncomingMessage) => void;
  /** Called once at most, and not after the whole of an answer. */
  readonly onFailure: (failure: HttpFailure) => void;
  /** All of the body has been handed to the system. */
  readonly onSent?: () => void;
}

export interface HttpFailure {
  /** Nothing has been sent: the server has not been asked. */
  readonly isUnsent: boolean;
  /** The system's word, such as ECONNREFUSED, or a short one of ours. */
  readonly why: string;
}

/** Sends one request. */
export function sendRequest({ url, agent, token }: HttpTarget, outgoing: Outgoing): ClientRequest {
  const { method, body, onResponse, onFailure, onSent } = outgoing;
  const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
    ...{ method, agent, maxHeaderSize: MAX_HTTP_HEADER_BYTES },
    headers: {
      "accept-encoding": "identity",
      "user-agent": "agentk",
      ...outgoing.headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    },
  });
  let isConnected = false;
  const timer = setTimeout(() => request.destroy(new Error("timeout")), HTTP_CONNECT_MS);
  request.on("socket", (socket) => {
    socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => {
      isConnected = true;
      clearTimeout(timer);
    });
  });
  request.on("error", (error) => {
    clearTimeout(timer);
    onFailure({ isUnsent: !isConnected, why: wordFor(error) });
  });
  request.on("close", () => {
    clearTimeout(timer);
  });
  request.on("response", onResponse);
  if (onSent !== undefined) request.on("finish", onSent);
  request.end(body);
  return request;
}

function wordFor(error: Error): string {
  if (error instanceof AddressRefused) return "its name has a private address; --allow-private-upstream allows it";
  return "code" in error && typeof error.code === "string" ? error.code : "no connection in time";
}
