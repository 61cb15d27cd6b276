/**
 * The session of a connection whose era is not known before its first messages: that of the handshake, with one of
 * 2026-07-28 beside it. Both have the same requests under way, so that an id is taken in one when it is in the other.
 */
import type { Phase } from "../methods/contract.js";
import { refused } from "../refused.js";
import { Session, type Admission, type SessionOptions } from "../session.js";
import { OWN_ERRORS, RPC } from "../wire/codes.js";
import type { Exchange, Settled } from "../wire/exchanges.js";
import type { Message, NotificationMessage, RequestId, RequestMessage } from "../wire/message.js";
import type { Revision } from "../wire/revisions.js";
import { settleProbe, stepEra, type Era, type ProbeEnd } from "./era.js";
import type { Retries } from "./retry.js";
import type { ModernRevision } from "./revision.js";
import { ModernSession } from "./session.js";
import type { SessionLike } from "./session-like.js";
import { Subscriptions } from "./subscriptions.js";

export interface EraSessionOptions extends SessionOptions {
  readonly retries: Retries;
}

export class EraSession extends Session implements SessionLike {
  readonly subscriptions = new Subscriptions();
  private readonly modern: ModernSession;
  private era: Era = "opening";
  private readonly isModern = new WeakSet<RequestMessage>();

  constructor(options: EraSessionOptions) {
    super(options);
    this.modern = new ModernSession({
      grants: this.grants,
      retries: options.retries,
      subscriptions: this.subscriptions,
      exchanges: this.exchanges,
      tasks: this.tasks,
      isIssued: (method, cursor) => this.memory.isIssued(method, cursor),
    });
  }

  override get phase(): Phase {
    return this.era === "modern" && super.phase !== "closed" ? "ready" : super.phase;
  }

  override get revision(): Revision | ModernRevision | undefined {
    return this.era === "modern" ? this.modern.revision : super.revision;
  }

  override admit(message: Message): Admission {
    const { course, era } = stepEra(this.era, message);
    const admission = course === "legacy" ? super.admit(message) : this.admitModern(message, course);
    if (!admission.ok) return admission;
    this.era = era;
    if (course === "modern" && message.form === "request") this.isModern.add(message);
    return admission;
  }

  override admitFromServer(message: RequestMessage | NotificationMessage): Admission {
    const isOfHandshake = this.era === "legacy" || this.era === "opening";
    return isOfHandshake ? super.admitFromServer(message) : this.modern.admitFromServer(message);
  }

  override begin(message: RequestMessage): Exchange {
    return this.isModern.has(message) ? this.modern.begin(message) : super.begin(message);
  }

  override release(exchange: Exchange): boolean {
    return this.modern.release(exchange);
  }

  /** An abandoned `initialize` closes the session. */
  override abandon(exchange: Exchange): boolean {
    return exchange.method === "initialize" ? super.abandon(exchange) : this.modern.abandon(exchange);
  }

  override settle(id: RequestId): Settled | undefined {
    return this.modern.settle(id);
  }

  override close(): void {
    super.close();
    this.modern.close();
  }

  /** What came of an enveloped request. True when it is known by this, and only now, that the server is a modern one. */
  probed(end: ProbeEnd): boolean {
    const before = this.era;
    this.era = settleProbe(before, end);
    return before !== this.era && this.era === "modern";
  }

  private admitModern(message: Message, course: "modern" | "crossed"): Admission {
    if (!this.count()) return refused("message-limit", OWN_ERRORS.denied.code, "the run's message limit is reached");
    if (course === "modern") return this.modern.admitCounted(message);
    return refused("lifecycle", RPC.invalidRequest, "the session speaks another revision");
  }
}
