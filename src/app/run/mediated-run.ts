/** One run: a policy, a log, a signing key and the kernel between them, whatever clients and servers come to it. */
import { FLIGHT_FORMAT, type CloseReason } from "../../abi/event.js";
import { openPayload } from "../../abi/request.js";
import type { Ports } from "../../abi/ports.js";
import type { DURABLE_FROM } from "../../abi/syscalls.js";
import { canonicalJson } from "../../base/canonical.js";
import type { JsonValue } from "../../base/json.js";
import { openControlSocket, type ControlSocket } from "../../host/control-socket.js";
import { loadSigningKey } from "../../host/signing-key.js";
import type { Dispatch } from "../../kernel/dispatch.js";
import type { McpRequest } from "../../mcp/upstream.js";
import type { PolicyMcp, PolicyTrust } from "../../policy/ast.js";
import { createControl } from "./control.js";
import { startLiveRun, type LiveRun, type LiveRunOptions, type NewKey } from "./live-run.js";
import { packageVersion } from "../package-info.js";
import type { RunPins } from "../pins/lock-file.js";
import { compileSource, type LoadedPolicy } from "../policy/file.js";

export interface RunOptions extends LiveRunOptions {
  readonly policy: LoadedPolicy;
  /** The descriptors that the operator's lock accepts; undefined without a lock. */
  readonly pins?: RunPins | undefined;
  readonly agentId: string;
  readonly responseTimeoutMs: number;
  readonly maxClientMessages: number;
  readonly maxInFlight: number;
  /** Longest line taken from either side; at most MAX_LINE_BYTES. */
  readonly maxLineBytes: number;
  readonly durableFrom: (typeof DURABLE_FROM)[number];
}

/** What the first line of the log says is run. */
export interface RunSubject {
  /** The operator's name for the server, or for what stands in front of several. */
  readonly server: string;
  /** Committed, as it can hold credentials: a command line, or several. */
  readonly command: JsonValue;
}

/** How a run ended, for the summary on stderr. */
export interface RunEnd {
  readonly run: string;
  readonly log: string;
  readonly reason: CloseReason;
  readonly allowed: number;
  readonly denied: number;
  readonly fault: Error | undefined;
}

/** What only its connections can say of a run that ends. */
export interface RunRemains {
  readonly reason: CloseReason;
  /** Messages refused but too many to record one by one. */
  readonly strays: number;
  /** The end of what the servers wrote on stderr. */
  readonly stderr: string;
  readonly stderrBytes: number;
}

/** The two sides of one client session towards one server. */
export interface Place {
  readonly session: string;
  readonly server: string;
}

type Act = Ports<McpRequest>["act"];

/**
 * How much of a log is without a signed head at most. Measured (`npm run bench:signing`): a line with its place in the
 * tree costs 1.3 times one without, whether a head is signed every 256 lines or never, twice at 16, 15 times at 1.
 */
const CHECKPOINT_LINES = 256;
const CHECKPOINT_MS = 1000;

export class MediatedRun {
  private readonly options: RunOptions;
  private readonly live: LiveRun<McpRequest>;
  readonly trust: PolicyTrust;
  /** What of the protocol the policy grants. */
  readonly mcp: PolicyMcp;
  private control: ControlSocket | undefined;
  /** Signs the head of the log from time to time. */
  private heads: NodeJS.Timeout | undefined;
  private readonly acts = new Map<string, Act>();
  private readonly sessions: string[] = [];

  /** @throws AgentkError (PolicyInvalid among them): nothing has begun. */
  constructor(options: RunOptions) {
    this.options = options;
    const { document } = compileSource(options.policy.source, options.policy.file);
    this.trust = document.trust;
    this.mcp = document.mcp;
    this.live = startLiveRun(options, (...call) => this.act(...call));
  }

  get id(): string {
    return this.live.id;
  }

  get log(): string {
    return this.live.log;
  }

  get dispatch(): Dispatch<McpRequest> {
    return this.live.dispatch;
  }

  /** Keys that were made just now: the operator is told at once. */
  get newKeys(): readonly NewKey[] {
    return this.live.newKeys;
  }

