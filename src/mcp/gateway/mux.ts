/**
 * One client before several relays, each with a server of its own. A router of names, never a judge: what may pass is
 * decided and recorded by the relays; what no relay is given is refused here, and recorded. Lines in, effects out.
 */
import { isJsonObject, type JsonObject } from "../../base/json.js";
import { MAX_IN_FLIGHT, MAX_LINE_BYTES } from "../../base/limits.js";
import { progressTokenOf } from "../methods/shapes.js";
import { OWN_ERRORS, RPC } from "../wire/codes.js";
import { wireFault } from "../wire/faults.js";
import type { Message, NotificationMessage, RequestId, RequestMessage } from "../wire/message.js";
import { readMessage } from "../wire/read.js";
import { notificationLine, ownError, requestLine, resultLine } from "../wire/write.js";
import { answerWith, resultStart, resultWith, withoutToken } from "./answers.js";
import { Asking } from "./asking.js";
import { toClient, toServer, type MuxEffect } from "./effects.js";
import { Fan, type FanRoute, type PageTime } from "./fan.js";
import { mergeInitialize, mergeList, type GatewayInfo } from "./merge.js";
import { Owners } from "./owners.js";
import { PendingRequests, type Pending } from "./pending.js";
import { lifecycle, malformed, noContract, refuseAnswer, refuseCall, refuseLine, type RefusedWhy } from "./refusals.js";
import { routeOf, type Directory, type Route } from "./route.js";

export interface MuxOptions {
  /** Ids of the servers, in the order of the configuration. */
  readonly servers: readonly string[];
  readonly info: GatewayInfo;
  /** Hex. Begins our ids, so that none is one that a client or server would choose. */
  readonly nonce: string;
  readonly maxClientMessages: number;
  readonly time: PageTime;
}

/** opening: nothing yet; initializing: the servers are asked; open: the client has its answer. */
type Phase = "opening" | "initializing" | "open";

export class Mux {
  private readonly options: MuxOptions;
  private phase: Phase = "opening";
  private received = 0;
  private lastId = 0;
  /** What each server that takes part offers. */
  private readonly offers = new Map<string, JsonObject>();
  /** Servers that are gone or failed `initialize`. */
  private readonly out = new Set<string>();
  private readonly pending = new PendingRequests();
  private readonly asking: Asking;
  private readonly uris = new Owners();
  private readonly templates = new Owners();
  /** The client's lines that came while the servers were asked: as if it had waited. */
  private readonly held: Uint8Array[] = [];
  private heldBytes = 0;

  constructor(options: MuxOptions) {
    this.options = options;
    this.asking = new Asking(() => this.nextId());
  }

  /** One line of the client's. Attacker-controlled. */
  fromClient(bytes: Uint8Array): readonly MuxEffect[] {
    if (this.phase === "initializing" && this.mayHold(bytes)) {
      this.held.push(Uint8Array.from(bytes));
      return [];
    }
    const read = readMessage(bytes, "client");
    if (++this.received > this.options.maxClientMessages) return [this.overLimit(read.ok ? read.value : undefined)];
    return read.ok ? this.handleClient(read.value) : [refuseLine(read.error)];
  }

  /** A line of the client's that was longer than the bound. */
  clientOversize(): readonly MuxEffect[] {
    if (++this.received > this.options.maxClientMessages) return [this.overLimit(undefined)];
    return [refuseLine(wireFault("line-too-long", null))];
  }

  /** A line that a relay has for the client: ours, made of what passed. */
  fromRelay(server: string, line: string): readonly MuxEffect[] {
    const quick = this.quickResult(server, line);
    if (quick !== undefined) return [toClient(quick)];
    const message = JSON.parse(line) as JsonObject;
    const { id, method, params } = message;
    if (typeof method === "string") {
      const call = { line, id: id as RequestId | undefined, method, params: isJsonObject(params) ? params : undefined };
      return this.asking.fromServer(server, call, this.phase === "open");
    }
    if (typeof id !== "string") return [];
    const pending = this.pending.settle(server, id);
    if (pending === undefined) return [];
    if ("fan" in pending) return this.partCame(pending, pending.fan, { server, message, chars: line.length });
    this.pending.end(pending);
    return [toClient(answerWith(message, pending.id))];
  }

  /** A server has gone, or is given up: nothing new is asked of it but what is its own, which its relay answers. */
  lost(server: string): readonly MuxEffect[] {
    this.out.add(server);
    return this.asking.lost(server);
  }

