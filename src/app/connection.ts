/** One client session towards one server: the relay between two line streams, and the server's beginning and end. */
import type { ExitFacts } from "../host/child-process.js";
import { actBetween, Downstream } from "../mcp/downstream.js";
import { ModernRelay } from "../mcp/modern/relay.js";
import { Relay } from "../mcp/relay.js";
import { Upstream } from "../mcp/upstream.js";
import { createEraSession } from "./era-session.js";
import type { MediatedRun, Place } from "./mediated-run.js";

/** What a server's line stream tells. */
export interface ServerHandlers {
  /** One line. The bytes are valid only during the call. */
  readonly onLine: (bytes: Buffer) => void;
  /** A line over the bound: once a line, and the line is dropped. */
  readonly onOversize: () => void;
  /** After `send` said false: go on sending. */
  readonly onDrain: () => void;
  /** Called once, after the last line, never before the link was given. */
  readonly onExit: (facts: ExitFacts) => void;
}

/** A server's line stream: a child process, or what stands for a server elsewhere. */
export interface ServerLink {
  /** False: hold back until `onDrain` or `onExit`. */
  readonly send: (line: string) => boolean;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends it. Settles after `onExit`. */
  readonly stop: () => Promise<ExitFacts>;
  readonly stderrTail: () => Buffer;
  readonly stderrBytes: () => number;
}

export interface ConnectionOptions extends Place {
  readonly agent: string;
  readonly responseTimeoutMs: number;
  readonly maxClientMessages: number;
  readonly startServer: (handlers: ServerHandlers) => ServerLink;
}

/** The client's side, as far as a connection needs it. */
export interface ClientSide {
  /** Sends one line. False: hold the server back until `resume` of the connection. */
  readonly send: (line: string) => boolean;
  readonly pause: () => void;
  readonly resume: () => void;
  /** The server ended by itself, or broke the protocol too often. */
  readonly onServerLost: (reason: "child-exited" | "child-faults") => void;
}

export class Connection {
  private readonly options: ConnectionOptions;
  private readonly run: MediatedRun;
  private readonly client: ClientSide;
  private readonly upstream: Upstream;
  private readonly downstream: Downstream;
  private readonly relay: Relay;
  private link: ServerLink | undefined;
  private exit: ExitFacts | undefined;
  private exitNote: Promise<void> | undefined;

  constructor(run: MediatedRun, options: ConnectionOptions, client: ClientSide) {
    this.options = options;
    this.run = run;
    this.client = client;
    const { maxClientMessages, responseTimeoutMs: timeoutMs } = options;
    const { session, retries } = createEraSession({ maxClientMessages, mcp: run.mcp });
    const toServer = (line: string): void => {
      this.toServer(line);
    };
    const toClient = (line: string): void => {
      if (!client.send(line)) this.link?.pause();
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
      isPromptTrusted: run.trust.client_prompt === "_meta",
      // What waits is answered when the server is gone: nothing more is expected of it.
      onServerBroken: () => {
        client.onServerLost("child-faults");
        void this.link?.stop();
      },
    });
    run.attach(options, actBetween(upstream, this.downstream));
  }

  /** Messages refused but too many to record one by one. */
  get strays(): number {
    return this.relay.strays;
  }

  /** The end of what the server wrote on stderr, and how much there was of it. */
  get stderr(): { readonly tail: string; readonly bytes: number } {
    return { tail: this.link?.stderrTail().toString("utf8") ?? "", bytes: this.link?.stderrBytes() ?? 0 };
  }

  /** Starts the server. */
  async start(): Promise<void> {
    const { client, relay } = this;
    this.link = this.options.startServer({
      onLine: (bytes) => {
        relay.fromServer(bytes);
      },
      onOversize: () => {
        relay.serverFault("line-too-long");
      },
      onDrain: () => {
        client.resume();
      },
      onExit: (facts) => {
        this.exit = facts;
        this.upstream.gone();
        client.onServerLost("child-exited");
      },
    });
    const { session, server } = this.options;
    await this.run.dispatch.note({ session, server, fact: "child-started" });
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
    this.link?.resume();
  }

  /** The client is gone: what the server asked of it has no answer. */
  clientGone(): void {
    this.downstream.gone();
  }

  /** The server is to go at once. */
  stop(): void {
    void this.link?.stop();
  }

  /** Settles when every message taken so far has been dealt with and answered. */
  async idle(): Promise<void> {
    await this.relay.idle();
  }

  /** Ends the server and what waits for it, and records how it ended. */
  async end(): Promise<ExitFacts> {
    const { link, relay, upstream, run, options } = this;
    const exit = (await link?.stop()) ?? { code: undefined, signal: undefined, spawnError: undefined };
    upstream.gone();
    // A question that nobody answers any more would keep the end waiting.
    this.downstream.gone();
    await relay.idle();
    run.detach(options);
    await this.recordExit();
    return exit;
  }

  /** Records how the server ended, if it has; once. Until `end`, calls to it are still decided, and answered as gone. */
  recordExit(): Promise<void> {
    if (this.exit !== undefined) this.exitNote ??= this.noteExit(this.exit);
    return this.exitNote ?? Promise.resolve();
  }

  private async noteExit({ code, signal, lost }: ExitFacts): Promise<void> {
    const how = {
      ...(lost === undefined ? {} : { fault: lost.code }),
      ...(code === undefined ? {} : { exit_code: code }),
      ...(signal === undefined ? {} : { exit_signal: signal }),
    };
    const { session, server } = this.options;
    await this.run.dispatch.note({ session, server, fact: "child-exited", ...how });
  }

  private toServer(line: string): void {
    if (this.link?.send(line) === false && this.exit === undefined) this.client.pause();
  }
}
