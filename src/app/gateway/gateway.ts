/** `mcp-gateway`: one client on our stdin and stdout, several servers as children, one kernel and one session for all. */
import type { CloseReason } from "../../abi/event.js";
import { nonce } from "../../host/entropy.js";
import type { MuxEffect, MuxRefusal } from "../../mcp/gateway/effects.js";
import { Mux } from "../../mcp/gateway/mux.js";
import { RPC } from "../../mcp/wire/codes.js";
import { denialError, errorLine, resultLine } from "../../mcp/wire/write.js";
import type { ClientStream } from "../run/client-stream.js";
import { GatewayBranch } from "./branch.js";
import type { ServerConfig } from "./config.js";
import { GatewayRecords } from "./records.js";
import type { NewKey } from "../run/live-run.js";
import { MediatedRun, type RunEnd, type RunOptions } from "../run/mediated-run.js";
import { packageVersion } from "../package-info.js";

export interface GatewayOptions extends RunOptions {
  readonly gatewayId: string;
  readonly servers: readonly ServerConfig[];
  /** How often each of them that ends by itself is started again. */
  readonly restarts: number;
}

export interface GatewayEnd extends RunEnd {
  /** Servers that ended by themselves, or were given up, before the run did. */
  readonly lost: readonly string[];
}

/** INVARIANT: one for all servers, so that what was read from one taints what goes to another. */
const SESSION = "s1";

/** Pages of a listing that may still be asked for, one after another, when the client has gone. */
const MAX_LAST_ROUNDS = 128;

export class Gateway {
  private readonly options: GatewayOptions;
  private readonly client: ClientStream;
  private readonly run: MediatedRun;
  private readonly mux: Mux;
  private readonly records: GatewayRecords;
  private readonly branches: ReadonlyMap<string, GatewayBranch>;
  private readonly lost = new Set<string>();
  private opening: Promise<void> | undefined;
  private ending: Promise<GatewayEnd> | undefined;
  private settle: (end: Promise<GatewayEnd>) => void = () => undefined;

  /** @throws AgentkError (PolicyInvalid among them): nothing has begun, and no server was started. */
  constructor(options: GatewayOptions, client: ClientStream) {
    const { servers, agentId: agent, gatewayId, maxLineBytes, restarts } = options;
    this.options = options;
    this.client = client;
    this.run = new MediatedRun({ ...options, later: client.afterSent });
    this.records = new GatewayRecords(this.run, { session: SESSION, agent, server: gatewayId });
    this.mux = new Mux({
      servers: servers.map(({ id }) => id),
      info: { name: "agentk", version: packageVersion() },
      nonce: nonce(8),
      maxClientMessages: options.maxClientMessages,
      time: {
        pagesMs: (server) => servers.find(({ id }) => id === server)?.responseTimeoutMs ?? 0,
        nowMs: () => performance.now(),
      },
    });
    this.branches = new Map(
      servers.map((server) => {
        const { id } = server;
        const onLine = (line: string): boolean => this.perform(this.mux.fromRelay(id, line));
        const onLost = (): void => {
          this.serverLost(id);
        };
        const branch = { session: SESSION, agent, maxLineBytes, server, restarts, onLine, onLost };
        return [id, new GatewayBranch(this.run, branch)];
      }),
    );
  }

  /** Keys that were made just now: the operator is told at once. */
  get newKeys(): readonly NewKey[] {
    return this.run.newKeys;
  }

  /**
   * Runs until the client, a signal or the end of the last server ends it.
   * @throws AgentkError when the log cannot be opened: no server was started.
   */
  async serve(): Promise<GatewayEnd> {
    const { client, options } = this;
    const command = options.servers.map(({ id, command: word, args }) => ({ command: [word, ...args], id }));
    this.opening = this.run.open({ server: options.gatewayId, command });
    await this.opening;
    // A signal came first: no server is started.
    if (this.ending !== undefined) return this.ending;
    const ended = new Promise<GatewayEnd>((resolve) => {
      this.settle = resolve;
    });
    for (const { connection } of this.branches.values()) await connection.start();
    client.start({
      onLine: (bytes) => {
        this.perform(this.mux.fromClient(bytes));
      },
      onOversize: () => {
        this.perform(this.mux.clientOversize());
      },
      onEnd: () => void this.end("eof"),
      onDrain: () => {
        for (const { connection } of this.branches.values()) connection.resume();
      },
      onLost: () => void this.end("eof", { isUrgent: true }),
    });
    return ended;
  }

  /** A signal: what is under way is recorded as unknown, and the servers go. */
  stop(reason: "sigint" | "sigterm"): void {
    void this.end(reason, { isUrgent: true });
  }

