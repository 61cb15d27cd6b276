/**
 * The requests of HTTP clients that are under way at one relay. Each goes to the relay under an id and a progress token
 * of agentk's own, so that clients who share a relay, or one that uses an id twice, never get each other's answers.
 */
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { canonicalJson } from "../../base/canonical.js";
import { idKey, type RequestId, type RequestMessage } from "../../mcp/wire/message.js";
import { notificationLine, requestLine } from "../../mcp/wire/write.js";

const SUBSCRIPTION_KEY = "io.modelcontextprotocol/subscriptionId";
/** An answer of the relay begins so: RFC 8785 puts the members in this order, and own ids have nothing to escape. */
const RESULT_HEAD = /^\{"id":"([0-9a-f]+\.\d+)","jsonrpc":"2\.0","result":/;

/** Where what is said about a call goes to. */
export interface CallSink {
  /** A message about the call; the last one is its answer. False: hold the server back. `code`: of an error. */
  readonly send: (line: string, how: { readonly isLast: boolean; readonly code?: number }) => boolean;
  /** There is no answer, as the client has cancelled it. */
  readonly drop: () => void;
}

export interface Call {
  readonly own: string;
  readonly id: RequestId;
  readonly token: RequestId | undefined;
  readonly method: string;
  readonly sink: CallSink;
}

/** A line of the relay, in the client's own ids. */
export interface Routed {
  readonly line: string;
  /** The call it is about; undefined for what is about none. */
  readonly call?: Call;
  readonly isLast?: boolean;
  /** Of an error. */
  readonly code?: number;
  /** The parsed message, unless it is a result. */
  readonly message?: JsonObject;
}

export class Calls {
  private readonly live = new Map<string, Call>();
  private readonly mark: string;
  private made = 0;

  /** `mark`: random hex. A client that could guess own ids could have its broken messages answered as another's. */
  constructor(mark: string) {
    this.mark = mark;
  }

  get size(): number {
    return this.live.size;
  }

  /** Those under way, the latest first. */
  get latestFirst(): readonly Call[] {
    return [...this.live.values()].reverse();
  }

  /** The call that the client calls so. */
  find(id: RequestId): Call | undefined {
    return [...this.live.values()].find((call) => idKey(call.id) === idKey(id));
  }

  /** Takes a request on, and gives the line for the relay. */
  begin(message: RequestMessage, sink: CallSink): { readonly call: Call; readonly line: string } {
    const own = `${this.mark}.${String(++this.made)}`;
    const { id, method, params } = message;
    const meta = params?.["_meta"];
    const token = isJsonObject(meta) ? tokenOf(meta["progressToken"]) : undefined;
    const call: Call = { own, id, token, method, sink };
    this.live.set(own, call);
    const sent =
      token === undefined || !isJsonObject(meta) ? params : { ...params, _meta: { ...meta, progressToken: own } };
    return { call, line: requestLine(own, method, sent) };
  }

  /** False when it had ended. */
  end(call: Call): boolean {
    return this.live.delete(call.own);
  }

  /** The relay's line that cancels a call. */
  cancellation(call: Call, params: JsonObject = {}): string {
    return notificationLine("notifications/cancelled", { ...params, requestId: call.own });
  }

  /** Undefined for an answer to nothing that is under way: its client has given it up, or could not be read. */
  route(line: string): Routed | undefined {
    const own = RESULT_HEAD.exec(line.slice(0, 128))?.[1];
    if (own !== undefined) {
      const call = this.live.get(own);
      if (call === undefined) return undefined;
      return { line: `{"id":${JSON.stringify(call.id)}${line.slice(own.length + 8)}`, call, isLast: true };
    }
    // Our own canonical text: the relay wrote it.
    const message = JSON.parse(line) as JsonObject;
    if (isJsonObject(message["error"])) return this.routeError(message, message["error"]);
    // An answer that the relay gives under the id of a broken message: nobody waits for it.
    if (Object.hasOwn(message, "result")) return undefined;
    return this.routeCall(line, message);
  }

  private own(id: JsonValue | undefined): Call | undefined {
    return typeof id === "string" ? this.live.get(id) : undefined;
  }

  private routeError(message: JsonObject, error: JsonObject): Routed | undefined {
    const call = this.own(message["id"]);
    if (call === undefined) return undefined;
    const code = typeof error["code"] === "number" ? error["code"] : 0;
    return { line: canonicalJson({ ...message, id: call.id }), call, isLast: true, code, message };
  }

  private routeCall(line: string, message: JsonObject): Routed {
    const params = isJsonObject(message["params"]) ? message["params"] : {};
    const meta = isJsonObject(params["_meta"]) ? params["_meta"] : {};
    const renamed = (member: string): Routed | undefined => {
      const call = this.own(params[member]);
      if (call === undefined) return undefined;
      const value = member === "progressToken" ? (call.token ?? call.id) : call.id;
      return { line: canonicalJson({ ...message, params: { ...params, [member]: value } }), call, message };
    };
    const method = message["method"];
    const named =
      method === "notifications/progress"
        ? renamed("progressToken")
        : method === "notifications/cancelled"
          ? renamed("requestId")
          : undefined;
    if (named !== undefined) return named;
    const call = this.own(meta[SUBSCRIPTION_KEY]);
    if (call === undefined) return { line, message };
    const tagged = { ...params, _meta: { ...meta, [SUBSCRIPTION_KEY]: call.id } };
    return { line: canonicalJson({ ...message, params: tagged }), call, message };
  }
}

function tokenOf(value: JsonValue | undefined): RequestId | undefined {
  return typeof value === "string" || Number.isSafeInteger(value) ? (value as RequestId) : undefined;
}
