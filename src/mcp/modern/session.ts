/**
 * A session of 2026-07-28: there is no handshake, and every request says for itself what it speaks and who it is from.
 * What may pass now, and which answer belongs to which request; the relay does the reading, waiting and recording.
 */
import type { JsonObject } from "../../base/json.js";
import { MAX_CLIENT_MESSAGES } from "../../base/limits.js";
import { ok, type Result } from "../../base/result.js";
import { NOT_FOUND, refused, type Refused } from "../refused.js";
import type { Admitted, Admission } from "../session.js";
import { takeClaims, withoutAgentkMeta } from "../methods/claims.js";
import type { Phase } from "../methods/contract.js";
import { progressTokenOf } from "../methods/shapes.js";
import { OWN_ERRORS, RPC } from "../wire/codes.js";
import { Exchanges, type Exchange, type Settled } from "../wire/exchanges.js";
import type { Message, NotificationMessage, RequestId, RequestMessage } from "../wire/message.js";
import type { ModernContract, ModernRequest } from "./contracts/contract.js";
import { mayLog, readEnvelope, type Envelope, type EnvelopeFault, type LogLevel } from "./envelope.js";
import { hasTasks } from "./grants.js";
import type { Grants } from "../methods/granted.js";
import { splitAnswers } from "./early.js";
import type { Redeemed, Retries } from "./retry.js";
import { isModernCode, MODERN, TASKS, UNSUPPORTED_VERSION } from "./revision.js";
import type { SessionLike } from "./session-like.js";
import type { Subscriptions } from "./subscriptions.js";
import type { TaskTable } from "../task-table.js";
import { isModernRequest, modernContract } from "./table.js";

/** What an admitted request of this era comes with. */
export interface ModernRequestFacts {
  readonly contract: ModernRequest;
  readonly envelope: Envelope;
  /** What it is a retry of: the answers in it are still to be judged. */
  readonly retry?: Redeemed;
  /** It came with answers to what nobody has asked. They are out. */
  readonly hasUnasked: boolean;
  /** The same, where the policy has them used once the server asks. */
  readonly early?: JsonObject;
}

export interface ModernAdmitted extends Admitted {
  readonly modern?: ModernRequestFacts;
}

export type ModernAdmission = ModernAdmitted | Refused;

export interface ModernSessionParts {
  readonly grants: Grants;
  readonly retries: Retries;
  readonly subscriptions: Subscriptions;
  /** The tasks of the connection; without them there are none. */
  readonly tasks?: TaskTable;
  /** Requests under way, shared with the session of the other era that the connection may begin with. */
  readonly exchanges?: Exchanges;
  /** Whether a server has given this cursor for this list; without it no cursor is known. */
  readonly isIssued?: (method: string, cursor: string) => boolean;
  readonly maxClientMessages?: number;
}

type Call = RequestMessage | NotificationMessage;

export class ModernSession implements SessionLike {
  private at: Phase = "ready";
  private received = 0;
  private readonly exchanges: Exchanges;
  private readonly maxMessages: number;
  private readonly parts: ModernSessionParts;
  /** The requests under way that asked for messages, and from which level on. */
  private readonly logging = new Map<Exchange, LogLevel>();
  private readonly levels = new WeakMap<RequestMessage, LogLevel>();

  constructor(parts: ModernSessionParts) {
    this.parts = parts;
    this.exchanges = parts.exchanges ?? new Exchanges();
    this.maxMessages = parts.maxClientMessages ?? MAX_CLIENT_MESSAGES;
  }

  get phase(): Phase {
    return this.at;
  }

  get revision(): typeof MODERN {
    return MODERN;
  }

  get inFlight(): number {
    return this.exchanges.size;
  }

  /** Judges one message of the client, before any policy. INVARIANT: an admitted request is begun before any await. */
  admit(message: Message): ModernAdmission {
    if (!this.count()) return refused("message-limit", OWN_ERRORS.denied.code, "the run's message limit is reached");
    return this.admitCounted(message);
  }

  /** The same for a message that another session of the connection has counted. */
  admitCounted(message: Message): ModernAdmission {
    if (message.form === "result" || message.form === "error")
      return refused("no-contract", RPC.invalidRequest, "the server has asked nothing");
    const idFault = message.form === "request" ? this.idRefusal(message) : undefined;
    if (idFault !== undefined) return idFault;
    const admission = this.admitCall(message);
    // By any other code a client that looks for this revision would take the server for one that speaks it.
    return admission.ok || message.method !== "server/discover" ? admission : withoutModernCode(admission);
  }

