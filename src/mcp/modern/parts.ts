/** What the relay of 2026-07-28 is put together from. */
import type { Dispatch } from "../../kernel/dispatch.js";
import type { McpRequest, Upstream } from "../upstream.js";
import type { EraSession } from "./era-session.js";
import type { Retries } from "./retry.js";
import type { Subscriptions } from "./subscriptions.js";

export interface ModernParts {
  readonly dispatch: Dispatch<McpRequest>;
  readonly session: EraSession;
  readonly subscriptions: Subscriptions;
  readonly retries: Retries;
  readonly upstream: Upstream;
  /** Who the log says is acting: the operator's words, not the client's. */
  readonly identity: { readonly session: string; readonly agent: string; readonly server: string };
  readonly toClient: (line: string) => void;
  /** How long the acknowledgement of a stream may take, in milliseconds. */
  readonly timeoutMs: number;
}
