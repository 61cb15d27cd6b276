/** A run without servers: callers ask what would be decided, or bring what came of it themselves. Nothing is executed. */
import { mayPass, REASONS, type Decision } from "../../abi/decision.js";
import type { CloseReason } from "../../abi/event.js";
import type { Observation } from "../../abi/ports.js";
import { openPayload, type Refusal, type SyscallRequest } from "../../abi/request.js";
import { UNKNOWN_SYSCALL, type SyscallName } from "../../abi/syscalls.js";
import { canonicalJson } from "../../base/canonical.js";
import type { JsonObject, JsonValue } from "../../base/json.js";
import type { Judged } from "../../kernel/dispatch.js";
import type { McpRequest } from "../../mcp/upstream.js";
import type { MediateRequest } from "./request.js";
import { MediatedRun, type RunEnd, type RunOptions } from "../run/mediated-run.js";

export interface MediationOptions extends RunOptions {
  /** What policies and the log call the server whose tools are asked about. */
  readonly serverId: string;
  /** Whose voice it is that asks, for the first line: `mcp-lines`, say. */
  readonly surface: string;
}

/** What a caller is told. */
export interface MediateReport {
  readonly executed: false;
  readonly agent_id: string;
  readonly tool: string;
  readonly decision: Decision["verdict"];
  readonly rule: string;
  readonly reason: Decision["reason"];
  readonly says: string;
  readonly retryable: boolean;
  /** The call's id in the log; absent when nothing could be recorded. */
  readonly call?: string;
  readonly log: string;
}

/** A call that may happen, and whose result its caller brings. */
export interface Allowed {
  readonly call: string;
  readonly decision: Decision;
  /** The arguments as a `transform` made them: RFC 8785 text. */
  readonly sent: string | undefined;
}

/** What a session is asked for, beside who asks. */
export interface Asked {
  readonly kind: SyscallName;
  readonly subject: Readonly<Record<string, unknown>>;
  readonly arguments?: JsonValue;
  readonly claims?: SyscallRequest["claims"];
}

/** How an allowed call is carried out. */
export type Carry = (allowed: Allowed) => Promise<Observation>;

/** Agents of one run: each has a session of its own, which is remembered to the end. */
const MAX_AGENTS = 64;

const NOT_SENT: Carry = () => Promise.resolve({ status: "not-sent" });

export class Mediation {
  private readonly options: MediationOptions;
  private readonly run: MediatedRun;
  private readonly sessions = new Map<string, string>();
  private readonly carries = new Map<object, Carry>();

  /** @throws AgentkError (PolicyInvalid among them): nothing has begun. */
  constructor(options: MediationOptions) {
    this.options = options;
    this.run = new MediatedRun(options);
  }

  get newKeys(): MediatedRun["newKeys"] {
    return this.run.newKeys;
  }

  get log(): string {
    return this.run.log;
  }

  get fault(): Error | undefined {
    return this.run.dispatch.fault;
  }

  /** @throws AgentkError when the log cannot be opened. */
  async open(): Promise<void> {
    const { serverId, surface } = this.options;
    await this.run.open({ server: serverId, command: ["agentk", surface] });
  }

  /**
   * The session of an agent; undefined when there are too many agents. INVARIANT: no two agents share one, so none is
   * judged by what another has read, and none's calls are another's.
   */
  sessionOf(agent: string): string | undefined {
    const known = this.sessions.get(agent);
    if (known !== undefined) return known;
    if (this.sessions.size >= MAX_AGENTS) return undefined;
    const session = `s${String(this.sessions.size + 1)}`;
    this.sessions.set(agent, session);
    this.run.attach({ session, server: this.options.serverId }, (call, request, sent, decision) =>
      (this.carries.get(request) ?? NOT_SENT)({ call, decision, sent }),
    );
    return session;
  }

  /** Decides one request and records it; without a `carry`, an allowed one is recorded as not sent. */
  async ask(agent: string, session: string, asked: Asked, carry: Carry = NOT_SENT): Promise<Judged> {
    const { arguments: args, claims, kind, subject } = asked;
    const request: SyscallRequest = {
      ...{ session, agent, server: this.options.serverId, from: "client", kind, subject },
      ...(args === undefined ? {} : { arguments: openPayload(canonicalJson(args)) }),
      ...(claims === undefined ? {} : { claims }),
    };
    this.carries.set(request, carry);
    try {
      // The run passes it on as it is; what else an McpRequest has is the relay's.
      return await this.run.dispatch.request(request as McpRequest);
    } finally {
      this.carries.delete(request);
    }
  }

  /** Records something that is no request that could be decided. */
  async refuse(name: string, refusal: Refusal): Promise<Judged> {
    const { agentId, serverId } = this.options;
    const identity = { session: "s0", agent: agentId, server: serverId };
    const request = { ...identity, from: "client", kind: UNKNOWN_SYSCALL, subject: { name }, refusal } as const;
    return this.run.dispatch.request(request as unknown as McpRequest);
  }

  /** Words for what was decided. */
  report({ agent_id, tool }: MediateRequest, { decision, call }: Pick<Judged, "decision" | "call">): MediateReport {
    const { verdict, rule, reason } = decision;
    const { says, retryable } = REASONS[reason];
    const named = call === undefined ? {} : { call };
    return {
      executed: false,
      agent_id,
      tool,
      decision: verdict,
      rule,
      reason,
      says,
      retryable,
      ...named,
      log: this.log,
    };
  }

  /** Writes the last line: what is open then may have happened. */
  async close(reason: CloseReason, strays = 0): Promise<RunEnd> {
    await this.run.closeControl();
    return this.run.close({ reason, strays, stderr: "", stderrBytes: 0 });
  }
}

/** A request as the kernel takes it. */
export function askedOf({ tool, intent, labels = [], capabilities = [], arguments: args }: MediateRequest): Asked {
  const sealed = intent === undefined ? {} : { intent: openPayload(canonicalJson(intent)) };
  const isClaimed = intent !== undefined || labels.length + capabilities.length > 0;
  const claims = isClaimed ? { claims: { labels, capabilities: capabilities.length, ...sealed } } : {};
  const value: JsonObject = args ?? {};
  return { kind: "tool.invoke", subject: { tool }, arguments: value, ...claims };
}

/** 0: it may happen; 2: it may not; 1: it could not be recorded. */
export function statusOf({ decision, reason }: Pick<MediateReport, "decision" | "reason">): 0 | 1 | 2 {
  if (reason === "recorder-fault" || reason === "run-closed") return 1;
  return mayPass(decision) ? 0 : 2;
}