  count(): boolean {
    this.received++;
    return this.received <= this.maxMessages;
  }

  /** Judges a notification of the server. Attacker-controlled: all of it. Its requests are always refused. */
  admitFromServer(message: Call): Admission {
    const contract = this.contractNow("server", message);
    if ("ok" in contract) return contract;
    const params = withoutAgentkMeta(message.params ?? {});
    const fault = contract.params.check(params, "");
    if (fault !== undefined) return malformed(`params${fault.path} ${fault.problem}`);
    const isSent = message.params !== undefined;
    const about = this.aboutWhat(contract, params);
    if (about === undefined) return refused("lifecycle", RPC.invalidRequest, "nothing under way asked for it");
    return { ok: true, contract, params: isSent ? params : undefined, ...about };
  }

  begin(message: RequestMessage): Exchange {
    const exchange = this.exchanges.begin(message.id, message.method, progressTokenOf(message.params));
    const level = this.levels.get(message);
    if (level !== undefined) this.logging.set(exchange, level);
    return exchange;
  }

  forward(exchange: Exchange, call?: string): boolean {
    return this.exchanges.forward(exchange, call);
  }

  release(exchange: Exchange): boolean {
    return this.ended(exchange, this.exchanges.release(exchange));
  }

  abandon(exchange: Exchange): boolean {
    return this.ended(exchange, this.exchanges.abandon(exchange));
  }

  settle(id: RequestId): Settled | undefined {
    const settled = this.exchanges.settle(id);
    if (settled !== undefined) this.ended(settled.exchange, true);
    return settled;
  }

  close(): void {
    this.at = "closed";
  }

  private ended(exchange: Exchange, hasEnded: boolean): boolean {
    if (hasEnded) {
      this.logging.delete(exchange);
      if (exchange.method === "subscriptions/listen") this.parts.subscriptions.end(exchange.id);
    }
    return hasEnded;
  }

  private idRefusal(message: RequestMessage): Refused | undefined {
    if (this.exchanges.isTaken(message.id)) return refused("malformed", RPC.invalidRequest, "the id is in use");
    if (!this.exchanges.isCrowded) return undefined;
    return refused("lifecycle", RPC.invalidRequest, "too many requests were given up and not answered");
  }

  private contractNow(sender: "client" | "server", message: Call): ModernContract | Refused {
    const contract = modernContract(sender, message.form, message.method, this.parts.grants);
    if (contract === undefined) return refused("no-contract", RPC.methodNotFound, "no contract covers this method");
    if (this.at === "ready") return contract;
    return refused("lifecycle", RPC.invalidRequest, `the session is ${this.at}`);
  }

  private admitCall(message: Call): ModernAdmission {
    const contract = this.contractNow("client", message);
    if ("ok" in contract) return contract;
    const taken = takeClaims(message.params ?? {});
    if (!taken.ok) return malformed(`params${taken.error.path} ${taken.error.problem}`);
    const { params, claims } = taken.value;
    const claimed = claims === undefined ? {} : { claims };
    if (isModernRequest(contract)) {
      const admission = this.admitRequest(message as RequestMessage, contract, params);
      return admission.ok ? { ...admission, ...claimed } : admission;
    }
    const fault = contract.params.check(params, "");
    if (fault !== undefined) return malformed(`params${fault.path} ${fault.problem}`);
    const exchange = this.exchanges.find(params["requestId"] as RequestId);
    if (exchange !== undefined) return { ok: true, contract, params, ...claimed, exchange };
    return refused("lifecycle", RPC.invalidRequest, "no request it could be about is under way");
  }

  private admitRequest(message: RequestMessage, contract: ModernRequest, given: JsonObject): ModernAdmission {
    const read = readEnvelope(given, this.parts.grants);
    if (!read.ok) return envelopeRefusal(read.error);
    const envelope = read.value;
    const params = { ...given, _meta: envelope.meta };
    const fault = contract.params.check(params, "");
    if (fault !== undefined) return malformed(`params${fault.path} ${fault.problem}`);
    const unfit = this.unfit(contract, params, envelope);
    if (unfit !== undefined) return unfit;
    const retry = this.retryOf(contract, params);
    if (!retry.ok) return malformed(retry.error);
    if (envelope.logLevel !== undefined) this.levels.set(message, envelope.logLevel);
    const { params: kept, ...answers } = splitAnswers(contract.mayAsk, params, [retry.value, this.parts.grants]);
    return { ok: true, contract, params: kept, modern: { contract, envelope, ...answers } };
  }

