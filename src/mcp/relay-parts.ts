/** What the relay and its handshake are put together from. */
import type { Dispatch } from "../kernel/dispatch.js";
import type { Session } from "./session.js";
import type { McpRequest, Upstream } from "./upstream.js";

export interface RelayParts {
  readonly dispatch: Dispatch<McpRequest>;
  readonly session: Session;
  readonly upstream: Upstream;
  /** Who the log says is acting: the operator's words, not the client's. */
  readonly identity: { readonly session: string; readonly agent: string; readonly server: string };
  readonly toClient: (line: string) => void;
  readonly toServer: (line: string) => void;
  /** The server has broken the protocol too often to go on with it. */
  readonly onServerBroken: () => void;
}
