/** What a link knows of its session at a remote server, and the headers that each message has there. */
import type { IncomingMessage } from "node:http";
import type { JsonObject } from "../../base/json.js";
import { idKey, type RequestId } from "../../mcp/wire/message.js";
import { encodeHeader, nameOf, statedVersion } from "./headers.js";
import { ParamHeaders } from "./params.js";

/** One line on its way, and what is known of what comes back. */
export interface Post {
  readonly line: string;
  /** Empty for the answer to a request of the server's. */
  readonly method: string;
  /** Undefined for what is not answered. */
  readonly id: RequestId | undefined;
  readonly params: JsonObject | undefined;
  /** Its connection is cut. */
  cut: () => void;
  isOver: boolean;
  resumes: number;
}

/** Reads a line of the relay's own writing. */
export function postOf(line: string): Post {
  const { id, method, params } = JSON.parse(line) as { id?: RequestId; method?: string; params?: JsonObject };
  const isRequest = id !== undefined && method !== undefined;
  return {
    ...{ line, method: method ?? "", id: isRequest ? id : undefined, params },
    ...{ cut: () => undefined, isOver: false, resumes: 0 },
  };
}

/** A message of 2026-07-28 states its version, and its stream is the only one it has. */
export function isModernPost({ params }: Pick<Post, "params">): boolean {
  return statedVersion(params) !== undefined;
}

export class LinkSession {
  private id: string | undefined;
  private version: string | undefined;
  private readonly params = new ParamHeaders();

  get isOpen(): boolean {
    return this.id !== undefined;
  }

  /** Takes the id that comes with the answer to `initialize`. Attacker-controlled: it goes into headers of ours. */
  noticeId({ headers }: IncomingMessage): void {
    const id = headers["mcp-session-id"];
    if (typeof id === "string" && /^[\x21-\x7e]{1,1024}$/.test(id)) this.id = id;
  }

  /** Takes the version that `initialize` agreed on. Attacker-controlled. */
  noticeVersion(result: JsonObject | undefined): void {
    const version = result?.["protocolVersion"];
    if (typeof version === "string" && /^[0-9-]{1,32}$/.test(version)) this.version = version;
  }

  /** Takes a page of the tools that the server lists: they say which arguments its headers repeat. Attacker-controlled. */
  noticeTools(result: JsonObject | undefined): void {
    if (result !== undefined) this.params.learn(result);
  }

  headers(): Record<string, string> {
    return {
      ...(this.id === undefined ? {} : { "mcp-session-id": this.id }),
      ...(this.version === undefined ? {} : { "mcp-protocol-version": this.version }),
    };
  }

  headersFor({ method, params, id }: Post): Record<string, string> {
    const stated = statedVersion(params);
    const common = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    if (stated === undefined) return { ...common, ...this.headers() };
    const name = nameOf(method, params);
    return {
      ...{ ...common, "mcp-protocol-version": encodeHeader(stated) },
      ...(id === undefined ? {} : { "mcp-method": encodeHeader(method) }),
      ...(name === undefined ? {} : { "mcp-name": encodeHeader(name) }),
      ...(method === "tools/call" ? this.params.of(params) : {}),
    };
  }
}

/** The requests whose answers are still to come. */
export class Posts {
  private readonly live = new Map<string, Post>();

  add(id: RequestId, post: Post): void {
    this.live.set(idKey(id), post);
  }

  /** Takes the request of this id out. */
  take(id: RequestId): Post | undefined {
    const post = this.live.get(idKey(id));
    this.live.delete(idKey(id));
    return post;
  }

  isWaiting(post: Post): boolean {
    return post.id !== undefined && this.live.get(idKey(post.id)) === post;
  }
}
