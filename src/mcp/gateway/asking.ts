/** What servers say on their own, on its way to the client; and what the client answers, on its way back. */
import type { JsonObject } from "../../base/json.js";
import { progressTokenOf } from "../methods/shapes.js";
import { RPC } from "../wire/codes.js";
import type { ErrorMessage, NotificationMessage, RequestId, ResultMessage } from "../wire/message.js";
import { errorLine, notificationLine, requestLine, resultLine } from "../wire/write.js";
import { Asks } from "./asks.js";
import { toClient, toServer, type MuxEffect } from "./effects.js";

/** Notifications kept until the client has its answer to `initialize`. */
const MAX_EARLY = 64;

/** A line of a relay's that is no answer. */
export interface ServerCall {
  readonly line: string;
  readonly id: RequestId | undefined;
  readonly method: string;
  readonly params: JsonObject | undefined;
}

export class Asking {
  private readonly asks = new Asks();
  private readonly early: MuxEffect[] = [];
  private readonly nextId: () => string;

  constructor(nextId: () => string) {
    this.nextId = nextId;
  }

  fromServer(server: string, call: ServerCall, isOpen: boolean): readonly MuxEffect[] {
    if (call.id !== undefined) return [this.request(server, { ...call, id: call.id }, isOpen)];
    const line = call.method === "notifications/cancelled" ? this.givenUp(server, call) : call.line;
    if (line === undefined) return [];
    if (isOpen) return [toClient(line)];
    if (this.early.length < MAX_EARLY) this.early.push(toClient(line));
    return [];
  }

  /** The client has its answer to `initialize`: what servers said meanwhile follows it. */
  opened(): readonly MuxEffect[] {
    return this.early.splice(0);
  }

  /** The client's answer, to the relay whose server asked; undefined when nobody did. Attacker-controlled: the id. */
  answered(message: ResultMessage | ErrorMessage): MuxEffect | undefined {
    const ask = message.id === null ? undefined : this.asks.take(message.id);
    if (ask === undefined) return undefined;
    const line = message.form === "result" ? resultLine(ask.id, message.result) : errorLine(ask.id, message.error);
    return toServer(ask.server, line);
  }

  /** The client's progress on what a server asked. The token it was given is our id. */
  progress(message: NotificationMessage): MuxEffect | undefined {
    const token = message.params?.["progressToken"];
    const ask = typeof token === "string" ? this.asks.find(token) : undefined;
    if (ask?.progressToken === undefined) return undefined;
    const params = { ...message.params, progressToken: ask.progressToken };
    return toServer(ask.server, notificationLine(message.method, params));
  }

  /** The client need not answer what a server asked that is gone. */
  lost(server: string): readonly MuxEffect[] {
    return this.asks
      .forget(server)
      .map((requestId) => toClient(notificationLine("notifications/cancelled", { requestId })));
  }

  private request(server: string, call: ServerCall & { readonly id: RequestId }, isOpen: boolean): MuxEffect {
    const { id, method, params } = call;
    const ourId = this.nextId();
    const progressToken = progressTokenOf(params);
    if (!isOpen || !this.asks.add(ourId, { server, id, progressToken }))
      return toServer(server, errorLine(id, { code: RPC.invalidRequest, message: "the client cannot be asked now" }));
    return toClient(requestLine(ourId, method, progressToken === undefined ? params : withToken(params, ourId)));
  }

  /** The server wants no answer any more to what it asked. */
  private givenUp(server: string, { method, params }: ServerCall): string | undefined {
    const id = params?.["requestId"];
    const isId = typeof id === "string" || typeof id === "number";
    const requestId = isId ? this.asks.ourId(server, id) : undefined;
    if (requestId === undefined) return undefined;
    this.asks.take(requestId);
    return notificationLine(method, { ...params, requestId });
  }
}

/** Two servers may use one token: to the client it is the request's own id. */
function withToken(params: JsonObject | undefined, progressToken: string): JsonObject {
  return { ...params, _meta: { ...(params?.["_meta"] as JsonObject), progressToken } };
}