  /** Nothing that the client asked waits for an answer. */
  get isIdle(): boolean {
    return this.pending.size === 0;
  }

  private nextId(): string {
    this.lastId++;
    return `${this.options.nonce}-${String(this.lastId)}`;
  }

  private overLimit(message: Message | undefined): MuxEffect {
    if (message === undefined || !("method" in message))
      return { do: "refuse", name: "line", refusal: "message-limit" };
    const why = {
      refusal: "message-limit",
      rpcCode: RPC.invalidRequest,
      detail: "the run's message limit is reached",
    } as const;
    return refuseCall(message, why);
  }

  private handleClient(message: Message): readonly MuxEffect[] {
    if (message.form === "request") return this.handleRequest(message);
    if (message.form === "notification") return this.handleNotification(message);
    return [this.asking.answered(message) ?? refuseAnswer(message.form)];
  }

  private handleRequest(message: RequestMessage): readonly MuxEffect[] {
    const why = this.inUse(message);
    if (why !== undefined) return [refuseCall(message, why)];
    const route = routeOf(message.method, message.params ?? {}, this.directory());
    switch (route.to) {
      case "nobody":
        return [refuseCall(message, route)];
      case "us":
        return [{ do: "ping", id: message.id }];
      case "one":
        return [this.askOne(message, route)];
      case "initialize":
      case "list":
      case "all":
        return this.askAll(message, route);
    }
  }

  /** Of two requests under one id or token, nobody could tell whose the answer is. */
  private inUse({ id, params }: RequestMessage): RefusedWhy | undefined {
    if (this.pending.isTaken(id)) return malformed(RPC.invalidRequest, "the id is in use");
    const token = progressTokenOf(params);
    if (token === undefined || !this.pending.hasToken(token)) return undefined;
    return malformed(RPC.invalidParams, "params/_meta/progressToken is in use");
  }

  private directory(): Directory {
    const { uris, templates, offers, options } = this;
    return {
      uris,
      templates,
      isServer: (id) => options.servers.includes(id),
      onlyWithResources: () => {
        const [only, ...others] = [...offers].filter(([, offer]) => offer["resources"] !== undefined);
        return others.length === 0 ? only?.[0] : undefined;
      },
    };
  }

  private askOne(message: RequestMessage, route: Extract<Route, { to: "one" }>): MuxEffect {
    const { server, params } = route;
    const { code, says } = OWN_ERRORS["server-gone"];
    // One that never took part has no relay that could say so. One that went later has, and decides as before.
    if (this.out.has(server) && !this.offers.has(server))
      return refuseCall(message, { refusal: "lifecycle", rpcCode: code, detail: says });
    const ourId = this.nextId();
    const token = progressTokenOf(message.params);
    this.pending.begin({ id: message.id, method: message.method, token, server, ourId });
    return toServer(server, requestLine(ourId, message.method, message.params === undefined ? undefined : params));
  }

  /** Progress of several servers is not one that rises, so none is asked for. */
  private askAll(message: RequestMessage, route: FanRoute): readonly MuxEffect[] {
    if (route.to === "initialize") {
      if (this.phase !== "opening") return [refuseCall(message, lifecycle("the session has been opened"))];
      this.phase = "initializing";
    }
    if (route.to === "list" && message.params?.["cursor"] !== undefined)
      return [refuseCall(message, malformed(RPC.invalidParams, "the gateway has given no cursor"))];
    const params = withoutToken(message.params);
    const servers = this.candidates(route);
    const fan = new Fan({ ...message, params }, route, servers, { maxChars: MAX_LINE_BYTES, ...this.options.time });
    const pending: Pending = { id: message.id, method: message.method, token: undefined, fan };
    this.pending.begin(pending);
    const asked = fan.due.map((server) => this.askPart(pending, fan, server));
    return fan.isComplete ? [...asked, ...this.complete(pending, fan)] : asked;
  }

  /** Those that offer what is listed; when none says so, all that are there say what they have to say. */
  private candidates(route: FanRoute): readonly string[] {
    const there = this.options.servers.filter((server) => !this.out.has(server));
    const offer = route.to === "list" ? route.kind.offer : undefined;
    if (offer === undefined) return there;
    const offering = there.filter((server) => this.offers.get(server)?.[offer] !== undefined);
    return offering.length === 0 ? there : offering;
  }

