/**
 * The relay between one MCP client and one server: every line of either side is read strictly, held against its
 * contract, decided by the kernel and recorded; what passes is the canonical form of exactly what was judged.
 */
import { openPayload, type SessionNote } from "../abi/request.js";
import { canonicalJson } from "../base/canonical.js";
import type { JsonObject } from "../base/json.js";
import { MAX_CHILD_FAULTS } from "../base/limits.js";
import { Claimed } from "./claimed.js";
import { DescriptorGate } from "./descriptor-gate.js";
import { FromServer } from "./from-server.js";
import { greet, type Greeted } from "./greeting.js";
import { establish } from "./handshake.js";
import { Held } from "./held.js";
import type { GateAnswer } from "./gate-answer.js";
import type { RequestContract } from "./methods/contract.js";
import { isOfModern } from "./modern/relay.js";
import type { ListKind, RelayParts } from "./relay-parts.js";
import { Refusals } from "./refusals.js";
import { refused, type Refused } from "./refused.js";
import { replyTo } from "./reply.js";
import type { Admitted } from "./session.js";
import { lineOf, progressLine } from "./sent-lines.js";
import { Strays } from "./strays.js";
import { TaskRelay } from "./task-relay.js";
import type { TasksEnd } from "./task-table.js";
import type { McpRequest } from "./upstream.js";
import { RPC } from "./wire/codes.js";
import { wireFault } from "./wire/faults.js";
import type { Message, RequestMessage } from "./wire/message.js";
import { readMessage } from "./wire/read.js";
import { notificationLine, resultLine } from "./wire/write.js";

const FULL = refused("lifecycle", RPC.invalidRequest, "the server takes no more at the moment");

export class Relay {
  private readonly parts: RelayParts;
  /** Client lines that came while `initialize` was with the server, or while no server was there. */
  private readonly held = new Held();
  private readonly running = new Set<Promise<void>>();
  /** Settles when the server has been told `notifications/initialized`, which no piped request may overtake. */
  private opened: Promise<void> | undefined;
  private faults = 0;
  private readonly gate: DescriptorGate;
  private readonly claimed: Claimed;
  private readonly strayed: Strays;
  private readonly refusals: Refusals;
  private readonly tasks: TaskRelay;
  private server: FromServer;
  /** Sends to the server that is there now, and to none that comes after it. */
  private toServer: (line: string) => void;
  private turn = 0;
  /** The server has ended, and another is to take its place: until then nothing passes. */
  private isAway = false;

  constructor(parts: RelayParts) {
    this.parts = parts;
    this.strayed = new Strays(parts);
    this.refusals = new Refusals(parts, this.strayed);
    this.claimed = new Claimed(parts, (work) => {
      this.track(work);
    });
    this.gate = new DescriptorGate(parts);
    this.tasks = new TaskRelay(parts);
    this.toServer = this.toThisServer();
    this.server = this.fromThisServer();
  }

  /** Messages refused but too many to record one by one. */
  get strays(): number {
    return this.strayed.count;
  }

  /** One line from the client. Attacker-controlled. */
  fromClient(bytes: Buffer): void {
    const mustWait = this.isAway || this.parts.session.phase === "initializing";
    if (!mustWait || !this.held.take(bytes)) this.track(this.handleClient(bytes));
  }

  /** A line from the client that was longer than the cap. */
  clientOversize(): void {
    this.track(this.refusals.line(wireFault("line-too-long", null)));
  }

  /** One line from the server. Attacker-controlled. */
  fromServer(bytes: Buffer): void {
    const read = readMessage(bytes, "server");
    if (!read.ok) this.serverFault(read.error.code);
    else this.handleServer(read.value);
  }

  /** Counts a fault of the server; too many, and it is given up. */
  serverFault(fault: string): void {
    this.faults++;
    if (this.faults <= MAX_CHILD_FAULTS) this.note({ fact: "child-fault", fault });
    if (this.faults === MAX_CHILD_FAULTS) this.parts.onServerBroken();
  }

