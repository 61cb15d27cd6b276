/**
 * One client and its child server: what may pass now, and which answer belongs to which request.
 * A pure state machine; the relay does the reading, writing, waiting and recording.
 */
import type { Refusal } from "../abi/request.js";
import type { JsonObject } from "../base/json.js";
import { MAX_CLIENT_MESSAGES } from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import type { ShapeFault } from "../base/shape.js";
import { takeClaims, withoutAgentkMeta, type TakenClaims, type TakenParams } from "./methods/claims.js";
import type { Contract, Phase } from "./methods/contract.js";
import { initialize } from "./methods/initialize.js";
import { progressTokenOf } from "./methods/shapes.js";
import { contractFor } from "./methods/table.js";
import { OWN_ERRORS, RPC } from "./wire/codes.js";
import { Exchanges, type Exchange, type Settled } from "./wire/exchanges.js";
import type { Message, NotificationMessage, RequestId, RequestMessage } from "./wire/message.js";
import { isRevision, type Revision } from "./wire/revisions.js";

export type { Exchange, Settled } from "./wire/exchanges.js";

export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
  /** For the answer to a request; notifications and answers are never answered. */
  readonly rpcCode: number;
  readonly detail: string;
}

export interface Admitted {
  readonly ok: true;
  readonly contract: Contract;
  /**
   * What may be forwarded: claims, agentk's own keys and capabilities without a contract are out.
   * INVARIANT: the message's own text may be forwarded only when this is the very object it came with.
   */
  readonly params: JsonObject | undefined;
  readonly claims?: TakenClaims;
  /** The request that a cancellation or a progress notification is about. */
  readonly exchange?: Exchange;
}

export type Admission = Admitted | Refused;

type Call = RequestMessage | NotificationMessage;

export class Session {
  private at: Phase = "opening";
  private agreed: Revision | undefined;
  private received = 0;
  private readonly maxMessages: number;
  private readonly exchanges = new Exchanges();

  constructor(options: { readonly maxClientMessages?: number } = {}) {
    this.maxMessages = options.maxClientMessages ?? MAX_CLIENT_MESSAGES;
  }

  get phase(): Phase {
    return this.at;
  }

  /** The revision both sides speak, once `initialize` is answered. */
  get revision(): Revision | undefined {
    return this.agreed;
  }

  /** How many requests of the client are under way. */
  get inFlight(): number {
    return this.exchanges.size;
  }

  /**
   * Judges one message of the client, before any policy. An admitted `notifications/initialized` makes the
   * session ready. INVARIANT: an admitted request is begun before anything is awaited.
   */
  admit(message: Message): Admission {
    if (!this.count()) return refused("message-limit", OWN_ERRORS.denied.code, "the run's message limit is reached");
    if (message.form === "result" || message.form === "error")
      return refused("no-contract", RPC.invalidRequest, "the server has asked nothing");
    const refusal = message.form === "request" ? this.idRefusal(message) : undefined;
    return refusal ?? this.admitCall(message);
  }

  /** Counts a line of the client that was no message. False once the limit is passed. */
  count(): boolean {
    this.received++;
    return this.received <= this.maxMessages;
  }

  /** Judges a request or notification of the server. Attacker-controlled: all of it. */
  admitFromServer(message: Call): Admission {
    const contract = this.contractNow("server", message);
    if ("ok" in contract) return contract;
    // A server's `agentk/...` would pass for the kernel's own evidence.
    const params = message.params === undefined ? undefined : withoutAgentkMeta(message.params);
    const fault = contract.params.check(params ?? {}, "");
    if (fault !== undefined) return malformed(fault);
    const exchange = this.exchangeOfProgress(message.method, params);
    if (exchange !== undefined) return { ok: true, contract, params, exchange };
    return refused("lifecycle", RPC.invalidRequest, "no request under way has this id or token, or progress fell");
  }

  /** Registers an admitted request; its id and progress token are taken from now on. */
  begin(message: RequestMessage): Exchange {
    const exchange = this.exchanges.begin(message.id, message.method, progressTokenOf(message.params));
    if (message.method === initialize.method) this.at = "initializing";
    return exchange;
  }

  /** To be asked right before sending to the server: false when the request was given up meanwhile. */
  forward(exchange: Exchange, call?: string): boolean {
    return this.exchanges.forward(exchange, call);
  }

  /** Ends a request that agentk answers itself, such as a denied one. False when it had ended before. */
  release(exchange: Exchange): boolean {
    return this.exchanges.release(exchange);
  }

