/**
 * The relay between one MCP client and one server: every line of either side is read strictly, held against its
 * contract, decided by the kernel and recorded; what passes is the canonical form of exactly what was judged.
 */
import { openPayload, type Claims, type SessionNote } from "../abi/request.js";
import { canonicalJson } from "../base/canonical.js";
import type { JsonObject } from "../base/json.js";
import { MAX_CHILD_FAULTS, MAX_IN_FLIGHT, MAX_LINE_BYTES } from "../base/limits.js";
import { DescriptorGate } from "./descriptor-gate.js";
import { FromServer } from "./from-server.js";
import { establish } from "./handshake.js";
import type { TakenClaims } from "./methods/claims.js";
import type { RequestContract } from "./methods/contract.js";
import { withResultType } from "./modern/answers.js";
import { isOfModern } from "./modern/relay.js";
import { USER_PAGE, type ListKind, type RelayParts } from "./relay-parts.js";
import { replyTo } from "./reply.js";
import type { Admitted, Refused } from "./session.js";
import { Strays } from "./strays.js";
import { TaskRelay } from "./task-relay.js";
import type { McpRequest } from "./upstream.js";
import { wireFault, type WireFault } from "./wire/faults.js";
import type { Message, RequestMessage } from "./wire/message.js";
import { readMessage } from "./wire/read.js";
import { denialError, faultError, notificationLine, requestLine, resultLine, toolDenial } from "./wire/write.js";

/** How many of the user's texts are remembered, so that a host that repeats the prompt with every call makes one page. */
const MAX_HEARD = 64;

export class Relay {
  private readonly parts: RelayParts;
  /** Client lines that came while `initialize` was with the server: as if the client had waited. */
  private readonly held: Buffer[] = [];
  private heldBytes = 0;
  private readonly running = new Set<Promise<void>>();
  /** Settles when the server has been told `notifications/initialized`, which no piped request may overtake. */
  private opened: Promise<void> | undefined;
  private faults = 0;
  private readonly gate: DescriptorGate;
  /** What the user said in this session, the latest last. */
  private readonly heard = new Set<string>();
  private readonly refusals: Strays;
  private readonly server: FromServer;
  private readonly tasks: TaskRelay;

  constructor(parts: RelayParts) {
    this.parts = parts;
    this.refusals = new Strays(parts);
    this.gate = new DescriptorGate(parts);
    this.tasks = new TaskRelay(parts);
    const onTaskChanged = (said: JsonObject): Promise<void> => this.tasks.changed(said);
    this.server = new FromServer({ ...parts, onListChanged: this.listChanged, onTaskChanged }, this.refusals);
  }

  /** Messages refused but too many to record one by one. */
  get strays(): number {
    return this.refusals.count;
  }

  /** One line from the client. Attacker-controlled. */
  fromClient(bytes: Buffer): void {
    if (this.parts.session.phase === "initializing" && this.mayHold(bytes)) this.held.push(Buffer.from(bytes));
    else this.track(this.handleClient(bytes));
  }