  /** What the shapes cannot see: it depends on what else is under way. */
  private unfit({ method }: ModernRequest, params: JsonObject, { capabilities }: Envelope): Refused | undefined {
    const unknown = method.startsWith("tasks/") ? this.taskRefusal(params, capabilities) : undefined;
    if (unknown !== undefined) return unknown;
    const token = progressTokenOf(params);
    if (token !== undefined && this.exchanges.hasToken(token)) return malformed("params/_meta/progressToken is in use");
    const { cursor } = params;
    if (typeof cursor === "string" && this.parts.isIssued?.(method, cursor) !== true)
      return malformed("params/cursor was not issued for this list");
    if (method !== "subscriptions/listen" || !this.parts.subscriptions.isFull) return undefined;
    return refused("lifecycle", RPC.invalidRequest, "too many streams are open");
  }

  /** Attacker-controlled: `taskId`. INVARIANT: none but a task of a call of this session is spoken of. */
  private taskRefusal({ taskId }: JsonObject, capabilities: JsonObject): Refused | undefined {
    const { tasks } = this.parts;
    // A server that has not offered them has no such method. What the id would say of others is not asked.
    if (tasks?.isOffered !== true) return NOT_FOUND;
    if (!hasTasks(capabilities)) return malformed(`params/_meta does not declare ${TASKS}`);
    const task = tasks.find(taskId);
    if (task?.isShown !== true) return malformed("params/taskId is of no task of this session");
    return task.isOver ? malformed("params/taskId is of a task that is over") : undefined;
  }

  /** Last of all checks: a handle is used up only by a request that passes. */
  private retryOf(contract: ModernRequest, params: JsonObject): Result<Redeemed | undefined, string> {
    // `tasks/update` has answers too: to what its task asks, which task-relay.ts holds them against.
    if (!contract.mayAsk) return ok(undefined);
    const { requestState } = params;
    // Without a handle nobody has asked: a call like any other, whatever answers it came with.
    if (requestState === undefined) return ok(undefined);
    const target = contract.target(params);
    return this.parts.retries.redeem(requestState as string, { method: contract.method, target, params });
  }

  /** What a notification of the server is about; undefined when it is about nothing that is under way. */
  private aboutWhat(contract: ModernContract, params: JsonObject): { exchange?: Exchange } | undefined {
    switch (contract.method) {
      case "notifications/progress":
        return about(this.exchanges.progress(params["progressToken"] as RequestId, params["progress"] as number));
      case "notifications/cancelled": {
        const id = params["requestId"] as RequestId;
        return this.parts.subscriptions.has(id) ? about(this.exchanges.find(id)) : undefined;
      }
      case "notifications/message":
        return this.isLogged(params["level"] as LogLevel) ? {} : undefined;
      // No stream is about tasks (subscriptions.ts): their results come with `tasks/get` alone.
      case "notifications/tasks":
        return undefined;
      default: {
        const id = this.parts.subscriptions.admit(contract.method, params);
        return id === undefined ? undefined : about(this.exchanges.find(id));
      }
    }
  }

  /** On one pipe a message does not say which request it belongs to: any that asked for its level will do. */
  private isLogged(level: LogLevel): boolean {
    for (const [exchange, asked] of this.logging) if (exchange.isForwarded && mayLog(asked, level)) return true;
    return false;
  }
}

function about(exchange: Exchange | undefined): { exchange: Exchange } | undefined {
  return exchange === undefined ? undefined : { exchange };
}

function malformed(detail: string): Refused {
  return refused("malformed", RPC.invalidParams, detail);
}

function envelopeRefusal({ kind, detail, requested = "" }: EnvelopeFault): Refused {
  if (kind === "malformed") return malformed(detail);
  return { ...refused("malformed", UNSUPPORTED_VERSION, detail), data: { requested, supported: [MODERN] } };
}

/** MCP 2026-07-28, era detection: any other error of a probe lets a client go on with `initialize`. */
function withoutModernCode(refusal: Refused): Refused {
  if (!isModernCode(refusal.rpcCode)) return refusal;
  return refused(refusal.refusal, RPC.methodNotFound, refusal.detail);
}
