/** What one session remembers of its server beside requests under way. INVARIANT: every list here is bounded. */
import type { JsonObject } from "../base/json.js";
import { MAX_CURSOR_CHARS, MAX_CURSORS, MAX_ELICITATIONS, MAX_SUBSCRIPTIONS } from "../base/limits.js";
import { LOG_LEVELS, type LogLevel } from "./methods/logging.js";
import { refused, type Refused } from "./refused.js";
import { RPC } from "./wire/codes.js";

export class SessionMemory {
  private readonly cursors = new Set<string>();
  private readonly subscribed = new Set<string>();
  private readonly elicited = new Set<string>();
  private level: LogLevel | undefined;

  /** A cursor that the server has given for the next page of a list. The oldest are forgotten. */
  issued(method: string, cursor: unknown): void {
    if (typeof cursor !== "string" || cursor.length > MAX_CURSOR_CHARS) return;
    remember(this.cursors, `${method} ${cursor}`, MAX_CURSORS);
  }

  /** Attacker-controlled: `cursor`. One that was moved from another list, or made up, is none. */
  isIssued(method: string, cursor: string): boolean {
    return this.cursors.has(`${method} ${cursor}`);
  }

  /** Whether one more resource could be remembered, or this one is. */
  maySubscribe(uri: string): boolean {
    return this.subscribed.size < MAX_SUBSCRIPTIONS || this.subscribed.has(uri);
  }

  /** Why a request may not go on for what it speaks of: another list's page, or one resource too many. */
  refusal(method: string, { cursor, uri }: JsonObject): Refused | undefined {
    if (typeof cursor === "string" && !this.isIssued(method, cursor))
      return refused("malformed", RPC.invalidParams, "params/cursor was not issued for this list");
    if (method === "resources/subscribe" && typeof uri === "string" && !this.maySubscribe(uri))
      return refused("lifecycle", RPC.invalidRequest, "too many resources are subscribed to");
    return undefined;
  }

  subscribe(uri: string): void {
    if (this.maySubscribe(uri)) this.subscribed.add(uri);
  }

  unsubscribe(uri: string): void {
    this.subscribed.delete(uri);
  }

  /** The resource or one below it (MCP 2025-11-25, resources: a sub-resource of the one subscribed to). */
  isSubscribed(uri: string): boolean {
    if (this.subscribed.has(uri)) return true;
    for (let at = uri.lastIndexOf("/"); at > 0; at = uri.lastIndexOf("/", at - 1)) {
      if (this.subscribed.has(uri.slice(0, at)) || this.subscribed.has(uri.slice(0, at + 1))) return true;
    }
    return false;
  }

  /** The client wants nothing less severe than this from now on. */
  setLevel(level: string): void {
    this.level = LOG_LEVELS.find((known) => known === level) ?? this.level;
  }

  isWanted(level: string): boolean {
    const least = this.level;
    return least === undefined || LOG_LEVELS.indexOf(level as LogLevel) >= LOG_LEVELS.indexOf(least);
  }

  /** The server has gone: what it gave or was asked to watch is nothing to the one that takes its place. */
  lost(): { readonly hadSubscriptions: boolean } {
    const hadSubscriptions = this.subscribed.size > 0;
    for (const known of [this.cursors, this.subscribed, this.elicited]) known.clear();
    return { hadSubscriptions };
  }

  /** A link was handed to the client. The oldest are forgotten. */
  elicit(id: string): void {
    remember(this.elicited, id, MAX_ELICITATIONS);
  }

  /** True once for each link that was handed on. */
  elicitationDone(id: string): boolean {
    return this.elicited.delete(id);
  }
}

function remember(known: Set<string>, one: string, most: number): void {
  known.delete(one);
  known.add(one);
  const [oldest] = known;
  if (known.size > most && oldest !== undefined) known.delete(oldest);
}