  /** A line from the client that was longer than the cap. */
  clientOversize(): void {
    this.track(this.refuseLine(wireFault("line-too-long", null)));
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

  /** Settles when every message taken so far has been dealt with and answered. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  /** The connection ends: tool calls that are still tasks have an unknown outcome. */
  async close(): Promise<void> {
    await Promise.all([this.tasks.close(), this.parts.modern?.close()]);
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
    if (!read.ok) return this.refuseLine(read.error);
    const message = read.value;
    const admission = this.parts.session.admit(message);
    if (!admission.ok) return this.settle(message, admission);
    if (message.form === "request") {
      const { modern } = this.parts;
      if (modern === undefined || !isOfModern(admission.contract)) return this.handleRequest(message, admission);
      return modern.request(message, admission, {
        claims: () => this.claimsOf(admission.claims),
        before: (contract, params) => this.gate.before(contract, params),
        refuse: (exchange, contract, refused) => this.refuseBegun(exchange, contract, refused),
        taken: (request, judged) => {
          this.gate.taken(request, judged);
        },
      });
    }
    if (admission.contract.method === "notifications/initialized") {
      this.opened = this.open(admission.contract.method);
      await this.opened;
    } else if (admission.exchange !== undefined) this.parts.upstream.cancel(admission.exchange);
    else if (admission.question !== undefined) this.parts.toServer(progressLine(admission.params ?? {}));
  }

  /** An answer of the client's to a question of the server's goes its way; all else that is not admitted is refused. */
  private async settle(message: Message, refused: Refused): Promise<void> {
    const isAnswer = message.form === "result" || message.form === "error";
    if (!isAnswer || refused.refusal === "message-limit") return this.refuse(message, refused);
    const stray = this.parts.downstream.answered(message);
    if (stray?.stray === "orphan") return this.refuse(message, refused);
    if (stray !== undefined) this.late(stray.call);
  }

  private late(call: string | undefined): void {
    this.note({ fact: "late-answer", ...(call === undefined ? {} : { call }) });
  }

  private async open(method: string): Promise<void> {
    const { dispatch, identity } = this.parts;
    await dispatch.note({ session: identity.session, server: identity.server, fact: "ready" });
    // Nothing of the client's passes here but the fact: neither its metadata nor what could not be recorded.
    if (dispatch.fault === undefined) this.parts.toServer(notificationLine(method));
  }

  /** INVARIANT: begins the exchange before anything is awaited, so that its id is taken. */
  private async handleRequest(message: RequestMessage, admission: Admitted): Promise<void> {
    const contract = admission.contract as RequestContract;
    const exchange = this.parts.session.begin(message);
    await this.opened;
    const gate = await this.gate.before(contract, admission.params ?? {});
    if (!gate.ok) return this.refuseBegun(exchange, contract, gate);
    const line = lineOf(message, admission);
    const claims = this.claimsOf(admission.claims);
    if (contract.syscall === undefined) return this.handleLifecycle(message, exchange, line);
    const { kind, subject, arguments: args } = contract.syscall(admission.params ?? {});
    return this.mediate({
      ...this.parts.identity,
      ...{ from: "client", kind, subject, exchange, contract, params: admission.params ?? {}, line },
      ...(args === undefined ? {} : { arguments: openPayload(canonicalJson(args)) }),
      ...(claims === undefined ? {} : { claims }),
      ...gate.checks,
    });
  }

  private async mediate(request: McpRequest): Promise<void> {
    const { exchange, contract } = request;
    if (this.tasks.takes(request))
      return this.tasks.request(request, (refused) => this.refuseBegun(exchange, contract, refused));
    const judged = await this.parts.dispatch.request(request);
    this.gate.taken(request, judged);
    // A request that was cancelled while its denial was being recorded has ended already, and gets no answer.
    if (judged.observation === undefined && !this.parts.session.release(exchange)) return;
    this.reply(replyTo(request, judged));
  }

  /** What is recorded as claimed. A prompt that may be believed is no claim, and becomes a page here and now. */
  private claimsOf(taken: TakenClaims | undefined): Claims | undefined {
    if (taken === undefined) return undefined;
    const { labels, capabilities, intent, prompt } = taken;
    const isBelieved = prompt !== undefined && this.parts.isPromptTrusted;
    if (isBelieved) this.hear(prompt);
    // One that may not is counted as a capability that the client says it has: to speak for the user.
    const counted = capabilities + (prompt === undefined || isBelieved ? 0 : 1);
    if (isBelieved && labels.length + counted === 0 && intent === undefined) return undefined;
    const sealed = intent === undefined ? {} : { intent: openPayload(canonicalJson(intent)) };
    return { labels, capabilities: counted, ...sealed };
  }

  /**
   * INVARIANT: nothing is awaited between this and the decision on the request that brought the words. The dispatch
   * takes its inputs in the order they are made, so the page stands before the request; one that cannot be recorded
   * ends the recording, and the request is denied.
   */
  private hear(words: string): void {
    const isKnown = this.heard.delete(words);
    this.heard.add(words);
    if (isKnown) return;
    const [oldest] = this.heard;
    if (this.heard.size > MAX_HEARD && oldest !== undefined) this.heard.delete(oldest);
    const content = openPayload(canonicalJson(words));
    const { dispatch, identity } = this.parts;
    this.track(dispatch.page({ session: identity.session, ...USER_PAGE, content }).then(() => undefined));
  }

  private async handleLifecycle(
    message: RequestMessage,
    exchange: McpRequest["exchange"],
    line: string,
  ): Promise<void> {
    if (message.method === "initialize") {
      this.reply(await establish(this.parts, { message, exchange, line }));
      this.releaseHeld();
      return;
    }
    // A ping proves that the server is alive; nothing of its answer passes.
    const { session, dispatch, upstream, identity } = this.parts;
    await dispatch.note({ session: identity.session, server: identity.server, fact: "ping" });
    if (dispatch.fault !== undefined || !session.forward(exchange)) return;
    const answer = await upstream.ask(exchange, line);
    this.reply(answer.kind === "result" ? resultLine(message.id, {}) : replyTo({ exchange, answer }));
  }

  /** Bounded by one message's size in all, so that a client that does not wait costs no more than one that does. */
  private mayHold(bytes: Buffer): boolean {
    this.heldBytes += bytes.length;
    return this.held.length < MAX_IN_FLIGHT && this.heldBytes <= MAX_LINE_BYTES;
  }

  private releaseHeld(): void {
    this.heldBytes = 0;
    for (const bytes of this.held.splice(0)) this.fromClient(bytes);
  }

  private reply(line: string | undefined): void {
    if (line !== undefined) this.parts.toClient(line);
  }

  /** A line that is no message: counted, recorded, answered. */
  private async refuseLine(fault: WireFault): Promise<void> {
    const isCounted = this.parts.session.count();
    const refusal = isCounted ? "malformed" : "message-limit";
    await this.refusals.record({ name: `frame:${fault.code}`, refusal, from: "client" });
    if (isCounted) this.reply(faultError(fault));
  }

  private async refuse(message: Message, refused: Refused): Promise<void> {
    const name = "method" in message ? message.method : `answer:${message.form}`;
    const judged = await this.refusals.record({ name, refusal: refused.refusal, from: "client" });
    if (message.form !== "request") return;
    const decision = judged?.decision ?? { verdict: "deny", rule: refused.refusal, reason: refused.refusal };
    this.reply(denialError(message.id, decision, judged?.call, refused));
  }

  /** Refuses a request that has begun: one that was cancelled meanwhile gets no answer. */
  private async refuseBegun(
    exchange: McpRequest["exchange"],
    contract: RequestContract,
    refused: Refused,
  ): Promise<void> {
    const { method, denial } = contract;
    const { refusal } = refused;
    const judged = await this.refusals.record({ name: method, refusal, from: "client" });
    if (!this.parts.session.release(exchange)) return;
    const decision = judged?.decision ?? { verdict: "deny", rule: refusal, reason: refusal };
    const answer = denial === "tool-result" ? toolDenial : denialError;
    const line = answer(exchange.id, decision, judged?.call, refused);
    this.reply(isOfModern(contract) ? withResultType(line) : line);
  }

  private readonly listChanged = (list: ListKind): void => {
    this.gate.heard(list);
    this.parts.onListChanged?.(list);
  };

  private handleServer(message: Message): void {
    if (message.form === "request" || message.form === "notification") {
      this.track(this.server.take(message));
      return;
    }
    const stray = this.parts.upstream.answered(message);
    if (stray?.stray === "late") this.late(stray.call);
    if (stray?.stray === "orphan") this.serverFault("orphan-answer");
  }
}

/** What goes to the server: the message as it came in canonical form, or what its contract left of it. */
function lineOf({ id, method, params, canonical }: RequestMessage, admission: Admitted): string {
  return admission.params === params ? canonical : requestLine(id, method, admission.params);
}

/** How far the client has come with a question of the server's: the numbers, and no word of its own. */
function progressLine({ progressToken = null, progress = null, total }: JsonObject): string {
  const params = { progressToken, progress, ...(total === undefined ? {} : { total }) };
  return notificationLine("notifications/progress", params);
}