  /** Whether both sides have agreed on what they speak: what came before that is for no other server to go on with. */
  get isReady(): boolean {
    return this.parts.session.phase === "ready";
  }

  /** The server has ended, and another is to come: calls under way are answered as gone, and the client's next ones wait. */
  away(): void {
    const { session, upstream, downstream } = this.parts;
    this.isAway = true;
    this.turn++;
    this.toServer = this.toThisServer();
    this.server = this.fromThisServer();
    this.gate.lost();
    if (session.lost().hadSubscriptions) this.note({ fact: "subscriptions-lost" });
    upstream.gone();
    downstream.lost();
    this.track(this.endTasks("child-exited"));
  }

  /** Finds out whether the server that has come is the one that has ended. */
  greet(restart: number): Promise<Greeted> {
    return greet({ ...this.parts, toServer: this.toServer }, restart);
  }

  /** What waited goes on: with the server that has come, or to be told that there is none. */
  back(isThere: boolean): void {
    if (isThere) this.parts.upstream.back();
    this.isAway = false;
    this.releaseHeld();
  }

  /** Settles when every message taken so far has been dealt with and answered. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  /** The connection ends: tool calls that are still tasks have an unknown outcome. */
  async close(): Promise<void> {
    await this.endTasks("unknown");
  }

  private async endTasks(status: TasksEnd): Promise<void> {
    await Promise.all([this.tasks.close(status), this.parts.modern?.close(status)]);
  }

  private track(work: Promise<void>): void {
    this.running.add(work);
    void work.finally(() => this.running.delete(work));
  }

  private note(note: Omit<SessionNote, "session" | "server">): void {
    const { session, server } = this.parts.identity;
    this.track(this.parts.dispatch.note({ session, server, ...note }));
  }

  private async handleClient(bytes: Buffer): Promise<void> {
    const read = readMessage(bytes, "client");
    if (!read.ok) return this.refusals.line(read.error);
    const message = read.value;
    const admission = this.parts.session.admit(message);
    if (!admission.ok) return this.settle(message, admission);
    if (message.form === "request") {
      const { modern } = this.parts;
      if (modern === undefined || !isOfModern(admission.contract)) return this.handleRequest(message, admission);
      return modern.request(message, admission, {
        claims: () => this.claimed.take(admission.claims),
        before: (contract, params) => this.before(contract, params, message.canonical.length),
        refuse: (exchange, contract, refused) => this.refusals.begun(exchange, contract, refused),
        taken: (request, judged) => {
          this.gate.taken(request, judged);
        },
      });
    }
    if (admission.contract.method === "notifications/initialized") {
      this.opened = this.open(admission.contract.method);
      await this.opened;
    } else if (admission.exchange !== undefined) this.parts.upstream.cancel(admission.exchange);
    else if (admission.question !== undefined) this.toServer(progressLine(admission.params ?? {}));
  }

  /** An answer of the client's to a question of the server's goes its way; all else that is not admitted is refused. */
  private async settle(message: Message, refused: Refused): Promise<void> {
    const isAnswer = message.form === "result" || message.form === "error";
    if (!isAnswer || refused.refusal === "message-limit") return this.refusals.message(message, refused);
    const stray = this.parts.downstream.answered(message);
    if (stray?.stray === "orphan") return this.refusals.message(message, refused);
    if (stray !== undefined) this.late(stray.call);
  }

  private late(call: string | undefined): void {
    this.note({ fact: "late-answer", ...(call === undefined ? {} : { call }) });
  }

  private async open(method: string): Promise<void> {
    const { dispatch, identity } = this.parts;
    const { toServer } = this;
    await dispatch.note({ session: identity.session, server: identity.server, fact: "ready" });
    // Nothing of the client's passes here but the fact: neither its metadata nor what could not be recorded.
    if (dispatch.fault === undefined) toServer(notificationLine(method));
  }

