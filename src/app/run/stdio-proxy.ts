/** `mcp-proxy-stdio`: one client on our stdin and stdout, one server as a child, the kernel in between. */
import type { CloseReason } from "../../abi/event.js";
import type { ExitFacts } from "../../host/child-process.js";
import type { ClientStream } from "./client-stream.js";
import { Connection } from "./connection.js";
import type { NewKey } from "./live-run.js";
import { MediatedRun, type RunEnd, type RunOptions } from "./mediated-run.js";
import type { ServerSource } from "../http/upstream.js";
import type { ServerOptions } from "./server-link.js";

export interface ProxyOptions extends RunOptions, ServerOptions {
  readonly serverId: string;
}

/** How a run ended, for the summary on stderr. */
export interface ProxyEnd extends RunEnd {
  readonly exit: ExitFacts;
}

const SESSION = "s1";

export class Proxy {
  private readonly options: ProxyOptions;
  private readonly client: ClientStream;
  private readonly server: ServerSource;
  private readonly run: MediatedRun;
  private readonly connection: Connection;
  private opening: Promise<void> | undefined;
  private ending: Promise<ProxyEnd> | undefined;
  private settle: (end: Promise<ProxyEnd>) => void = () => undefined;

  /** @throws AgentkError (PolicyInvalid among them): nothing has begun, and no server was started. */
  constructor(options: ProxyOptions, server: ServerSource, client: ClientStream) {
    this.options = options;
    this.client = client;
    this.server = server;
    const { responseTimeoutMs, maxClientMessages } = options;
    this.run = new MediatedRun({ ...options, later: client.afterSent });
    this.connection = new Connection(
      this.run,
      {
        ...{ session: SESSION, server: options.serverId, agent: options.agentId, responseTimeoutMs, maxClientMessages },
        startServer: this.server.start,
        restarts: this.server.restarts,
      },
      {
        send: client.send,
        pause: client.pause,
        resume: client.resume,
        onServerLost: (reason) => void this.end(reason),
      },
    );
  }

  /**
   * Runs until the client, the server or a signal ends it.
   * @throws AgentkError when the log cannot be opened: no server was started.
   */
  async serve(): Promise<ProxyEnd> {
    const { client, connection, options } = this;
    this.opening = this.run.open({ server: options.serverId, command: this.server.command });
    await this.opening;
    // A signal came first: the server is not started.
    if (this.ending !== undefined) return this.ending;
    const ended = new Promise<ProxyEnd>((resolve) => {
      this.settle = resolve;
    });
    await connection.start();
    client.start({
      onLine: (bytes) => {
        connection.fromClient(bytes);
      },
      onOversize: () => {
        connection.clientOversize();
      },
      onEnd: () => void this.end("eof"),
      onDrain: () => {
        connection.resume();
      },
      onLost: () => void this.end("eof", { isUrgent: true }),
    });
    return ended;
  }

  /** Keys that were made just now: the operator is told at once. */
  get newKeys(): readonly NewKey[] {
    return this.run.newKeys;
  }

  /** A signal: what is under way is recorded as unknown, and the server goes. */
  stop(reason: "sigint" | "sigterm"): void {
    void this.end(reason, { isUrgent: true });
  }

  /** Signs with the operator's key as it is now. Tells in words what it did. */
  rekey(): Promise<string> {
    return this.run.rekey();
  }

  /** The first reason wins. An urgent end does not wait for answers. */
  private end(reason: CloseReason, how: { isUrgent: boolean } = { isUrgent: false }): Promise<ProxyEnd> {
    if (this.ending === undefined) {
      this.ending = this.runEnd(reason, how.isUrgent);
      this.settle(this.ending);
    } else if (how.isUrgent) this.connection.stop();
    return this.ending;
  }

  private async runEnd(reason: CloseReason, isUrgent: boolean): Promise<ProxyEnd> {
    const { connection, run } = this;
    this.client.stop();
    connection.clientGone();
    // INVARIANT: the close line is the last, so the first ones come before it. Their failure is for `serve` to throw.
    await this.opening?.catch(() => undefined);
    // What still waits when the end is urgent may have happened: the log says so before the server is stopped.
    await (isUrgent ? run.dispatch.interrupt() : connection.idle());
    await run.closeControl();
    const exit = await connection.end();
    const { tail, bytes } = connection.stderr;
    const end = await run.close({ reason, strays: connection.strays, stderr: tail, stderrBytes: bytes });
    return { ...end, exit };
  }
}
