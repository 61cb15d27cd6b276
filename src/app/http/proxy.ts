/** `mcp-proxy-http`: clients over Streamable HTTP, a server for each of their sessions, one run of the kernel in between. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CloseReason } from "../../abi/event.js";
import { AgentkError } from "../../base/errors.js";
import { HTTP_SESSION_IDLE_MS, MAX_STDERR_BYTES } from "../../base/limits.js";
import { createByteTail } from "../../host/byte-tail.js";
import { hostNames, isLoopback, MCP_PATH } from "../../host/http-guard.js";
import { openHttpServer, type HttpServer, type HttpTimes } from "../../host/http-server.js";
import { tokenCheck } from "../../host/http-token.js";
import { Connection } from "../run/connection.js";
import type { ChannelEnd, Connect } from "./channel.js";
import { HttpFront } from "./front.js";
import { MediatedRun, type RunEnd, type RunOptions } from "../run/mediated-run.js";
import type { NewKey } from "../run/live-run.js";
import type { ServerSource } from "./upstream.js";
import { serverSource, type ServerOptions } from "../run/server-link.js";

/** Why a front ends: a signal, or `eof` where nobody was left to be told of it. */
export type Ending = "sigint" | "sigterm" | "eof";

export interface HttpProxyOptions extends RunOptions, ServerOptions {
  readonly serverId: string;
  readonly host: string;
  readonly port: number;
  readonly allowRemote: boolean;
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
  readonly maxSessions: number;
  readonly idleMs?: number;
  readonly stallMs?: number;
  readonly times?: HttpTimes;
  readonly token: string;
}

export class HttpProxy {
  private readonly options: HttpProxyOptions;
  private readonly run: MediatedRun;
  private readonly server: ServerSource;
  private readonly door: HttpServer;
  private readonly front: HttpFront;
  private readonly stderr = createByteTail(MAX_STDERR_BYTES);
  private stderrBytes = 0;
  private strays = 0;
  private ending: Promise<RunEnd> | undefined;

  /** @throws AgentkError (PolicyInvalid among them): nothing has begun. */
  constructor(options: HttpProxyOptions, server: ServerSource, door: HttpServer) {
    this.options = options;
    this.server = server;
    this.door = door;
    this.run = new MediatedRun(options);
    this.front = new HttpFront({
      guard: {
        hosts: hostNames(options.host, options.allowHosts),
        origins: new Set(options.allowOrigins),
        isToken: tokenCheck(options.token),
      },
      connect: this.connect,
      maxSessions: options.maxSessions,
      maxLineBytes: options.maxLineBytes,
      idleMs: options.idleMs ?? HTTP_SESSION_IDLE_MS,
      ...(options.stallMs === undefined ? {} : { stallMs: options.stallMs }),
      onEnded: (ended) => {
        this.keep(ended);
      },
    });
  }

  /** Keys that were made just now: the operator is told at once. */
  get newKeys(): readonly NewKey[] {
    return this.run.newKeys;
  }

  /** For clients. */
  get url(): string {
    return `${this.door.origin}${MCP_PATH}`;
  }

  /** Writes the log's first lines. @throws AgentkError when they cannot be written. */
  async begin(): Promise<void> {
    await this.run.open({ server: this.options.serverId, command: this.server.command });
  }

  /** One request. Attacker-controlled: all of it. */
  take(request: IncomingMessage, response: ServerResponse): void {
    void this.front.take(request, response);
  }

  /** Signs with the operator's key as it is now. Tells in words what it did. */
  rekey(): Promise<string> {
    return this.run.rekey();
  }

  /** What is under way is recorded as unknown, and the servers go. The first reason wins. */
  stop(reason: Ending): Promise<RunEnd> {
    return (this.ending ??= this.runEnd(reason));
  }

  private readonly connect: Connect = (session, client) => {
    const { serverId, agentId, responseTimeoutMs, maxClientMessages } = this.options;
    const names = { session, server: serverId, agent: agentId };
    const options = { ...names, responseTimeoutMs, maxClientMessages, startServer: this.server.start };
    return new Connection(this.run, options, client);
  };

  private keep({ session, strays, stderr, stderrBytes }: ChannelEnd): void {
    this.strays += strays;
    this.stderrBytes += stderrBytes;
    if (stderr !== "") this.stderr.push(Buffer.from(`[${session}]\n${stderr}\n`, "utf8"));
  }

  private async runEnd(reason: CloseReason): Promise<RunEnd> {
    const { run, front } = this;
    this.door.stopAccepting();
    // What still waits may have happened: the log says so before the servers are stopped.
    await run.dispatch.interrupt();
    await run.closeControl();
    await front.end({ isUrgent: true });
    const strays = this.strays + front.strays;
    const stderr = this.stderr.bytes().toString("utf8");
    const end = await run.close({ reason, strays, stderr, stderrBytes: this.stderrBytes });
    await this.door.close();
    return end;
  }
}

/**
 * Takes the address, begins the run, and lets clients in.
 * @throws AgentkError `usage` for an address that is not to be listened on, before anything of a run is there.
 */
export async function openHttpProxy(options: HttpProxyOptions): Promise<HttpProxy> {
  const { host, port, times } = options;
  if (!isLoopback(host) && !options.allowRemote) {
    throw new AgentkError("usage", `\`${host}\` can be reached by other machines`, {
      hint: "listen on 127.0.0.1, or say --allow-remote and put a proxy with TLS in front of it",
    });
  }
  const server = await serverSource(options);
  let proxy: HttpProxy | undefined;
  const door = await openHttpServer({
    ...{ host, port },
    take: (request, response) => {
      if (proxy === undefined) response.destroy();
      else proxy.take(request, response);
    },
    ...(times === undefined ? {} : { times }),
  });
  try {
    const made = new HttpProxy(options, server, door);
    await made.begin();
    proxy = made;
    return made;
  } catch (error) {
    await door.close();
    throw error;
  }
}