  /** INVARIANT: begins the exchange before anything is awaited, so that its id is taken. */
  private async handleRequest(message: RequestMessage, admission: Admitted): Promise<void> {
    const contract = admission.contract as RequestContract;
    const exchange = this.parts.session.begin(message);
    await this.opened;
    const params = admission.params ?? {};
    const gate = await this.before(contract, params, message.canonical.length);
    if (!gate.ok) return this.refusals.begun(exchange, contract, gate);
    const line = lineOf(message, admission);
    const claims = this.claimed.take(admission.claims);
    if (contract.syscall === undefined) return this.handleLifecycle(message, exchange, { line, params });
    const { kind, subject, arguments: args } = contract.syscall(params);
    return this.mediate({
      ...this.parts.identity,
      ...{ from: "client", kind, subject, exchange, contract, params, line },
      ...(args === undefined ? {} : { arguments: openPayload(canonicalJson(args)) }),
      ...(claims === undefined ? {} : { claims }),
      ...gate.checks,
    });
  }

  private before(...asked: Parameters<DescriptorGate["before"]>): Promise<GateAnswer> {
    return this.parts.isServerStuck?.() === true ? Promise.resolve(FULL) : this.gate.before(...asked);
  }

  private async mediate(request: McpRequest): Promise<void> {
    const { exchange, contract } = request;
    if (this.tasks.takes(request))
      return this.tasks.request(request, (refused) => this.refusals.begun(exchange, contract, refused));
    const judged = await this.parts.dispatch.request(request);
    this.gate.taken(request, judged);
    // A request that was cancelled while its denial was being recorded has ended already, and gets no answer.
    if (judged.observation === undefined && !this.parts.session.release(exchange)) return;
    this.reply(replyTo(request, judged));
  }

  private async handleLifecycle(
    message: RequestMessage,
    exchange: McpRequest["exchange"],
    sent: Pick<McpRequest, "line" | "params">,
  ): Promise<void> {
    if (message.method === "initialize") {
      this.reply(await establish(this.parts, { message, exchange, ...sent }));
      this.releaseHeld();
      return;
    }
    // A ping proves that the server is alive; nothing of its answer passes.
    const { session, dispatch, upstream, identity } = this.parts;
    await dispatch.note({ session: identity.session, server: identity.server, fact: "ping" });
    if (dispatch.fault !== undefined || !session.forward(exchange)) return;
    const answer = await upstream.ask(exchange, sent.line);
    this.reply(answer.kind === "result" ? resultLine(message.id, {}) : replyTo({ exchange, answer }));
  }

  private releaseHeld(): void {
    for (const bytes of this.held.release()) this.fromClient(bytes);
  }

  private toThisServer(): (line: string) => void {
    const { turn } = this;
    return (line) => {
      if (this.turn === turn) this.parts.toServer(line);
    };
  }

  private fromThisServer(): FromServer {
    const { parts, toServer, listChanged } = this;
    const onTaskChanged = (said: JsonObject): Promise<void> => this.tasks.changed(said);
    return new FromServer({ ...parts, toServer, onListChanged: listChanged, onTaskChanged }, this.strayed);
  }

  private reply(line: string | undefined): void {
    if (line !== undefined) this.parts.toClient(line);
  }

  private readonly listChanged = (list: ListKind): void => {
    this.gate.heard(list);
    this.parts.onListChanged?.(list);
  };

  private handleServer(message: Message): void {
    if (message.form === "request" || message.form === "notification") {
      this.track(this.isAway ? this.server.early(message) : this.server.take(message));
      return;
    }
    const stray = this.parts.upstream.answered(message);
    if (stray?.stray === "late") this.late(stray.call);
    if (stray?.stray === "orphan") this.serverFault("orphan-answer");
  }
}
