/**
 * Streams of `subscriptions/listen` as they run. A request for one has happened when the server acknowledges it; what
 * comes after belongs to no request under way, and its end is no answer that anybody waits for.
 */
import { mayPass } from "../../abi/decision.js";
import type { Observation } from "../../abi/ports.js";
import { openPayload } from "../../abi/request.js";
import { canonicalJson } from "../../base/canonical.js";
import type { JsonObject } from "../../base/json.js";
import type { Judged } from "../../kernel/dispatch.js";
import { handedOn } from "../handed.js";
import { observeError, observeResult, type Answer, type McpRequest } from "../observed.js";
import { replyTo } from "../reply.js";
import type { Exchange } from "../wire/exchanges.js";
import { notificationLine, ownError, resultLine } from "../wire/write.js";
import type { ModernParts } from "./parts.js";
import { deferred, type Deferred } from "./deferred.js";
import { META } from "./revision.js";
import { filterParams, trimFilter, withUris, type Filter } from "./subscriptions.js";

const ACK = "notifications/subscriptions/acknowledged";

interface Stream {
  readonly filter: Filter;
  /** What the server acknowledges. */
  readonly acknowledged: Deferred<JsonObject>;
  /** Settles when the client has the acknowledgement, which nothing of the stream may overtake. */
  readonly shown: Deferred<undefined>;
  /** The answer to the request, which is the end of the stream. */
  readonly end: Promise<Answer>;
  isAcknowledged: boolean;
}

const STATUS = { broken: "not-sent", timeout: "timeout", cancelled: "cancelled", gone: "child-exited" } as const;

export class Streams {
  private readonly parts: ModernParts;
  private readonly streams = new Map<Exchange, Stream>();

  constructor(parts: ModernParts) {
    this.parts = parts;
  }

  /** What a stream may be about: what is granted, and of the resources those that may be read, each decided by itself. */
  async filterFor(request: McpRequest): Promise<Filter> {
    const asked = request.params["notifications"] as JsonObject;
    const filter = trimFilter(asked, this.parts.session.grants);
    const uris: string[] = [];
    for (const uri of filter.resourceSubscriptions ?? []) if (await this.mayRead(request, uri)) uris.push(uri);
    return withUris(filter, uris);
  }

  /** The params with nothing in the filter but this. */
  paramsFor(params: JsonObject, filter: Filter): JsonObject {
    return { ...params, notifications: filterParams(filter) };
  }

  /** What `act` does for an allowed request: the server is asked, and its acknowledgement awaited. */
  async perform(request: McpRequest, filter: Filter, call: string): Promise<Observation> {
    const { session, upstream, subscriptions, timeoutMs } = this.parts;
    const { exchange, line } = request;
    if (!session.forward(exchange, call)) {
      request.answer = { kind: "cancelled" };
      return { status: "not-sent" };
    }
    subscriptions.open(exchange.id, filter);
    const end = upstream.ask(exchange, line, true);
    const stream: Stream = { filter, acknowledged: deferred(), shown: deferred(), end, isAcknowledged: false };
    this.streams.set(exchange, stream);
    const wait = { isOver: false };
    const timer = setTimeout(() => {
      wait.isOver = true;
      upstream.cancel(exchange);
    }, timeoutMs);
    const first = await Promise.race([stream.acknowledged.promise, end]);
    clearTimeout(timer);
    if (!isAnswer(first)) {
      return {
        status: "ok",
        page: { method: `${exchange.method}#result`, content: openPayload(canonicalJson(first)) },
      };
    }
    this.streams.delete(exchange);
    request.answer = wait.isOver ? { kind: "timeout" } : first;
    return observed(request, request.answer);
  }

  /** After the request is decided and recorded: the client gets the acknowledgement, or the reason why there is none. */
  show(request: McpRequest, judged: Judged): string | undefined {
    const stream = this.streams.get(request.exchange);
    if (stream?.isAcknowledged !== true) return replyTo(request, judged);
    const acknowledged = { _meta: tag(request.exchange), notifications: filterParams(stream.filter) };
    const told = judged.page === undefined ? undefined : handedOn(judged.page, acknowledged);
    if (told === undefined || !mayPass(judged.decision.verdict)) {
      this.streams.delete(request.exchange);
      this.parts.upstream.cancel(request.exchange);
      return ownError(request.exchange.id, "withheld", judged.call);
    }
    this.parts.toClient(notificationLine(ACK, told));
    stream.shown.resolve(undefined);
    void stream.end.then((answer) => {
      this.finish(request.exchange, answer);
    });
    return undefined;
  }

  acknowledge(exchange: Exchange, params: JsonObject): void {
    const stream = this.streams.get(exchange);
    if (stream === undefined) return;
    stream.isAcknowledged = true;
    stream.acknowledged.resolve(params);
  }

  /** Settles when the client knows the stream; false when it has ended before. */
  async isShown(exchange: Exchange): Promise<boolean> {
    const stream = this.streams.get(exchange);
    if (stream === undefined) return false;
    // One that is not acknowledged has nothing that could be overtaken.
    if (stream.isAcknowledged) await Promise.race([stream.shown.promise, stream.end]);
    return this.streams.has(exchange);
  }

  /** The server has ended a stream by a cancellation: the client is told so, and nothing else of what it said. */
  async cancelled(exchange: Exchange): Promise<void> {
    const isOpen = await this.isShown(exchange);
    this.parts.upstream.ended(exchange);
    if (isOpen) this.parts.toClient(notificationLine("notifications/cancelled", { requestId: exchange.id }));
  }

  /** A stream ends without a word of the server's: what an end says is that it is one. */
  private finish(exchange: Exchange, answer: Answer): void {
    const { toClient } = this.parts;
    this.streams.delete(exchange);
    if (answer.kind === "result") toClient(resultLine(exchange.id, { _meta: tag(exchange), resultType: "complete" }));
    const line = answer.kind === "result" ? undefined : replyTo({ exchange, answer });
    if (line !== undefined) toClient(line);
  }

  /** Reading is asked for, and nothing is read: that is for when the resource has changed. */
  private async mayRead(listen: McpRequest, uri: string): Promise<boolean> {
    const request: McpRequest = {
      ...listen,
      ...{ kind: "resource.read", subject: { uri } },
      perform: () => Promise.resolve({ status: "ok" }),
    };
    const { decision, observation } = await this.parts.dispatch.request(request);
    return mayPass(decision.verdict) && observation?.status === "ok";
  }
}

function tag(exchange: Exchange): JsonObject {
  return { [META.subscription]: exchange.id };
}

function isAnswer(first: JsonObject | Answer): first is Answer {
  return "kind" in first && !("notifications" in first);
}

function observed(request: McpRequest, answer: Answer): Observation {
  if (answer.kind === "result") return observeResult(request, answer.message);
  if (answer.kind === "error") return observeError(request, answer.message);
  return { status: STATUS[answer.kind] };
}
