/** The client's requests under way: which id, progress token and kernel call belong together, and for how long. */
import { AgentkError } from "../../base/errors.js";
import { MAX_ABANDONED_IDS } from "../../base/limits.js";
import { idKey, type RequestId } from "./message.js";

/** One request of the client, from its admission to its answer. */
export interface Exchange {
  readonly id: RequestId;
  readonly method: string;
  readonly progressToken: RequestId | undefined;
  /** The kernel's call id, once there is one. */
  readonly call: string | undefined;
  /** False while the decision is awaited: the server cannot answer what it was not sent. */
  readonly isForwarded: boolean;
}

/** An answer of the server, matched. `late`: the request was given up before; the answer goes nowhere. */
export interface Settled {
  readonly exchange: Exchange;
  readonly late: boolean;
}

interface Live extends Exchange {
  call: string | undefined;
  isForwarded: boolean;
  lastProgress: number;
  /** Which of the servers, one after another, it was begun for. */
  readonly turn: number;
}

export class Exchanges {
  private readonly live = new Map<string, Live>();
  private readonly abandoned = new Map<string, Exchange>();
  private readonly tokens = new Map<string, Live>();
  private turn = 0;

  /** How many are under way. */
  get size(): number {
    return this.live.size;
  }

  /** Those under way. */
  get underWay(): readonly Exchange[] {
    return [...this.live.values()];
  }

  /** True when so many given-up ids are unanswered that another request must wait: none is ever forgotten. */
  get isCrowded(): boolean {
    return this.abandoned.size >= MAX_ABANDONED_IDS;
  }

  /** True while an answer under this id could be taken for another request's. */
  isTaken(id: RequestId): boolean {
    return this.live.has(idKey(id)) || this.abandoned.has(idKey(id));
  }

  hasToken(token: RequestId): boolean {
    return this.tokens.has(idKey(token));
  }

  find(id: RequestId): Exchange | undefined {
    return this.live.get(idKey(id));
  }

  /** @throws AgentkError `internal` when id or token are in use: the caller did not ask first. */
  begin(id: RequestId, method: string, progressToken?: RequestId): Exchange {
    if (this.isTaken(id) || (progressToken !== undefined && this.hasToken(progressToken)))
      throw new AgentkError("internal", "a request was begun under an id or progress token in use");
    const { turn } = this;
    const exchange = { id, method, progressToken, call: undefined, isForwarded: false, lastProgress: -Infinity, turn };
    this.live.set(idKey(id), exchange);
    if (progressToken !== undefined) this.tokens.set(idKey(progressToken), exchange);
    return exchange;
  }

  /** Marks a request as sent to the server. False when it was given up meanwhile: then it must not be sent. */
  forward(exchange: Exchange, call?: string): boolean {
    const live = this.own(exchange);
    if (live === undefined) return false;
    live.isForwarded = true;
    live.call = call;
    return true;
  }

  /** Ends a request that was answered without the server. False when it had ended before. */
  release(exchange: Exchange): boolean {
    const live = this.own(exchange);
    if (live !== undefined) this.drop(live);
    return live !== undefined;
  }

  /**
   * Gives a request up, on timeout or cancellation. Once forwarded, its id and token stay taken until the late
   * answer arrives. False when it had ended before.
   */
  abandon(exchange: Exchange): boolean {
    const live = this.own(exchange);
    if (live === undefined) return false;
    if (!live.isForwarded) this.drop(live);
    else if (this.live.delete(idKey(live.id))) this.abandoned.set(idKey(live.id), live);
    return true;
  }

  /** Attacker-controlled: `id`. Undefined for an answer to nothing: unknown, answered already, or never forwarded. */
  settle(id: RequestId): Settled | undefined {
    const key = idKey(id);
    const given = this.abandoned.get(key);
    if (given !== undefined) {
      this.abandoned.delete(key);
      this.dropToken(given);
      return { exchange: given, late: true };
    }
    const live = this.live.get(key);
    if (live?.isForwarded !== true) return undefined;
    this.drop(live);
    return { exchange: live, late: false };
  }

  /**
   * The request a progress notification of the server is about. Attacker-controlled: both arguments.
   * Undefined when no forwarded request has the token, or progress does not rise (MCP 2025-11-25, progress).
   */
  progress(token: RequestId, value: number): Exchange | undefined {
    const live = this.tokens.get(idKey(token));
    if (live === undefined || this.own(live)?.isForwarded !== true || !(value > live.lastProgress)) return undefined;
    live.lastProgress = value;
    return live;
  }

  /**
   * Who could answer has gone, and somebody else takes that place. Nothing that was given up can be answered any more;
   * INVARIANT: what is under way stays so until it is released, and is never forwarded to the one who comes.
   */
  lose(): void {
    this.turn++;
    for (const given of this.abandoned.values()) this.dropToken(given);
    this.abandoned.clear();
  }

  /** Whether a request is under way, and was begun for the one who is there now. */
  isCurrent(exchange: Exchange): boolean {
    return this.own(exchange)?.turn === this.turn;
  }

  /** The live entry behind an exchange; undefined when it ended, even if its id is in use again. */
  private own(exchange: Exchange): Live | undefined {
    const live = this.live.get(idKey(exchange.id));
    return live === exchange ? live : undefined;
  }

  private drop(live: Live): void {
    this.live.delete(idKey(live.id));
    this.dropToken(live);
  }

  private dropToken(exchange: Exchange): void {
    if (exchange.progressToken !== undefined) this.tokens.delete(idKey(exchange.progressToken));
  }
}
