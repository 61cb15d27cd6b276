/** One client session towards one server: the relay between two line streams, and the server's beginning and end. */
import { MAX_LINE_BYTES } from "../../base/limits.js";
import type { ExitFacts } from "../../host/child-process.js";
import { actBetween, Downstream } from "../../mcp/downstream.js";
import { ModernRelay } from "../../mcp/modern/relay.js";
import { Relay } from "../../mcp/relay.js";
import { prepareSchemas } from "../../mcp/schema-check.js";
import { Upstream } from "../../mcp/upstream.js";
import type { PolicyMcp } from "../../policy/ast.js";
import { createEraSession } from "./era-session.js";
import type { MediatedRun, Place } from "./mediated-run.js";
import { ServerRuns } from "./server-runs.js";
import type { ServerHandlers, ServerLink } from "./server-stream.js";
import { Stall } from "./stall.js";
import { processTimers, type Timers } from "./timers.js";

export type { ServerHandlers, ServerLink } from "./server-stream.js";

export interface ConnectionOptions extends Place {
  readonly agent: string;
  readonly responseTimeoutMs: number;
  readonly maxClientMessages: number;
  /** What the policy grants of the protocol, where it is less than the run's. */
  readonly mcp?: PolicyMcp;
  readonly startServer: (handlers: ServerHandlers) => ServerLink;
  /** How often a server that ends by itself is started again; default: never. */
  readonly restarts?: number | undefined;
  readonly timers?: Timers;
}

/** The client's side, as far as a connection needs it. */
export interface ClientSide {
  /** Sends one line. False: hold the server back until `resume` of the connection. */
  readonly send: (line: string) => boolean;
  /** The server does not read: wait, until `resume`. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** The server ended by itself, and no other comes, or it broke the protocol too often. */
  readonly onServerLost: (reason: "child-exited" | "child-faults") => void;
}

export class Connection {
  private readonly options: ConnectionOptions;
  private readonly run: MediatedRun;
  private readonly client: ClientSide;
  private readonly upstream: Upstream;
  private readonly downstream: Downstream;
  private readonly relay: Relay;
  private readonly server: ServerRuns;
  private readonly stall: Stall;

  constructor(run: MediatedRun, options: ConnectionOptions, client: ClientSide) {
    this.options = options;
    this.run = run;
    this.client = client;
    const { maxClientMessages, responseTimeoutMs: timeoutMs } = options;
    const { session, retries } = createEraSession({ maxClientMessages, mcp: options.mcp ?? run.mcp });
    const toServer = (line: string): void => {
      this.toServer(line);
    };
    const toClient = (line: string): void => {
      if (!client.send(line)) this.server.pause();
    };
    const { dispatch } = run;
    const identity = { session: options.session, agent: options.agent, server: options.server };
    const upstream = new Upstream({ session, send: toServer, timeoutMs });
    this.upstream = upstream;
    this.downstream = new Downstream({ session, send: toClient, timeoutMs });
    const { subscriptions } = session;
    this.relay = new Relay({
      modern: new ModernRelay({ dispatch, session, subscriptions, retries, upstream, identity, toClient, timeoutMs }),
      ...{ dispatch, session, upstream, downstream: this.downstream, identity, toClient, toServer },
      // Room for the longest message, so that a server that writes before it reads does not wait for itself.
      isServerBehind: () => this.server.unread > MAX_LINE_BYTES,
      isServerStuck: () => this.stall.isOver && this.server.unread > MAX_LINE_BYTES,
      isPromptTrusted: run.trust.client_prompt === "_meta",
      // What waits is answered when the server is gone: nothing more is expected of it.
      onServerBroken: () => {
        client.onServerLost("child-faults");
        void this.server.stop();
      },
    });
    this.server = this.serverRuns();
    this.stall = new Stall({ ms: timeoutMs, timers: options.timers ?? processTimers, onOver: client.resume });
    run.attach(options, actBetween(upstream, this.downstream));
  }

  /** Messages refused but too many to record one by one. */
  get strays(): number {
    return this.relay.strays;
  }

  /** The end of what the server wrote on stderr, and how much there was of it. */
  get stderr(): { readonly tail: string; readonly bytes: number } {
    return this.server.stderr;
  }

  /** Starts the server; while it comes up, what its tools will need is loaded. */
  start(): Promise<void> {
    const started = this.server.start();
    void prepareSchemas();
    return started;
  }

  /** One line from the client. Attacker-controlled. */
  fromClient(bytes: Buffer): void {
    this.relay.fromClient(bytes);
  }

  /** A line from the client that was longer than the bound. */
  clientOversize(): void {
    this.relay.clientOversize();
  }

  /** The client reads again. */
  resume(): void {
    this.server.resume();
  }

  /** The client is gone: what the server asked of it has no answer, and no other server is started for it. */
  clientGone(): void {
    this.downstream.gone();
    this.server.last();
  }

  /** The server is to go at once. */
  stop(): void {
    void this.server.stop();
  }

  /** Settles when every message taken so far has been dealt with and answered. */
  async idle(): Promise<void> {
    await this.relay.idle();
  }

  /** Ends the server and what waits for it, and records how it ended. */
  async end(): Promise<ExitFacts> {
    const { server, relay, upstream, run, options } = this;
    const exit = await server.stop();
    this.stall.end();
    upstream.gone();
    // A question that nobody answers any more would keep the end waiting.
    this.downstream.gone();
    await relay.close();
    await relay.idle();
    run.detach(options);
    await server.recordExit();
    return exit;
  }

  /** Records how the server ended, if it has; once. Until `end`, calls to it are still decided, and answered as gone. */
  recordExit(): Promise<void> {
    return this.server.recordExit();
  }

  private serverRuns(): ServerRuns {
    const { client, relay, upstream, options, run } = this;
    const { session, server, startServer, restarts = 0, timers } = options;
    return new ServerRuns({
      ...{ startServer, restarts, timers },
      handlers: {
        onLine: (bytes) => {
          relay.fromServer(bytes);
        },
        onOversize: () => {
          relay.serverFault("line-too-long");
        },
        onDrain: () => {
          this.stall.end();
          client.resume();
        },
      },
      note: (note) => run.dispatch.note({ session, server, ...note }),
      mayRestart: () => relay.isReady && run.dispatch.fault === undefined,
      onAway: () => {
        relay.away();
        this.stall.end();
        // Nobody is there who could drain; what comes is held, and its end is to be heard.
        client.resume();
      },
      greet: (restart) => relay.greet(restart),
      onBack: () => {
        relay.back(true);
      },
      onGone: ({ isLost }) => {
        upstream.gone();
        relay.back(false);
        if (isLost) client.onServerLost("child-exited");
      },
    });
  }

  private toServer(line: string): void {
    if (this.server.send(line) || this.stall.isOver) return;
    this.client.pause();
    this.stall.begin();
  }
}