  private askPart(pending: Pending, fan: Fan, server: string, cursor?: string): MuxEffect {
    const id = this.nextId();
    fan.ask(server, id);
    this.pending.ask(id, { server, pending });
    const params = cursor === undefined ? fan.params : { ...fan.params, cursor };
    return toServer(server, requestLine(id, fan.method, params));
  }

  private partCame(
    pending: Pending,
    fan: Fan,
    part: { readonly server: string; readonly message: JsonObject; readonly chars: number },
  ): readonly MuxEffect[] {
    const { server, message, chars } = part;
    const { result } = message;
    const effects: MuxEffect[] = [];
    if (!isJsonObject(result)) fan.fail(server, answerWith(message, fan.id));
    else {
      const step = fan.add(server, result, chars);
      if (step.next === "page") effects.push(this.askPart(pending, fan, server, step.cursor));
      if (step.next === "cut") effects.push({ do: "fault", server, fault: "gateway-list-too-long" });
    }
    effects.push(...fan.due.map((next) => this.askPart(pending, fan, next)));
    const isAnswered = fan.isComplete || (fan.route.to === "all" && fan.answers.length > 0);
    return isAnswered ? [...effects, ...this.complete(pending, fan)] : effects;
  }

  private complete(pending: Pending, fan: Fan): readonly MuxEffect[] {
    this.pending.end(pending);
    if (fan.route.to === "initialize") return this.opened(fan);
    if (fan.answers.length === 0) return [toClient(fan.failed[0]?.error ?? ownError(fan.id, "server-gone"))];
    if (fan.route.to === "all") return [toClient(resultLine(fan.id, {}))];
    const owners = fan.route.method === "resources/list" ? this.uris : this.templates;
    const { result, faults } = mergeList(fan.route.kind, fan.answers, owners);
    return [...faults.map((fault) => ({ do: "fault", ...fault }) as const), toClient(resultLine(fan.id, result))];
  }

  private opened(fan: Fan): readonly MuxEffect[] {
    this.phase = "open";
    for (const { server } of fan.failed) this.out.add(server);
    for (const { server, pages } of fan.answers) {
      const [first] = pages;
      const offer = first?.["capabilities"];
      this.offers.set(server, isJsonObject(offer) ? offer : {});
    }
    const none = fan.failed[0]?.error ?? ownError(fan.id, "server-gone");
    const line = fan.answers.length === 0 ? none : resultLine(fan.id, mergeInitialize(fan.answers, this.options.info));
    this.heldBytes = 0;
    const held = this.held.splice(0);
    return [toClient(line), ...this.asking.opened(), ...held.flatMap((bytes) => this.fromClient(bytes))];
  }

  private handleNotification(message: NotificationMessage): readonly MuxEffect[] {
    switch (message.method) {
      case "notifications/initialized":
      case "notifications/roots/list_changed":
        return this.candidates({ to: "all" }).map((server) => toServer(server, message.canonical));
      case "notifications/cancelled":
        return this.cancelled(message);
      case "notifications/progress":
        return [this.asking.progress(message) ?? refuseCall(message, lifecycle("nothing under way has this token"))];
      default:
        return [refuseCall(message, noContract("the gateway routes no such method"))];
    }
  }

  /** Attacker-controlled: the id. Its relay tells the server, if it was ever asked. */
  private cancelled(message: NotificationMessage): readonly MuxEffect[] {
    const id = message.params?.["requestId"];
    const isId = typeof id === "string" || typeof id === "number";
    const pending = isId ? this.pending.find(id) : undefined;
    if (pending === undefined || pending.method === "initialize")
      return [refuseCall(message, lifecycle("no request it could be about is under way"))];
    return this.pending
      .end(pending)
      .map((open) =>
        toServer(open.server, notificationLine(message.method, { ...message.params, requestId: open.id })),
      );
  }

  /** Long results are not read again only to put the client's id in. Undefined for anything else. */
  private quickResult(server: string, line: string): string | undefined {
    const start = resultStart(line);
    if (start === undefined) return undefined;
    const pending = this.pending.asked(server, start.id);
    if (pending === undefined || "fan" in pending) return undefined;
    this.pending.end(pending);
    return resultWith(line, start, pending.id);
  }

  /** Bounded by one message's size in all. */
  private mayHold(bytes: Uint8Array): boolean {
    this.heldBytes += bytes.length;
    return this.held.length < MAX_IN_FLIGHT && this.heldBytes <= MAX_LINE_BYTES;
  }
}
