/**
 * One client and its child server: what may pass now, and which answer belongs to which request.
 * A pure state machine; the relay does the reading, writing, waiting and recording.
 */
import { isJsonObject, type JsonObject } from "../base/json.js";
import { MAX_CLIENT_MESSAGES } from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import type { ShapeFault } from "../base/shape.js";
import type { Agreement } from "./agreement.js";
import { takeClaims, withoutAgentkMeta, type TakenClaims, type TakenParams } from "./methods/claims.js";
import type { Contract, Phase } from "./methods/contract.js";
import { initialize } from "./methods/initialize.js";
import { grantsOf, type Grants } from "./methods/granted.js";
import { withForwardedMeta } from "./methods/request-meta.js";
import { progressTokenOf } from "./methods/shapes.js";
import type { ModernRevision } from "./modern/revision.js";
import { contractFor } from "./methods/table.js";
import { malformed, NOT_FOUND, refused, type Refused } from "./refused.js";
import { ServerSide } from "./server-side.js";
import { SessionMemory } from "./session-memory.js";
import { taskRefusal } from "./task-admission.js";
import { TaskTable, type TaskTableParts } from "./task-table.js";
import { OWN_ERRORS, RPC } from "./wire/codes.js";
import { Exchanges, type Exchange, type Settled } from "./wire/exchanges.js";
import type { PolicyMcp } from "../policy/ast.js";
import type { Message, NotificationMessage, RequestId, RequestMessage } from "./wire/message.js";
import { isRevision, REVISIONS, type Revision } from "./wire/revisions.js";

export type { Refused } from "./refused.js";
export type { Exchange, Settled } from "./wire/exchanges.js";

export interface Admitted {
  readonly ok: true;
  readonly contract: Contract;
  /**
   * What may be forwarded: claims, agentk's own keys and capabilities without a contract are out.
   * INVARIANT: the message's own text may be forwarded only when this is the very object it came with.
   */
  readonly params: JsonObject | undefined;
  readonly claims?: TakenClaims;
  /** The request of the client's that a cancellation or a progress notification is about. */
  readonly exchange?: Exchange;
  /** The same of the server's. */
  readonly question?: Exchange;
}

export type Admission = Admitted | Refused;

type Call = RequestMessage | NotificationMessage;

export interface SessionOptions {
  readonly maxClientMessages?: number;
  readonly mcp?: PolicyMcp;
  /** What tasks are kept with; without it there are none. */
  readonly tasks?: TaskTableParts;
}

export class Session {
  private at: Phase = "opening";
  private agreed: Revision | undefined;
  private received = 0;
  private readonly maxMessages: number;
  protected readonly exchanges = new Exchanges();
  private readonly server: ServerSide;
  /** What the client has said it can. Never shown to the server as it is. */
  private declared: JsonObject = {};
  readonly memory = new SessionMemory();
  readonly tasks: TaskTable;
  readonly grants: Grants;
  private handshake: Agreement | undefined;
  private hasTasks = false;

  /** `mcp`: what the policy grants of the protocol; by default what a policy that does not speak of it grants. */
  constructor(options: SessionOptions = {}) {
    this.maxMessages = options.maxClientMessages ?? MAX_CLIENT_MESSAGES;
    this.grants = grantsOf(options.mcp);
    this.tasks = new TaskTable(options.tasks);
    this.server = new ServerSide(this.memory, this.exchanges, this);
  }

  /** The server's questions to the client. */
  get questions(): Exchanges {
    return this.server.questions;
  }

  get phase(): Phase {
    return this.at;
  }

  /** The revision both sides speak, once `initialize` is answered. */
  get revision(): Revision | ModernRevision | undefined {
    return this.agreed;
  }

  /** The handshake that has established the session; undefined before it, and where there is none. */
  get agreement(): Agreement | undefined {
    return this.handshake;
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
      return refused("no-contract", RPC.invalidRequest, "the server has asked nothing under this id");
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
    const given = params ?? {};
    const fault = this.shapeRefusal(contract, given);
    if (fault !== undefined) return fault;
    if (message.form === "request") return this.admitQuestion(message, contract, given);
    const about = this.server.about(message.method, given);
    return about.ok ? { ...about, contract, params } : about;
  }

  private admitQuestion(message: RequestMessage, contract: Contract, params: JsonObject): Admission {
    const client = this.agreed === undefined ? undefined : { capabilities: this.declared, revision: this.agreed };
    const refusal = this.server.questionRefusal(message, params, client);
    return refusal ?? { ok: true, contract, params: this.forwarded(contract, params) };
  }

  /** Registers an admitted question of the server's. */
  ask(message: RequestMessage): Exchange {
    return this.questions.begin(message.id, message.method, progressTokenOf(message.params));
  }

  /** Registers an admitted request; its id and progress token are taken from now on. */
  begin(message: RequestMessage): Exchange {
    const exchange = this.exchanges.begin(message.id, message.method, progressTokenOf(message.params));
    if (message.method === initialize.method) this.at = "initializing";
    return exchange;
  }

  /** Registers a request of agentk's own that is no step of the client's session. */
  beginOwn(id: RequestId, method: string): Exchange {
    return this.exchanges.begin(id, method);
  }

