/** What a server begins: its questions to the client and its notifications. Attacker-controlled: all of it. */
import { openPayload, type SessionNote } from "../abi/request.js";
import { canonicalJson } from "../base/canonical.js";
import type { JsonObject } from "../base/json.js";
import { MAX_NOTIFICATION_BURST, MAX_NOTIFICATIONS_PER_SECOND } from "../base/limits.js";
import { Bucket } from "./bucket.js";
import { handedOn } from "./handed.js";
import type { Mediated, RequestContract } from "./methods/contract.js";
import type { McpRequest } from "./observed.js";
import { isOfModern } from "./modern/relay.js";
import { refused, type Refused } from "./refused.js";
import type { ListKind, RelayParts } from "./relay-parts.js";
import { serverRefusal, serverReply } from "./server-reply.js";
import type { Admitted } from "./session.js";
import type { Strays } from "./strays.js";
import { RPC } from "./wire/codes.js";
import type { NotificationMessage, RequestMessage } from "./wire/message.js";
import { notificationLine, requestLine, resultLine } from "./wire/write.js";

const LISTS: ReadonlyMap<string, ListKind> = new Map([
  ["notifications/tools/list_changed", "tools"],
  ["notifications/resources/list_changed", "resources"],
  ["notifications/prompts/list_changed", "prompts"],
]);

const EARLY = refused("lifecycle", RPC.invalidRequest, "the session is not open yet");
const CROWDED = refused("lifecycle", RPC.invalidRequest, "too many messages at once");

export class FromServer {
  private readonly parts: RelayParts;
  private readonly strays: Strays;
  private readonly bucket: Bucket;
  private wasFlooded = false;

  constructor(parts: RelayParts, strays: Strays) {
    this.parts = parts;
    this.strays = strays;
    const nowMs = parts.nowMs ?? ((): number => performance.now());
    this.bucket = new Bucket(MAX_NOTIFICATION_BURST, MAX_NOTIFICATIONS_PER_SECOND, nowMs);
  }

  async take(message: RequestMessage | NotificationMessage): Promise<void> {
    const list = message.form === "notification" ? LISTS.get(message.method) : undefined;
    // Whoever watches over descriptors is told, whether or not the client is.
    if (list !== undefined) this.parts.onListChanged?.(list);
    if (this.isUnheard(message)) return this.flooded();
    const admission = this.parts.session.admitFromServer(message);
    if (!admission.ok) return this.refuse(message, admission);
    if (admission.question !== undefined) this.parts.downstream.cancel(admission.question);
    // INVARIANT: nothing is awaited between the admission of a question and its beginning: a second one with its id would
    // be admitted, too.
    else if (this.bucket.take()) await this.pass(message, admission);
    else {
      await this.flooded();
      if (message.form === "request") this.parts.toServer(serverRefusal(message.id, CROWDED));
    }
  }

  /** What a server says before it is let in. */
  early(message: RequestMessage | NotificationMessage): Promise<void> {
    return this.isUnheard(message) ? this.flooded() : this.refuse(message, EARLY);
  }

  /** Who asks and does not read the answers would fill our memory with them. */
  private isUnheard({ form }: RequestMessage | NotificationMessage): boolean {
    return form === "request" && this.parts.isServerBehind?.() === true;
  }

  private async refuse(message: RequestMessage | NotificationMessage, refusal: Refused): Promise<void> {
    await this.strays.record({ name: message.method, refusal: refusal.refusal, from: "server" });
    if (message.form === "request") this.parts.toServer(serverRefusal(message.id, refusal));
  }

  private pass(message: RequestMessage | NotificationMessage, admission: Admitted): Promise<void> {
    if (message.form === "request") return this.question(message, admission);
    if (isOfModern(admission.contract)) return this.parts.modern?.announce(message, admission) ?? Promise.resolve();
    if (message.method === "notifications/tasks/status")
      return this.parts.onTaskChanged?.(admission.params ?? {}) ?? Promise.resolve();
    const list = LISTS.get(message.method);
    return list === undefined ? this.announce(message.method, admission) : this.changed(message.method, list);
  }

  /** A server may not fill the log or the client at will: what is too much is counted, and said once. */
  private async flooded(): Promise<void> {
    this.strays.drop();
    if (this.wasFlooded) return;
    this.wasFlooded = true;
    await this.note({ fact: "server-flood" });
  }

  private async question(message: RequestMessage, { contract, params = {} }: Admitted): Promise<void> {
    const { syscall } = contract as RequestContract;
    const isOurs = message.method === "roots/list" && !this.parts.session.grants.hasClientRoots;
    return syscall === undefined || isOurs
      ? this.answerSelf(message)
      : this.mediate(message, contract as RequestContract, { params, mediated: syscall(params) });
  }

  /** `ping` is agentk's own to answer, and so are the policy's roots: the client is never asked. */
  private async answerSelf(message: RequestMessage): Promise<void> {
    const { dispatch, session, toServer } = this.parts;
    const isPing = message.method === "ping";
    await this.note({ fact: isPing ? "server-ping" : "roots-listed" });
    if (dispatch.fault !== undefined) return;
    const roots = session.grants.roots.map((uri) => ({ uri }));
    toServer(resultLine(message.id, isPing ? {} : { roots }));
  }

  /** INVARIANT: begins the exchange before anything is awaited, so that its id is taken. */
  private async mediate(
    message: RequestMessage,
    contract: RequestContract,
    { params, mediated }: { readonly params: JsonObject; readonly mediated: Mediated },
  ): Promise<void> {
    const { dispatch, session, identity, toServer } = this.parts;
    const { kind, subject, arguments: args = {} } = mediated;
    const request: McpRequest = {
      ...identity,
      from: "server",
      kind,
      subject,
      arguments: openPayload(canonicalJson(args)),
      exchange: session.ask(message),
      contract,
      params,
      line: requestLine(message.id, message.method, params),
    };
    const judged = await dispatch.request(request);
    // A question that was given up while its denial was being recorded has ended already, and gets no answer.
    if (judged.observation === undefined && !session.questions.release(request.exchange)) return;
    const reply = serverReply(request, judged);
    if (reply !== undefined) toServer(reply);
  }

  /** What it says becomes a page, and is handed on as the page is. */
  private async announce(method: string, { params = {}, exchange }: Admitted): Promise<void> {
    const { dispatch, identity, toClient } = this.parts;
    const call = exchange?.call;
    const content = openPayload(canonicalJson(params));
    const from = { session: identity.session, server: identity.server, method };
    const page = await dispatch.page({ ...from, content, ...(call === undefined ? {} : { call }) });
    const handed = page === undefined ? undefined : handedOn(page, params);
    if (handed !== undefined) toClient(notificationLine(method, handed));
  }

  /** That a list has changed, and nothing else of what the server said. */
  private async changed(method: string, list: ListKind): Promise<void> {
    await this.note({ fact: `${list}-changed` });
    if (this.parts.dispatch.fault === undefined) this.parts.toClient(notificationLine(method));
  }

  private note(note: Omit<SessionNote, "session" | "server">): Promise<void> {
    const { session, server } = this.parts.identity;
    return this.parts.dispatch.note({ session, server, ...note });
  }
}
