/** `mcp-proxy-stdio`: one client on our stdin and stdout, one server as a child, the kernel in between. */
import { dirname } from "node:path";
import { FLIGHT_FORMAT, type CloseReason } from "../abi/event.js";
import { openPayload } from "../abi/request.js";
import type { DURABLE_FROM } from "../abi/syscalls.js";
import { canonicalJson } from "../base/canonical.js";
import { AgentkError } from "../base/errors.js";
import { childEnvironment } from "../host/child-environment.js";
import { startChild, type Child, type ExitFacts } from "../host/child-process.js";
import { openControlSocket, type ControlSocket } from "../host/control-socket.js";
import { loadSigningKey } from "../host/signing-key.js";
import { Relay } from "../mcp/relay.js";
import { Session } from "../mcp/session.js";
import { Upstream, type McpRequest } from "../mcp/upstream.js";
import type { PolicyTrust } from "../policy/ast.js";
import type { ClientStream } from "./client-stream.js";
import { createControl } from "./control.js";
import { startLiveRun, type LiveRun, type LiveRunOptions, type NewKey } from "./live-run.js";
import { packageVersion } from "./package-info.js";
import type { RunPins } from "./pins-lock.js";
import { compileSource, type LoadedPolicy } from "./policy-file.js";

export interface ProxyOptions extends LiveRunOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly policy: LoadedPolicy;
  /** The descriptors that the operator's lock accepts; undefined without a lock for this server. */
  readonly pins?: RunPins | undefined;
  readonly serverId: string;
  readonly agentId: string;
  /** Names of the parent's variables that the child gets besides PATH. */
  readonly allowEnv: readonly string[];
  readonly responseTimeoutMs: number;
  readonly maxClientMessages: number;
  readonly maxInFlight: number;
  /** Longest line taken from either side; at most MAX_LINE_BYTES. */
  readonly maxLineBytes: number;
  readonly durableFrom: (typeof DURABLE_FROM)[number];
}

/** How a run ended, for the summary on stderr. */
export interface ProxyEnd {
  readonly run: string;
  readonly log: string;
  readonly reason: CloseReason;
  readonly allowed: number;
  readonly denied: number;
  readonly exit: ExitFacts;
  readonly fault: Error | undefined;
}

const SESSION = "s1";

/**
 * How much of a log is without a signed head at most. Measured (`npm run bench:signing`): a line with its place in the
 * tree costs 1.3 times one without, whether a head is signed every 256 lines or never, twice at 16, 15 times at 1.
 */
const CHECKPOINT_LINES = 256;
const CHECKPOINT_MS = 1000;

export class Proxy {
  private readonly options: ProxyOptions;
  private readonly client: ClientStream;
  private readonly session: Session;
  private readonly upstream: Upstream;
  private readonly run: LiveRun<McpRequest>;
  private readonly relay: Relay;
  private readonly env: Readonly<Record<string, string>>;
  private readonly trust: PolicyTrust;
  private control: ControlSocket | undefined;
  private opening: Promise<void> | undefined;
  private child: Child | undefined;
  private exit: ExitFacts | undefined;
  /** Signs the head of the log from time to time. */
  private heads: NodeJS.Timeout | undefined;
  private ending: Promise<ProxyEnd> | undefined;
  private settle: (end: Promise<ProxyEnd>) => void = () => undefined;

  /** @throws AgentkError (PolicyInvalid among them): nothing has begun, and no server was started. */
  constructor(options: ProxyOptions, client: ClientStream) {
    this.options = options;
    this.client = client;
    this.trust = compileSource(options.policy.source, options.policy.file).document.trust;
    const env = childEnvironment(options.env, options.allowEnv);
    if (!env.ok) throw new AgentkError("usage", env.error);
    this.env = env.value;
    this.session = new Session({ maxClientMessages: options.maxClientMessages });
    const toServer = (line: string): void => {
      this.sendToServer(line);
    };
    this.upstream = new Upstream({ session: this.session, send: toServer, timeoutMs: options.responseTimeoutMs });
    this.run = startLiveRun(options, (call, request, sent) => this.upstream.act(call, request, sent));
    this.relay = new Relay({
      dispatch: this.run.dispatch,
      session: this.session,
      upstream: this.upstream,
      identity: { session: SESSION, agent: options.agentId, server: options.serverId },
      isPromptTrusted: this.trust.client_prompt === "_meta",
      toClient: (line) => {
        if (!client.send(line)) this.child?.pause();
      },
      toServer,
      // What waits is answered when the server is gone: nothing more is expected of it.
      onServerBroken: () => {
        void this.end("child-faults");
        void this.child?.stop();
      },
    });
  }

