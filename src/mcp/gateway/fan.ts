/** One request of the client's that several servers are asked for: their parts, and whether all are there. */
import type { JsonObject } from "../../base/json.js";
import type { RequestId } from "../wire/message.js";
import type { ServerPages } from "./merge.js";
import type { Route } from "./route.js";

/** Pages taken of one server's list. */
const MAX_PAGES = 100;

export type FanRoute = Extract<Route, { readonly to: "initialize" | "list" | "all" }>;

interface Part {
  readonly server: string;
  readonly pages: JsonObject[];
  wasAsked: boolean;
  /** The id under which the server is being asked; undefined when it has said all, or failed. */
  asked: string | undefined;
  chars: number;
  /** When no further page of it is asked for. */
  until: number;
  /** The line of its error. */
  error: string | undefined;
}

/** What is to be done after one part of an answer. */
export type FanStep =
  | { readonly next: "page"; readonly cursor: string }
  /** There was more, beyond the bounds. */
  | { readonly next: "cut" }
  | { readonly next: "wait" };

export interface PageTime {
  /** How long further pages of one server's list are asked for, in milliseconds. */
  readonly pagesMs: (server: string) => number;
  /** Any clock that does not run back. */
  readonly nowMs: () => number;
}

export interface FanBounds extends PageTime {
  /** What is kept of all servers' pages together; each has the same share of it. */
  readonly maxChars: number;
}

export class Fan {
  readonly id: RequestId;
  readonly method: string;
  readonly params: JsonObject | undefined;
  readonly route: FanRoute;
  private readonly parts: readonly Part[];
  private readonly maxChars: number;
  private readonly bounds: FanBounds;

  constructor(
    request: { readonly id: RequestId; readonly method: string; readonly params: JsonObject | undefined },
    route: FanRoute,
    servers: readonly string[],
    bounds: FanBounds,
  ) {
    this.id = request.id;
    this.method = request.method;
    this.params = request.params;
    this.route = route;
    this.parts = servers.map(unasked);
    this.bounds = bounds;
    this.maxChars = bounds.maxChars / Math.max(1, servers.length);
  }

  /** The ids under which servers are being asked now. */
  get asked(): readonly { readonly server: string; readonly id: string }[] {
    return this.parts.flatMap(({ server, asked }) => (asked === undefined ? [] : [{ server, id: asked }]));
  }

  /**
   * Those to be asked next. INVARIANT: a list is asked for in the configuration's order, of one server after another. Of
   * two tools under one name the kernel withholds the second, and a server must not come first by answering fast.
   */
  get due(): readonly string[] {
    const left = this.parts.filter(({ wasAsked }) => !wasAsked).map(({ server }) => server);
    if (this.route.to !== "list") return left;
    return this.asked.length === 0 ? left.slice(0, 1) : [];
  }

  get isComplete(): boolean {
    return this.asked.length === 0 && this.due.length === 0;
  }

  /** What came, in the order of the configuration; a server that failed has no part. */
  get answers(): readonly ServerPages[] {
    return this.parts.filter(({ error, pages }) => error === undefined && pages.length > 0);
  }

  get failed(): readonly { readonly server: string; readonly error: string }[] {
    return this.parts.flatMap(({ server, error }) => (error === undefined ? [] : [{ server, error }]));
  }

  ask(server: string, id: string): void {
    const part = this.partOf(server);
    if (part === undefined) return;
    if (!part.wasAsked) part.until = this.bounds.nowMs() + this.bounds.pagesMs(server);
    part.wasAsked = true;
    part.asked = id;
  }

  fail(server: string, error: string): void {
    const part = this.partOf(server);
    if (part === undefined) return;
    part.asked = undefined;
    part.error = error;
  }

  /** One more result of a server. `chars` is the length of the line it came in. */
  add(server: string, result: JsonObject, chars: number): FanStep {
    const part = this.partOf(server);
    if (part === undefined) return { next: "wait" };
    part.asked = undefined;
    part.chars += chars;
    // Beyond its share a server's page is dropped whole: it takes nothing of the others'.
    if (this.route.to === "list" && part.chars > this.maxChars) return { next: "cut" };
    part.pages.push(result);
    const cursor = this.route.to === "list" ? result["nextCursor"] : undefined;
    if (typeof cursor !== "string") return { next: "wait" };
    const mayGoOn = part.pages.length < MAX_PAGES && this.bounds.nowMs() <= part.until;
    return mayGoOn ? { next: "page", cursor } : { next: "cut" };
  }

  private partOf(server: string): Part | undefined {
    return this.parts.find((part) => part.server === server);
  }
}

function unasked(server: string): Part {
  return { server, pages: [], wasAsked: false, asked: undefined, chars: 0, until: 0, error: undefined };
}