  /** Gives a request up, on timeout or cancellation; an abandoned `initialize` closes the session. */
  abandon(exchange: Exchange): boolean {
    const wasLive = this.exchanges.abandon(exchange);
    if (wasLive && exchange.method === initialize.method) this.close();
    return wasLive;
  }

  /** Matches an answer of the server with its request; undefined when it answers nothing that was sent. */
  settle(id: RequestId): Settled | undefined {
    return this.exchanges.settle(id);
  }

  /**
   * Takes the server's result of `initialize` and gives the one for the client, with capabilities cut.
   * A fault (such as a revision without contracts) closes the session; so must the relay on an error answer.
   */
  establish(result: JsonObject): Result<JsonObject, ShapeFault> {
    const version = result["protocolVersion"];
    const fault = initialize.result.check(result, "");
    if (fault !== undefined || this.at !== "initializing" || !isRevision(version)) {
      this.close();
      return err(fault ?? { path: "", problem: "answers no initialize" });
    }
    this.agreed = version;
    this.at = "initialized";
    return ok(initialize.toSender?.(result) ?? result);
  }

  /** Nothing passes from now on. */
  close(): void {
    this.at = "closed";
  }

  private idRefusal(message: RequestMessage): Refused | undefined {
    if (this.exchanges.isTaken(message.id)) return refused("malformed", RPC.invalidRequest, "the id is in use");
    if (!this.exchanges.isCrowded) return undefined;
    return refused("lifecycle", RPC.invalidRequest, "too many requests were given up and not answered");
  }

  private admitCall(message: Call): Admission {
    const contract = this.contractNow("client", message);
    if ("ok" in contract) return contract;
    const taken = readParams(contract, message.params ?? {});
    if ("ok" in taken) return taken;
    const { params } = taken;
    const link = contract.form === "request" ? this.tokenRefusal(params) : this.target(contract.method, params);
    if (link?.ok === false) return link;
    if (contract.method === "notifications/initialized") this.at = "ready";
    const isSent = message.params !== undefined;
    return { ...taken, ...link, ok: true, contract, params: isSent ? forwarded(contract, params) : undefined };
  }

  /** The row for a call, if it may pass in this phase and revision. */
  private contractNow(sender: "client" | "server", message: Call): Contract | Refused {
    const contract = contractFor(sender, message.form, message.method);
    const isSpoken = contract !== undefined && (this.agreed === undefined || contract.revisions.includes(this.agreed));
    if (!isSpoken) return refused("no-contract", RPC.methodNotFound, "no contract covers this method");
    if (contract.phases.includes(this.at)) return contract;
    return refused("lifecycle", RPC.invalidRequest, `the session is ${this.at}`);
  }

  private tokenRefusal(params: JsonObject): Refused | undefined {
    const token = progressTokenOf(params);
    if (token === undefined || !this.exchanges.hasToken(token)) return undefined;
    return refused("malformed", RPC.invalidParams, "params/_meta/progressToken is in use");
  }

  /** What a notification of the client is about: its own request under way; the server has none to progress on. */
  private target(method: string, params: JsonObject): { ok: true; exchange?: Exchange } | Refused {
    if (method === "notifications/initialized") return { ok: true };
    const exchange =
      method === "notifications/cancelled" ? this.exchanges.find(params["requestId"] as RequestId) : undefined;
    // MCP lifecycle: the client must not cancel `initialize`.
    if (exchange !== undefined && exchange.method !== initialize.method) return { ok: true, exchange };
    return refused("lifecycle", RPC.invalidRequest, "no request it could be about is under way");
  }

  /** Only progress can be about something: the server has no request of its own to cancel. */
  private exchangeOfProgress(method: string, params: JsonObject | undefined): Exchange | undefined {
    if (method !== "notifications/progress") return undefined;
    return this.exchanges.progress(params?.["progressToken"] as RequestId, params?.["progress"] as number);
  }
}

function refused(refusal: Refusal, rpcCode: number, detail: string): Refused {
  return { ok: false, refusal, rpcCode, detail };
}

/** Takes the claims out, then holds the rest against the row. */
function readParams(contract: Contract, params: JsonObject): TakenParams | Refused {
  const taken = takeClaims(params);
  if (!taken.ok) return malformed(taken.error);
  const fault = contract.params.check(taken.value.params, "");
  return fault === undefined ? taken.value : malformed(fault);
}

function forwarded(contract: Contract, params: JsonObject): JsonObject {
  const lens = contract.form === "request" ? contract.toReceiver : undefined;
  return lens?.(params) ?? params;
}

function malformed(fault: ShapeFault): Refused {
  return refused("malformed", RPC.invalidParams, `params${fault.path} ${fault.problem}`);
}
