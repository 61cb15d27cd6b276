/** What the relay and its handshake are put together from. */
import { USER_WORDS } from "../abi/request.js";
import type { JsonObject } from "../base/json.js";
import type { Dispatch } from "../kernel/dispatch.js";
import type { Downstream } from "./downstream.js";
import type { ModernRelay } from "./modern/relay.js";
import type { Session } from "./session.js";
import type { McpRequest, Upstream } from "./upstream.js";

/**
 * What a page of the user's words comes by. INVARIANT: no contract has a method that begins with `user/`, so neither
 * side's message can be called so; only our own code makes such pages.
 */
export const USER_PAGE = { server: "user", method: USER_WORDS } as const;

/** The lists a server can change. */
export type ListKind = "tools" | "resources" | "prompts";

export interface RelayParts {
  readonly dispatch: Dispatch<McpRequest>;
  readonly session: Session;
  readonly upstream: Upstream;
  readonly downstream: Downstream;
  /** Takes what the session admits of 2026-07-28; without it that revision is not spoken. */
  readonly modern?: ModernRelay;
  /** Who the log says is acting: the operator's words, not the client's. */
  readonly identity: { readonly session: string; readonly agent: string; readonly server: string };
  /** Whether the policy takes what a client puts in `_meta["agentk/prompt"]` for its user's words. */
  readonly isPromptTrusted: boolean;
  readonly toClient: (line: string) => void;
  readonly toServer: (line: string) => void;
  /** Whether the server has more to read than it should: what it asks meanwhile is not answered. */
  readonly isServerBehind?: () => boolean;
  /** Whether it is so, and has been for so long that the client is read all the same: what it asks is refused. */
  readonly isServerStuck?: () => boolean;
  /** A server has said that one of its lists has changed: what was known of it may be so no more. */
  readonly onListChanged?: (list: ListKind) => void;
  /** A server has said that the state of a task of this session's has changed. */
  readonly onTaskChanged?: (said: JsonObject) => Promise<void>;
  /** A clock for rates and waits, in milliseconds; default: the process's. */
  readonly nowMs?: () => number;
  /** The server has broken the protocol too often to go on with it. */
  readonly onServerBroken: () => void;
}
