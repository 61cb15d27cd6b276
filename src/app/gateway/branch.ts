/** One server of a gateway: its connection, and how much more of the client's it is given while it does not read. */
import { MAX_LINE_BYTES } from "../../base/limits.js";
import { startChild } from "../../host/child-process.js";
import { Connection } from "../run/connection.js";
import type { ServerConfig } from "./config.js";
import type { MediatedRun } from "../run/mediated-run.js";

export interface BranchOptions {
  readonly session: string;
  readonly agent: string;
  readonly maxLineBytes: number;
  readonly server: ServerConfig;
  /** How often the server is started again. */
  readonly restarts: number;
  /** A line of the relay's for the client. False: the server is to be held back. */
  readonly onLine: (line: string) => boolean;
  /** The server ended by itself, or was given up; perhaps twice. */
  readonly onLost: () => void;
}

export class GatewayBranch {
  readonly id: string;
  readonly connection: Connection;
  private isBlocked = false;
  private blockedChars = 0;

  constructor(run: MediatedRun, options: BranchOptions) {
    const { session, agent, maxLineBytes, server, onLine, onLost } = options;
    const { id, command, args, env, responseTimeoutMs } = server;
    this.id = id;
    this.connection = new Connection(
      run,
      {
        ...{ session, agent, server: id, responseTimeoutMs },
        // The mux counts the client's messages; one of them can be several of a relay's.
        maxClientMessages: Number.MAX_SAFE_INTEGER,
        restarts: options.restarts,
        // No route leads back to the server of a task.
        mcp: { ...run.mcp, features: run.mcp.features.filter((feature) => feature !== "tasks") },
        startServer: (handlers) => startChild({ command, args, env, maxLineBytes, ...handlers }),
      },
      {
        send: onLine,
        // The other servers' calls go on: what this one does not read waits in its pipe, within bounds.
        pause: () => {
          this.isBlocked = true;
        },
        resume: () => {
          this.isBlocked = false;
          this.blockedChars = 0;
        },
        onServerLost: onLost,
      },
    );
  }

  /** False when the server does not read and has enough to read: the line is not taken. */
  take(line: string): boolean {
    if (this.isBlocked) {
      this.blockedChars += line.length;
      if (this.blockedChars > MAX_LINE_BYTES) return false;
    }
    this.connection.fromClient(Buffer.from(line));
    return true;
  }
}