  /** Signs with the operator's key as it is now. Tells in words what it did. */
  rekey(): Promise<string> {
    return this.run.rekey();
  }

  /** Does what the mux wants, in order. False when the client is to be given time to read. */
  private perform(effects: readonly MuxEffect[]): boolean {
    let isFree = true;
    for (const effect of effects) {
      if (effect.do === "to-client") isFree = this.client.send(effect.line) && isFree;
      else this.performInside(effect);
    }
    return isFree;
  }

  private performInside(effect: Exclude<MuxEffect, { do: "to-client" }>): void {
    const { records } = this;
    switch (effect.do) {
      case "to-server":
        if (this.branches.get(effect.server)?.take(effect.line) === false) records.track(this.overrun(effect));
        break;
      case "refuse":
        records.track(this.refuse(effect));
        break;
      case "fault":
        records.fault(effect.server, effect.fault);
        break;
      case "ping":
        records.track(this.pong(effect));
        break;
    }
  }

  /** Recorded first; what could not be is denied all the same. */
  private async refuse(refusal: MuxRefusal): Promise<void> {
    const judged = await this.records.refuse(refusal);
    const { answer } = refusal;
    if (answer === undefined) return;
    const { id, rpcCode, detail } = answer;
    const decision = judged?.decision ?? { verdict: "deny", rule: refusal.refusal, reason: refusal.refusal };
    const line =
      id === null
        ? errorLine(null, { code: rpcCode, message: detail })
        : denialError(id, decision, judged?.call, { rpcCode, detail });
    this.client.send(line);
  }

  /** A line that its server has no room for is refused as if the client had sent it too early. */
  private async overrun({ server, line }: Extract<MuxEffect, { do: "to-server" }>): Promise<void> {
    const { id, method } = JSON.parse(line) as { readonly id?: string; readonly method?: string };
    const judged = await this.records.refuse({ name: method ?? "answer", refusal: "lifecycle" });
    if (id === undefined || method === undefined || judged === undefined) return;
    const why = { rpcCode: RPC.invalidRequest, detail: "the server takes no more at the moment" };
    this.perform(this.mux.fromRelay(server, denialError(id, judged.decision, judged.call, why)));
  }

  private async pong({ id }: Extract<MuxEffect, { do: "ping" }>): Promise<void> {
    if (await this.records.ping()) this.client.send(resultLine(id, {}));
  }

  /** The client's other servers go on; the run ends with the last. */
  private serverLost(id: string): void {
    this.lost.add(id);
    this.perform(this.mux.lost(id));
    this.records.track(this.branches.get(id)?.connection.recordExit() ?? Promise.resolve());
    if (this.lost.size === this.branches.size) void this.end("child-exited");
  }

  /** The first reason wins. An urgent end does not wait for answers. */
  private end(reason: CloseReason, how: { isUrgent: boolean } = { isUrgent: false }): Promise<GatewayEnd> {
    if (this.ending === undefined) {
      this.ending = this.runEnd(reason, how.isUrgent);
      this.settle(this.ending);
    } else if (how.isUrgent) for (const { connection } of this.branches.values()) connection.stop();
    return this.ending;
  }

  /** An answer of one server can be the reason to ask another, so all are waited for until nothing is open. */
  private async idle(): Promise<void> {
    for (let round = 0; round < MAX_LAST_ROUNDS; round++) {
      await Promise.all([...this.branches.values()].map(({ connection }) => connection.idle()));
      await this.records.idle();
      if (this.mux.isIdle) return;
    }
  }

  private async runEnd(reason: CloseReason, isUrgent: boolean): Promise<GatewayEnd> {
    const { run, records } = this;
    const connections = [...this.branches.values()].map(({ connection }) => connection);
    const lost = [...this.lost];
    this.client.stop();
    for (const connection of connections) connection.clientGone();
    // INVARIANT: the close line is the last, so the first ones come before it. Their failure is for `serve` to throw.
    await this.opening?.catch(() => undefined);
    await (isUrgent ? run.dispatch.interrupt() : this.idle());
    await run.closeControl();
    await Promise.all(connections.map((connection) => connection.end()));
    await records.idle();
    const stderrs = connections.map(({ stderr }) => stderr);
    const end = await run.close({
      reason,
      strays: connections.reduce((sum, connection) => sum + connection.strays, records.strays),
      stderr: stderrs.map(({ tail }) => tail).join(""),
      stderrBytes: stderrs.reduce((sum, { bytes }) => sum + bytes, 0),
    });
    return { ...end, lost };
  }
}
