/**
 * A run of the real kernel without a recorder or an effect: its lines are made and dropped. For policy cases and
 * benchmarks, which ask what would be decided and must ask nothing but the kernel.
 */
import { mayPass } from "../../abi/decision.js";
import { FLIGHT_FORMAT, type SyscallValue } from "../../abi/event.js";
import { openPayload, USER_WORDS, type Input, type RunFacts, type SyscallRequest } from "../../abi/request.js";
import type { SyscallName } from "../../abi/syscalls.js";
import { canonicalJson } from "../../base/canonical.js";
import type { JsonObject, JsonValue } from "../../base/json.js";
import { nodeDigests } from "../../host/digests.js";
import { INITIAL_STATE, type State } from "../../kernel/state.js";
import { createKernel, type Kernel, type Step } from "../../kernel/step.js";
import type { CompiledPolicy } from "../../policy/compile.js";
import { compileSource } from "./file.js";

export interface BareCall {
  readonly server: string;
  readonly kind: SyscallName;
  readonly subject: Readonly<Record<string, unknown>>;
  readonly args?: JsonObject;
  readonly agent?: string;
  /** Joined to what the kernel derives, as a client's claims are. */
  readonly labels?: readonly string[];
}

export interface BarePage {
  readonly server: string;
  readonly method: string;
  readonly result: JsonValue;
  /** The call that it answers. */
  readonly call?: string;
}

type Timeless = Input extends infer I ? (I extends Input ? Omit<I, "at"> : never) : never;

const SESSION = "s1";
const AGENT = "agent://bare";
/** A fixed day, so that nothing depends on when it is run. */
const BEGIN_MS = Date.UTC(2026, 0, 1, 12);

export class BareRun {
  private state: State = INITIAL_STATE;
  private micros = 0;
  private wallMs = BEGIN_MS;
  private readonly kernel: Kernel;

  /** `compile` may remember what it compiled: a run in the field compiles its policy once. */
  constructor(source: string, compile: (source: string) => CompiledPolicy = (text) => compileSource(text)) {
    this.kernel = createKernel({ digests: nodeDigests, compile });
    this.step({ type: "open", run: facts(), secret: "00".repeat(32) });
    this.step({ type: "policy", name: "bare", source });
  }

  /** Sets the wall clock, in milliseconds since 1970. */
  setClock(wallMs: number): void {
    this.wallMs = wallMs;
  }

  /** The user's words, as if a channel that the policy names had brought them. */
  user(text: string): Step {
    const content = openPayload(canonicalJson(text));
    return this.step({ type: "page", page: { session: SESSION, server: "user", method: USER_WORDS, content } });
  }

  call({ kind, server, subject, args, agent = AGENT, labels }: BareCall): SyscallValue {
    const request: SyscallRequest = {
      ...{ session: SESSION, agent, server, from: "client", kind, subject },
      ...(args === undefined ? {} : { arguments: openPayload(canonicalJson(args)) }),
      ...(labels === undefined ? {} : { claims: { labels, capabilities: 0 } }),
    };
    const { event } = this.step({ type: "syscall", request });
    if (event.type !== "syscall") throw new Error("a request makes a syscall line");
    return event.value;
  }

  /** What came in. */
  page({ server, method, result, call }: BarePage): Step {
    const content = openPayload(canonicalJson(result));
    const named = call === undefined ? {} : { call };
    return this.step({ type: "page", page: { session: SESSION, server, method, content, ...named } });
  }

  /** A call that may pass, or that a human approves, has its result: the call is over. */
  answer(made: SyscallValue, result: JsonValue): Step {
    const { call, server, decision } = made;
    if (decision.verdict === "ask") {
      this.step({ type: "approval", approval: { call, session: SESSION, answer: "approved" } });
    } else if (!mayPass(decision.verdict)) throw new Error(`\`${made.target}\` may not be called: ${decision.rule}`);
    const page = this.page({ server, method: "tools/call#result", result, call });
    this.step({ type: "outcome", outcome: { call, session: SESSION, status: "ok" } });
    return page;
  }

  private step(input: Timeless): Step {
    this.micros += 1000;
    const step = this.kernel(this.state, { ...input, at: { mono_us: this.micros, wall_ms: this.wallMs } });
    this.state = step.state;
    return step;
  }
}

function facts(): RunFacts {
  return {
    format: FLIGHT_FORMAT,
    run: "20260101T120000Z-000000000000",
    agentk: "bare",
    agent: AGENT,
    server: "bare",
    command: openPayload('["none"]'),
    limits: { in_flight: 1_000_000, line_bytes: 10_485_760, client_messages: 1_000_000, response_timeout_ms: 1000 },
    durable_from: "never",
    payloads: "none",
    public_key: "00".repeat(32),
  };
}