  /** From here on, allowed calls of this session to this server are done by `act`. */
  attach(place: Place, act: Act): void {
    this.acts.set(placeKey(place), act);
    if (!this.sessions.includes(place.session)) this.sessions.push(place.session);
  }

  /** Nothing is done for this session at this server any more. */
  detach(place: Place): void {
    this.acts.delete(placeKey(place));
    const isGone = ![...this.acts.keys()].some((key) => key.startsWith(placeKey({ ...place, server: "" })));
    const at = this.sessions.indexOf(place.session);
    if (isGone && at >= 0) this.sessions.splice(at, 1);
  }

  /**
   * Writes the first lines.
   * @throws AgentkError when the log or the control socket cannot be opened: nothing has begun.
   */
  async open(subject: RunSubject): Promise<void> {
    const { options, live } = this;
    const facts = {
      format: FLIGHT_FORMAT,
      run: live.id,
      agentk: packageVersion(),
      agent: options.agentId,
      server: subject.server,
      command: openPayload(canonicalJson(subject.command)),
      limits: {
        in_flight: options.maxInFlight,
        line_bytes: options.maxLineBytes,
        client_messages: options.maxClientMessages,
        response_timeout_ms: options.responseTimeoutMs,
      },
      durable_from: options.durableFrom,
      payloads: options.payloads,
      public_key: live.publicKey,
      checkpoints: { lines: CHECKPOINT_LINES, ms: CHECKPOINT_MS },
    } as const;
    try {
      await this.openControl();
      const { name, source } = options.policy;
      await live.dispatch.open(facts, live.secret, { name, source, pins: options.pins });
      live.publish();
      this.heads = setInterval(() => void live.dispatch.checkpoint(), CHECKPOINT_MS).unref();
    } catch (error) {
      await this.control?.close().catch(() => undefined);
      await live.finish().catch(() => undefined);
      throw error;
    }
  }

  /** Signs with the operator's key as it is now; a key that cannot be used changes nothing. Tells in words what it did. */
  async rekey(): Promise<string> {
    const { id, dispatch } = this;
    try {
      const next = loadSigningKey(this.options.env, { mayCreate: false });
      if (next.publicKeyHex === dispatch.current.key) return `agentk: run ${id} has that key already\n`;
      await dispatch.rekey(next);
      return `agentk: run ${id} is signed with ${next.publicKeyHex} from here on\n`;
    } catch (error) {
      return `agentk: run ${id} keeps its key: ${error instanceof Error ? error.message : String(error)}\n`;
    }
  }

  /** Nobody can say anything to the run any more. Before `close`, once its connections are idle. */
  async closeControl(): Promise<void> {
    await this.control?.close().catch(() => undefined);
  }

  /** Writes the last line and closes the files. */
  async close({ reason, strays, stderr, stderrBytes }: RunRemains): Promise<RunEnd> {
    const { live, dispatch } = this;
    clearInterval(this.heads);
    await dispatch.close({
      reason,
      strays,
      ...(stderr === "" ? {} : { stderr: openPayload(canonicalJson(stderr)) }),
      stderr_bytes: stderrBytes,
    });
    // What was written and may not be on the disk is not all recorded: the run's end says so, as of any other fault.
    const unfinished = await live.finish().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    const { allowed, denied } = dispatch.current;
    return { run: live.id, log: live.log, reason, allowed, denied, fault: dispatch.fault ?? unfinished };
  }

  /** A call to a server that is no longer there is not sent. */
  private async act(...[call, request, sent, decision]: Parameters<Act>): ReturnType<Act> {
    const act = this.acts.get(placeKey(request));
    return act === undefined ? { status: "not-sent" } : act(call, request, sent, decision);
  }

  /** Before the first line: a run whose socket cannot be made does not begin. */
  private async openControl(): Promise<void> {
    if (!this.trust.context_socket) return;
    const { options, live } = this;
    this.control = await openControlSocket({
      run: live.id,
      beside: live.folder,
      env: options.env,
      answer: createControl({ run: live.id, sessions: this.sessions, dispatch: live.dispatch }),
    });
  }
}

/** No name has a line end (NAME_FORM of abi/signed.ts). */
function placeKey({ session, server }: Place): string {
  return `${session}\n${server}`;
}