  /**
   * Runs until the client, the server or a signal ends it.
   * @throws AgentkError when the log cannot be opened: no server was started.
   */
  async serve(): Promise<ProxyEnd> {
    const { client } = this;
    this.opening = this.openRun();
    await this.opening;
    // A signal came first: the server is not started.
    if (this.ending !== undefined) return this.ending;
    const ended = new Promise<ProxyEnd>((resolve) => {
      this.settle = resolve;
    });
    this.child = this.startServer();
    await this.run.dispatch.note({ session: SESSION, fact: "child-started" });
    client.start({
      onLine: (bytes) => {
        this.relay.fromClient(bytes);
      },
      onOversize: () => {
        this.relay.clientOversize();
      },
      onEnd: () => void this.end("eof"),
      onDrain: () => this.child?.resume(),
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

  /** Signs with the operator's key as it is now; a key that cannot be used changes nothing. Tells in words what it did. */
  async rekey(): Promise<string> {
    try {
      const next = loadSigningKey(this.options.env, { mayCreate: false });
      if (next.publicKeyHex === this.run.dispatch.current.key)
        return `agentk: run ${this.run.id} has that key already\n`;
      await this.run.dispatch.rekey(next);
      return `agentk: run ${this.run.id} is signed with ${next.publicKeyHex} from here on\n`;
    } catch (error) {
      return `agentk: run ${this.run.id} keeps its key: ${error instanceof Error ? error.message : String(error)}\n`;
    }
  }

  private async openRun(): Promise<void> {
    const { options, run } = this;
    const facts = {
      format: FLIGHT_FORMAT,
      run: run.id,
      agentk: packageVersion(),
      agent: options.agentId,
      server: options.serverId,
      command: openPayload(canonicalJson([options.command, ...options.args])),
      limits: {
        in_flight: options.maxInFlight,
        line_bytes: options.maxLineBytes,
        client_messages: options.maxClientMessages,
        response_timeout_ms: options.responseTimeoutMs,
      },
      durable_from: options.durableFrom,
      payloads: options.payloads,
      public_key: run.publicKey,
      checkpoints: { lines: CHECKPOINT_LINES, ms: CHECKPOINT_MS },
    } as const;
    try {
      await this.openControl();
      const { name, source } = options.policy;
      await run.dispatch.open(facts, run.secret, { name, source, pins: options.pins });
      run.publish();
      this.heads = setInterval(() => void run.dispatch.checkpoint(), CHECKPOINT_MS).unref();
    } catch (error) {
      await this.control?.close().catch(() => undefined);
      await run.finish().catch(() => undefined);
      throw error;
    }
  }

  /** Before the first line: a run whose socket cannot be made does not begin. */
  private async openControl(): Promise<void> {
    if (!this.trust.context_socket) return;
    const { options, run } = this;
    this.control = await openControlSocket({
      run: run.id,
      beside: options.traceOut === undefined ? dirname(run.log) : undefined,
      env: options.env,
      answer: createControl({ run: run.id, sessions: [SESSION], dispatch: run.dispatch }),
    });
  }

  private startServer(): Child {
    return startChild({
      command: this.options.command,
      args: this.options.args,
      env: this.env,
      maxLineBytes: this.options.maxLineBytes,
      onLine: (bytes) => {
        this.relay.fromServer(bytes);
      },
      onOversize: () => {
        this.relay.serverFault("line-too-long");
      },
      onDrain: () => {
        this.client.resume();
      },
      onExit: (facts) => {
        this.exit = facts;
        this.upstream.gone();
        void this.end("child-exited");
      },
    });
  }

  private sendToServer(line: string): void {
    if (this.child?.send(line) === false && this.exit === undefined) this.client.pause();
  }

  /** The first reason wins. An urgent end does not wait for answers. */
  private end(reason: CloseReason, how: { isUrgent: boolean } = { isUrgent: false }): Promise<ProxyEnd> {
    if (this.ending === undefined) {
      this.ending = this.runEnd(reason, how.isUrgent);
      this.settle(this.ending);
    } else if (how.isUrgent) void this.child?.stop();
    return this.ending;
  }

  private async runEnd(reason: CloseReason, isUrgent: boolean): Promise<ProxyEnd> {
    const { child, relay, run, upstream } = this;
    this.client.stop();
    // INVARIANT: the close line is the last, so the first ones come before it. Their failure is for `serve` to throw.
    await this.opening?.catch(() => undefined);
    // What still waits when the end is urgent may have happened: the log says so before the server is stopped.
    await (isUrgent ? run.dispatch.interrupt() : relay.idle());
    const exit = (await child?.stop()) ?? { code: undefined, signal: undefined, spawnError: undefined };
    upstream.gone();
    await relay.idle();
    await this.control?.close().catch(() => undefined);
    await this.closeLog(reason);
    await run.finish().catch(() => undefined);
    const { allowed, denied } = run.dispatch.current;
    const { fault } = run.dispatch;
    return { run: run.id, log: run.log, reason, allowed, denied, exit, fault };
  }

  private async closeLog(reason: CloseReason): Promise<void> {
    const { child, relay, run, exit } = this;
    clearInterval(this.heads);
    if (exit !== undefined) {
      const { code, signal } = exit;
      const how = {
        ...(code === undefined ? {} : { exit_code: code }),
        ...(signal === undefined ? {} : { exit_signal: signal }),
      };
      await run.dispatch.note({ session: SESSION, fact: "child-exited", ...how });
    }
    const tail = child?.stderrTail().toString("utf8") ?? "";
    await run.dispatch.close({
      reason,
      strays: relay.strays,
      ...(tail === "" ? {} : { stderr: openPayload(canonicalJson(tail)) }),
      stderr_bytes: child?.stderrBytes() ?? 0,
    });
  }
}
