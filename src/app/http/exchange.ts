/** One answer of a remote server, as lines: a JSON body is one, each event of a stream is one. Attacker-controlled: all of it. */
import type { ClientRequest, IncomingMessage } from "node:http";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { CHILD_GRACE_MS } from "../../base/limits.js";
import { sendRequest, type HttpTarget } from "../../host/http-client.js";
import { createSseReader, type SseReader } from "../../host/http-sse-reader.js";

export interface ReadingParts {
  readonly maxBytes: number;
  /** One message, still to be read strictly. */
  readonly onLine: (bytes: Buffer) => void;
  readonly onOversize: () => void;
  /** The answer is over. `cut`: not by the server's own will. Called once. */
  readonly onEnd: (end: { readonly cut: boolean; readonly stream: SseReader | undefined }) => void;
}

/** The kind of a body, without its parameters. */
export function mediaType({ headers }: Pick<IncomingMessage, "headers">): string {
  return (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** Whether a body is what it seems: one that is compressed was not asked for. */
export function isPlain({ headers }: Pick<IncomingMessage, "headers">): boolean {
  return ["identity", undefined].includes(headers["content-encoding"]);
}

/** Whether a response is an answer of either kind. */
export function isAnswer(response: IncomingMessage): boolean {
  const { statusCode = 0 } = response;
  const isKnown = ["application/json", "text/event-stream"].includes(mediaType(response));
  return statusCode >= 200 && statusCode < 300 && isPlain(response) && isKnown;
}

function isEventStream(response: IncomingMessage): boolean {
  return response.statusCode === 200 && isPlain(response) && mediaType(response) === "text/event-stream";
}

/** Reads a body of either kind. */
export function readAnswer(response: IncomingMessage, parts: ReadingParts): void {
  if (mediaType(response) === "text/event-stream") readEvents(response, parts);
  else readJson(response, parts);
}

function readEvents(response: IncomingMessage, { maxBytes, onLine, onOversize, onEnd }: ReadingParts): void {
  const stream = createSseReader({ maxBytes, onData: onLine, onOversize });
  response.on("data", stream.push);
  whenOver(response, (cut) => {
    onEnd({ cut, stream });
  });
}

function readJson(response: IncomingMessage, { maxBytes, onLine, onOversize, onEnd }: ReadingParts): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else if (bytes - chunk.length <= maxBytes) {
      chunks.length = 0;
      onOversize();
      response.destroy();
    }
  });
  whenOver(response, (cut) => {
    if (!cut && bytes > 0 && bytes <= maxBytes) onLine(Buffer.concat(chunks, bytes));
    onEnd({ cut, stream: undefined });
  });
}

function whenOver(response: IncomingMessage, over: (cut: boolean) => void): void {
  // A connection that is lost is told by `close` too.
  response.on("error", () => undefined);
  response.on("close", () => {
    over(!response.complete);
  });
}

/**
 * What a message answers, as far as the link must know: to tell a stream that ended too early from one that is done.
 * Read loosely; nothing is decided by it. Undefined for what is no answer.
 */
export function answerIn(
  bytes: Buffer,
): { readonly id: JsonValue | undefined; readonly result: JsonObject | undefined } | undefined {
  let message: unknown;
  try {
    message = JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
  if (!isJsonObject(message) || !("result" in message || "error" in message)) return undefined;
  return { id: message["id"], result: isJsonObject(message["result"]) ? message["result"] : undefined };
}

/** Why nothing more is asked of a server after this response; undefined when that need not be. */
export function lossOf(
  { statusCode = 0, headers }: IncomingMessage,
  url: URL,
  hasSession: boolean,
): { readonly code: string; readonly says: string } | undefined {
  if (statusCode >= 300 && statusCode < 400) {
    const target = headers.location ?? "";
    const origin = URL.canParse(target, url.href) ? new URL(target, url).origin : "nowhere";
    return { code: "redirect", says: `it redirects to ${origin}, and redirects are not followed` };
  }
  const status = String(statusCode);
  if (statusCode === 401 || statusCode === 403)
    return { code: `http-${status}`, says: `it does not accept these credentials (HTTP status ${status})` };
  if (statusCode === 404 && hasSession) return { code: "session-lost", says: "it has ended the session" };
  return undefined;
}

/** Tells a server that its session is over, and does not wait long for it. */
export function endSession(target: HttpTarget, headers: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve) => {
    const request = sendRequest(target, {
      ...{ method: "DELETE" as const, headers },
      onResponse: (response) => response.resume(),
      onFailure: () => undefined,
    });
    const timer = setTimeout(() => request.destroy(), CHILD_GRACE_MS);
    request.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Asks for a stream of the server's own, or for the rest of one that was cut. One of the two is called, once. */
export function askStream(
  target: HttpTarget,
  headers: Readonly<Record<string, string>>,
  parts: {
    readonly lastEventId: string | undefined;
    readonly onStream: (response: IncomingMessage) => void;
    /** The HTTP status in its place; 0 when there was none. */
    readonly onNone: (status: number) => void;
  },
): ClientRequest {
  const { lastEventId, onStream, onNone } = parts;
  const after = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  return sendRequest(target, {
    ...{ method: "GET" as const, headers: { accept: "text/event-stream", ...headers, ...after } },
    onResponse: (response) => {
      if (isEventStream(response)) onStream(response);
      else {
        response.resume();
        onNone(response.statusCode ?? 0);
      }
    },
    onFailure: () => {
      onNone(0);
    },
  });
}