  /** Whether a request is under way, and was begun for the server that is there now. */
  isCurrent(exchange: Exchange): boolean {
    return this.exchanges.isCurrent(exchange);
  }

  /** The server has gone, and another may take its place in this session. */
  lost(): { readonly hadSubscriptions: boolean } {
    this.exchanges.lose();
    return this.memory.lost();
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
    if (wasLive && exchange.method === initialize.method && this.at === "initializing") this.close();
    return wasLive;
  }

  /** Matches an answer of the server with its request; undefined when it answers nothing that was sent. */
  settle(id: RequestId): Settled | undefined {
    return this.exchanges.settle(id);
  }

  /**
   * Takes the server's result of `initialize` and gives the one for the client, with capabilities cut.
   * A fault (such as a revision without contracts) closes the session; so must the relay on an error answer.
   * `params`: what the server was asked, to ask it of another that takes its place.
   */
  establish(result: JsonObject, params: JsonObject = {}): Result<JsonObject, ShapeFault> {
    const version = result["protocolVersion"];
    const fault = initialize.result.check(result, "");
    if (fault !== undefined || this.at !== "initializing" || !isRevision(version)) {
      this.close();
      return err(fault ?? { path: "", problem: "answers no initialize" });
    }
    this.agreed = version;
    this.at = "initialized";
    this.handshake = { params, result };
    const told = initialize.toSender?.(result, this.grants) ?? result;
    this.hasTasks = Object.hasOwn(told["capabilities"] as JsonObject, "tasks");
    return ok(told);
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
    const taken = this.readParams(contract, message.params ?? {});
    if ("ok" in taken) return taken;
    const { params } = taken;
    const link =
      contract.form === "request" ? this.requestRefusal(contract, params) : this.target(contract.method, params);
    if (link?.ok === false) return link;
    this.noteStage(contract.method, params);
    const isSent = message.params !== undefined;
    return { ...taken, ...link, ok: true, contract, params: isSent ? this.forwarded(contract, params) : undefined };
  }

  private noteStage(method: string, { capabilities }: JsonObject): void {
    if (method === "notifications/initialized") this.at = "ready";
    if (method === initialize.method && isJsonObject(capabilities)) this.declared = capabilities;
  }

  /** Takes the claims out, then holds the rest against the row. */
  private readParams(contract: Contract, params: JsonObject): TakenParams | Refused {
    const taken = takeClaims(params);
    if (!taken.ok) return malformed(taken.error);
    return this.shapeRefusal(contract, taken.value.params) ?? taken.value;
  }

  private shapeRefusal(contract: Contract, params: JsonObject): Refused | undefined {
    const fault = contract.params.check(params, "");
    if (fault !== undefined) return malformed(fault);
    const later = Object.entries(contract.since ?? {}).find(
      ([name, since]) => Object.hasOwn(params, name) && !this.speaks(since),
    );
    return later === undefined ? undefined : malformed({ path: `/${later[0]}`, problem: "is not of this revision" });
  }

  /** Whether the agreed revision is this one or a later one. */
  private speaks(since: Revision): boolean {
    return this.agreed !== undefined && REVISIONS.indexOf(this.agreed) >= REVISIONS.indexOf(since);
  }

  private forwarded(contract: Contract, params: JsonObject): JsonObject {
    if (contract.form === "notification") return params;
    const sent = withForwardedMeta(params, this.grants.trace);
    return contract.toReceiver?.(sent, this.grants) ?? sent;
  }

  /** The row for a call, if it may pass in this phase and revision. */
  private contractNow(sender: "client" | "server", message: Call): Contract | Refused {
    const contract = contractFor(sender, message.form, message.method);
    const isSpoken = contract !== undefined && (this.agreed === undefined || contract.revisions.includes(this.agreed));
    if (!isSpoken || (contract.feature !== undefined && !this.grants.has(contract.feature))) return NOT_FOUND;
    if (contract.phases.includes(this.at)) return contract;
    return refused("lifecycle", RPC.invalidRequest, `the session is ${this.at}`);
  }

  private requestRefusal({ method }: Contract, params: JsonObject): Refused | undefined {
    const token = progressTokenOf(params);
    if (token !== undefined && this.exchanges.hasToken(token))
      return refused("malformed", RPC.invalidParams, "params/_meta/progressToken is in use");
    const isOffered = this.grants.has("tasks") && this.hasTasks;
    return this.memory.refusal(method, params) ?? taskRefusal({ method, params }, { tasks: this.tasks, isOffered });
  }

  /** What a notification of the client is about: its own request under way, or one of the server's. */
  private target(method: string, params: JsonObject): { ok: true; exchange?: Exchange; question?: Exchange } | Refused {
    if (method === "notifications/initialized") return { ok: true };
    if (method === "notifications/progress") {
      const question = this.questions.progress(params["progressToken"] as RequestId, params["progress"] as number);
      if (question !== undefined) return { ok: true, question };
    }
    const isAbout = method === "notifications/cancelled";
    const exchange = isAbout ? this.exchanges.find(params["requestId"] as RequestId) : undefined;
    // MCP lifecycle: the client must not cancel `initialize`.
    if (exchange !== undefined && exchange.method !== initialize.method) return { ok: true, exchange };
    return refused("lifecycle", RPC.invalidRequest, "no request it could be about is under way");
  }
}
