/** The HTTP front: what each request asks for, held against the headers, and given to the session it belongs to. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_HTTP_BODY_BYTES, MAX_HTTP_RUN_SESSIONS } from "../../base/limits.js";
import { nonce } from "../../host/entropy.js";
import { refusal, refuse, sendEmpty, type HttpRefusal } from "../../host/http-answer.js";
import {
  corsHeaders,
  guardRefusal,
  placeRefusal,
  PREFLIGHT_HEADERS,
  type GuardOptions,
} from "../../host/http-guard.js";
import { readBody, type BodyFault } from "../../host/http-server.js";
import type { Message, RequestMessage } from "../../mcp/wire/message.js";
import { readMessage } from "../../mcp/wire/read.js";
import { isRevision } from "../../mcp/wire/revisions.js";
import { faultError } from "../../mcp/wire/write.js";
import type { ChannelEnd, Connect } from "./channel.js";
import { acceptedBy, isModern, isModernVersion, mismatchError, modernFault, type Accepted } from "./headers.js";
import { ModernCalls } from "./modern.js";
import { HttpSession } from "./session.js";

export interface FrontOptions {
  readonly guard: GuardOptions;
  readonly connect: Connect;
  readonly maxSessions: number;
  readonly maxLineBytes: number;
  readonly idleMs: number;
  readonly stallMs?: number;
  readonly onEnded: (ended: ChannelEnd) => void;
}

/** 128 bits: nobody guesses a session, although guessing one would be of no use without the token. */
const SESSION_ID_BYTES = 16;
const RETRY_AFTER = { "retry-after": "1" };

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export class HttpFront {
  private readonly options: FrontOptions;
  private readonly sessions = new Map<string, HttpSession>();
  private readonly modern: ModernCalls;
  private begun = 0;
  private bodyBytes = 0;
  private refused = 0;
  private isEnding = false;

  constructor(options: FrontOptions) {
    this.options = options;
    this.modern = new ModernCalls(options);
  }

  /** Requests that were refused here, and of which the log holds nothing but how many they were. */
  get strays(): number {
    return this.refused;
  }

  /** One request. Attacker-controlled: all of it. Never rejects. */
  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    const exchange = { request, response };
    try {
      const refused = await this.answer(exchange);
      if (refused !== undefined) this.refuse(exchange, refused);
    } catch {
      // A server that cannot be started at all: the client is told, and learns nothing of why.
      this.refuse(exchange, refusal(500, "the server cannot be started"));
    }
  }

  /** Ends all sessions. Settles when what they did is recorded. */
  async end(how: { readonly isUrgent: boolean }): Promise<void> {
    this.isEnding = true;
    await Promise.all([this.modern.end(how), ...[...this.sessions.values()].map(({ channel }) => channel.end(how))]);
  }

  private refuse({ request, response }: Exchange, refused: HttpRefusal): void {
    this.refused++;
    refuse(request, response, { ...refused, headers: { ...this.corsOf(request), ...refused.headers } });
  }

  /** Only for origins that are allowed. */
  private corsOf(request: IncomingMessage): Readonly<Record<string, string>> {
    const isKnown = this.options.guard.origins.has(request.headers.origin ?? "");
    return isKnown ? corsHeaders(request) : {};
  }

  private async answer(exchange: Exchange): Promise<HttpRefusal | undefined> {
    const { request, response } = exchange;
    if (isPreflight(request) && placeRefusal(request, this.options.guard) === undefined) {
      sendEmpty(response, 204, { ...corsHeaders(request), ...PREFLIGHT_HEADERS });
      return undefined;
    }
    const refused = guardRefusal(request, this.options.guard);
    if (refused !== undefined) return refused;
    if (this.isEnding) return refusal(503, "the run is ending");
    return this.serve(exchange);
  }

  private serve(exchange: Exchange): Promise<HttpRefusal | undefined> | HttpRefusal | undefined {
    const { request } = exchange;
    const isOld = !isModernVersion(request.headers["mcp-protocol-version"]);
    if (request.method === "POST") return this.post(exchange);
    if (request.method === "GET" && isOld) return this.listen(exchange);
    if (request.method === "DELETE" && isOld) return this.remove(exchange);
    return refusal(405, "this method is not served", { allow: isOld ? "POST, GET, DELETE" : "POST" });
  }

  private async post(exchange: Exchange): Promise<HttpRefusal | undefined> {
    const { request, response } = exchange;
    const { headers } = request;
    if (!isJsonType(headers["content-type"]) || !["identity", undefined].includes(headers["content-encoding"]))
      return refusal(415, "the body is application/json, in UTF-8 and not compressed");
    const accepted = acceptedBy(headers.accept);
    if (!accepted.json || !accepted.stream)
      return refusal(406, "the client accepts application/json and text/event-stream");
    const body = await readBody(request, response, {
      maxBytes: this.options.maxLineBytes,
      reserve: (bytes) => this.reserve(bytes),
      release: (bytes) => {
        this.bodyBytes -= bytes;
      },
    });
    if (!body.ok) return this.bodyRefusal(request, body.fault);
    try {
      return await this.message(exchange, body.bytes, accepted);
    } finally {
      this.bodyBytes -= body.bytes.length;
    }
  }

  private reserve(bytes: number): boolean {
    if (this.bodyBytes + bytes > MAX_HTTP_BODY_BYTES) return false;
    this.bodyBytes += bytes;
    return true;
  }

  private bodyRefusal(request: IncomingMessage, fault: BodyFault): HttpRefusal {
    if (fault === "no-room") return refusal(503, "too much is being sent at once", RETRY_AFTER);
    if (fault === "gone") return refusal(400, "the body is cut off");
    this.named(request)?.channel.oversize();
    return refusal(413, `a message has at most ${String(this.options.maxLineBytes)} bytes`);
  }

  /** The session that a request names; a name of none is no reason to say more. */
  private named({ headers }: IncomingMessage): HttpSession | undefined {
    const id = headers["mcp-session-id"];
    return typeof id === "string" ? this.sessions.get(id) : undefined;
  }

  private async message(exchange: Exchange, bytes: Buffer, accepted: Accepted): Promise<HttpRefusal | undefined> {
    const read = readMessage(bytes, "client");
    if (!read.ok) {
      // The relay records it in the session; its answer goes nowhere, as this is the answer.
      this.named(exchange.request)?.channel.tell(bytes);
      return { status: 400, why: "", body: faultError(read.error) };
    }
    const message = read.value;
    return isModern(message, exchange.request.headers)
      ? this.modernMessage(exchange, message, accepted)
      : this.legacyMessage(exchange, message, accepted);
  }

  private async modernMessage(
    { request, response }: Exchange,
    message: Message,
    { prefersStream }: Accepted,
  ): Promise<HttpRefusal | undefined> {
    const fault = modernFault(message, request.headers);
    if (fault !== undefined) return { status: 400, why: "", body: fault };
    const header = message.form === "request" ? this.modern.paramFault(message, request.headers) : undefined;
    if (header !== undefined) return { status: 400, why: "", body: mismatchError(message, header) };
    if (message.form === "result" || message.form === "error") return refusal(400, "the server asks nothing here");
    const channel = await this.modern.ready();
    if (channel === undefined) return refusal(503, "the server is being started again", RETRY_AFTER);
    // Nobody would be told of an end that came before the call: one without a timeout would never have another.
    if (response.destroyed) return refusal(400, "the client has gone");
    if (message.form === "notification") {
      this.modern.notify(channel, message);
      sendEmpty(response, 202, this.corsOf(request));
      return undefined;
    }
    const asked = this.modern.ask(channel, message, response, { prefersStream, headers: this.corsOf(request) });
    return asked === "asked" ? undefined : this.bodyRefusal(request, "too-long");
  }

  private async legacyMessage(
    exchange: Exchange,
    message: Message,
    accepted: Accepted,
  ): Promise<HttpRefusal | undefined> {
    const { request, response } = exchange;
    const isFirst = request.headers["mcp-session-id"] === undefined;
    const session = isFirst ? this.open(message, request) : this.find(request);
    if (!(session instanceof HttpSession)) return session;
    session.touch();
    await session.channel.ready();
    // The server has ended while it was waited for.
    if (session.channel.isEnding) return isFirst ? refusal(502, "the server ended at once") : gone();
    if (message.form === "request") return this.ask(exchange, session, message, accepted);
    if (message.form === "notification") session.notify(message);
    else session.channel.tell(Buffer.from(message.canonical, "utf8"));
    sendEmpty(response, 202, this.corsOf(request));
    return undefined;
  }

  private ask(
    { request, response }: Exchange,
    session: HttpSession,
    message: RequestMessage,
    { prefersStream }: Accepted,
  ): HttpRefusal | undefined {
    const asked = session.ask({ message, response, prefersStream, headers: this.corsOf(request) });
    if (asked === "in-use") return refusal(400, "the id is in use");
    return asked === "asked" ? undefined : refusal(413, "the message is too long");
  }

  /** A message that names no session begins one, if it is the one that can. */
  private open(message: Message, { headers }: IncomingMessage): HttpSession | HttpRefusal {
    if (message.form !== "request" || message.method !== "initialize")
      return refusal(400, "the header Mcp-Session-Id is missing");
    const version = headers["mcp-protocol-version"];
    if (version !== undefined && !isRevision(version)) return refusal(400, "the protocol version is not supported");
    if (this.sessions.size >= this.options.maxSessions || this.begun >= MAX_HTTP_RUN_SESSIONS)
      return refusal(503, "there are too many sessions", RETRY_AFTER);
    const { connect, maxLineBytes, idleMs, stallMs, onEnded } = this.options;
    const session = new HttpSession({
      ...{ id: nonce(SESSION_ID_BYTES), session: `h${String(++this.begun)}`, connect, maxLineBytes, idleMs },
      ...(stallMs === undefined ? {} : { stallMs }),
      onEnded: ({ id }, ended) => {
        this.sessions.delete(id);
        onEnded(ended);
      },
    });
    this.sessions.set(session.id, session);
    return session;
  }

  /** The session that a request names, if it speaks the version that was agreed on in it. */
  private find(request: IncomingMessage): HttpSession | HttpRefusal {
    const session = this.named(request);
    if (request.headers["mcp-session-id"] === undefined) return refusal(400, "the header Mcp-Session-Id is missing");
    if (session?.version === undefined || session.channel.isEnding) return gone();
    const version = request.headers["mcp-protocol-version"];
    // MCP 2025-06-18: clients of older versions do not send it.
    if (version !== undefined && version !== session.version)
      return refusal(400, `the session speaks protocol version ${session.version}`);
    return session;
  }

  private listen({ request, response }: Exchange): HttpRefusal | undefined {
    if (!acceptedBy(request.headers.accept).stream) return refusal(406, "the client accepts text/event-stream");
    const session = this.find(request);
    if (!(session instanceof HttpSession)) return session;
    session.touch();
    const last = request.headers["last-event-id"];
    const heard = session.listen(response, this.corsOf(request), typeof last === "string" ? last : undefined);
    if (heard === "taken") return refusal(409, "somebody listens to this stream already", RETRY_AFTER);
    return heard === "unknown" ? refusal(400, "there is no such event") : undefined;
  }

  private async remove({ request, response }: Exchange): Promise<HttpRefusal | undefined> {
    const session = this.find(request);
    if (!(session instanceof HttpSession)) return session;
    await session.channel.abandon();
    sendEmpty(response, 204, this.corsOf(request));
    return undefined;
  }
}

function gone(): HttpRefusal {
  return refusal(404, "there is no such session");
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined;
}

function isJsonType(type: string | undefined): boolean {
  return /^application\/json(?: *; *charset="?utf-8"?)?$/i.test(type ?? "");
}
