/** Policies, requests and a kernel for tests: everything by value, nothing by chance. */
import { FLIGHT_FORMAT, type FlightLine, type ProvenanceValue } from "../../src/abi/event.js";
import { decodeLine } from "../../src/evidence/codec.js";
import type { Labels } from "../../src/abi/labels.js";
import type { PageArrival, RunFacts, SyscallRequest, Input } from "../../src/abi/request.js";
import { openPayload, USER_WORDS } from "../../src/abi/request.js";
import { SYSCALL_NAMES, type SyscallName } from "../../src/abi/syscalls.js";
import { decisionName, type ApprovalAnswer, type Verdict } from "../../src/abi/decision.js";
import { canonicalJson } from "../../src/base/canonical.js";
import type { JsonValue } from "../../src/base/json.js";
import { nodeDigests } from "../../src/host/digests.js";
import { INITIAL_STATE, type State } from "../../src/kernel/state.js";
import { createKernel, type KernelParts, type Step } from "../../src/kernel/step.js";
import { BOTTOM } from "../../src/mmu/lattice.js";
import { compilePolicy, type CompiledPolicy } from "../../src/policy/compile.js";
import { parsePolicy } from "../../src/policy/parse.js";

export const AGENT = "agent://test/one";
export const SERVER = "fs";
export const SECRET = "5e".repeat(32);
export const RUN = "20261121T035413Z-0123456789ab";

export interface RuleParts {
  readonly id: string;
  readonly effect: Verdict;
  readonly syscalls: readonly SyscallName[];
  /** The rest of its `when`, and tables after it. */
  readonly more?: string;
}

/** A policy source by rules; default-deny is put at its end. */
export function policyOf(...rules: readonly RuleParts[]): string {
  const blocks = rules.map(
    ({ id, effect, syscalls, more = "" }) =>
      `[[rules]]\nid = "${id}"\neffect = "${effect}"\n[rules.when]\nsyscalls = ${JSON.stringify(syscalls)}\n${more}\n`,
  );
  return `${blocks.join("\n")}\n[[rules]]\nid = "default-deny"\neffect = "deny"\n`;
}

export const ALLOW_ALL = policyOf({ id: "all", effect: "allow", syscalls: SYSCALL_NAMES });
export const DENY_ALL = policyOf();
const DESCRIBE: readonly SyscallName[] = ["tool.describe", "tool.response"];
/** The shape of the default policy: what a poisoned page has steered acts no more. */
export const GUARD = policyOf(
  { id: "reading", effect: "allow", syscalls: DESCRIBE },
  { id: "poisoned-session", effect: "deny", syscalls: ["tool.invoke"], more: 'labels_any = ["poisoned-suspect"]' },
  { id: "confidential-session", effect: "deny", syscalls: ["tool.invoke"], more: 'labels_any = ["private", "secret"]' },
  { id: "tool-call", effect: "allow", syscalls: ["tool.invoke"] },
);

export function compile(source: string): CompiledPolicy {
  const parsed = parsePolicy(source);
  if (!parsed.ok) throw new Error(parsed.error.map(({ problem }) => problem).join("; "));
  return compilePolicy(parsed.value);
}

export const parts: KernelParts = { digests: nodeDigests, compile };
export const kernel = createKernel(parts);

export function runFacts(more: Partial<RunFacts> = {}): RunFacts {
  return {
    format: "agentk-flight/1",
    run: RUN,
    agentk: "0.1.0",
    agent: AGENT,
    server: SERVER,
    command: openPayload('["server","--dir","/tmp"]'),
    limits: { in_flight: 256, line_bytes: 1024, client_messages: 10_000, response_timeout_ms: 1000 },
    durable_from: "low",
    payloads: "sealed",
    public_key: "ab".repeat(32),
    ...more,
  };
}

export const at = { mono_us: 1000, wall_ms: 1_700_000_000_000 };

/** An open payload of any JSON value. */
export function payload(value: JsonValue): ReturnType<typeof openPayload> {
  return openPayload(canonicalJson(value));
}

export function requestOf(kind: SyscallName, more: Partial<SyscallRequest> = {}): SyscallRequest {
  return { session: "s1", agent: AGENT, server: SERVER, from: "client", kind, subject: SUBJECTS[kind], ...more };
}

export function pageOf(text: string, more: Partial<PageArrival> = {}): PageArrival {
  return { session: "s1", server: SERVER, method: "tools/call", content: payload({ text }), ...more };
}

/** A right subject for every kind. */
export const SUBJECTS: Readonly<Record<SyscallName, Readonly<Record<string, string>>>> = {
  "model.call": { model: "m-1" },
  "context.read": { source: "https://example.org/a?token=hunter2" },
  "memory.read": { namespace: "notes", key: "hunter2" },
  "memory.write": { namespace: "notes", key: "hunter2" },
  "tool.describe": { item: "tools" },
  "tool.invoke": { tool: "read_file" },
  "tool.response": { tool: "read_file" },
  "resource.describe": { item: "templates" },
  "resource.read": { uri: "file:///home/hunter2" },
  "resource.response": { uri: "https://u:hunter2@example.org/" },
  "prompt.describe": { item: "prompts" },
  "prompt.get": { prompt: "greet-hunter2" },
  "prompt.response": { prompt: "greet-hunter2" },
  "secret.open": { secret: "mail" },
  "network.send": { url: "https://a@b:hunter2@example.org/?q=hunter2", method: "POST" },
  "file.patch": { path: "/home/hunter2" },
  "human.approve": { about: "payment" },
  "agent.spawn": { agent: "helper" },
};

/** A state with a run open and a policy in force. */
export function opened(source: string, more: Partial<RunFacts> = {}): State {
  const open = kernel(INITIAL_STATE, { type: "open", at, run: runFacts(more), secret: SECRET });
  return kernel(open.state, { type: "policy", at, name: "test", source }).state;
}

export function ask(state: State, request: SyscallRequest): Step & { readonly event: { readonly type: "syscall" } } {
  const step = kernel(state, { type: "syscall", at, request });
  if (step.event.type !== "syscall") throw new Error("not a syscall line");
  return step as Step & { readonly event: { readonly type: "syscall" } };
}

export function arrive(state: State, page: PageArrival): Step & { readonly event: { readonly type: "page" } } {
  const step = kernel(state, { type: "page", at, page });
  if (step.event.type !== "page") throw new Error("not a page line");
  return step as Step & { readonly event: { readonly type: "page" } };
}

export function labelsIn(state: State, session: string): Labels {
  return state.sessions.get(session)?.labels ?? BOTTOM;
}

/** Lines as they can be read back; a line that cannot is an error. */
export function linesOf(lines: readonly string[]): readonly FlightLine[] {
  return lines.map((line) => {
    const read = decodeLine(nodeDigests, line);
    if (!read.ok) throw new Error(`${read.error.detail}: ${line}`);
    return read.value;
  });
}

export function typesOf(lines: readonly string[]): readonly string[] {
  return linesOf(lines).map(({ type }) => type);
}

type Timeless = Input extends infer I ? (I extends Input ? Omit<I, "at"> : never) : never;
export type SyscallStep = ReturnType<typeof ask>;
export type PageStep = ReturnType<typeof arrive>;

/** A run in the present format, by hand: every step is kept, and the wall clock stands still until it is moved. */
export class Run {
  state: State = INITIAL_STATE;
  wall_ms = at.wall_ms;
  readonly steps: Step[] = [];

  constructor(source: string, more: Partial<RunFacts> = {}) {
    this.step({ type: "open", run: runFacts({ format: FLIGHT_FORMAT, ...more }), secret: SECRET });
    this.step({ type: "policy", name: "test", source });
  }

  get lines(): readonly string[] {
    return this.steps.map(({ line }) => line);
  }

  step(input: Timeless): Step {
    const time = { mono_us: this.state.mono_us + 10, wall_ms: this.wall_ms };
    const step = kernel(this.state, { ...input, at: time });
    this.state = step.state;
    this.steps.push(step);
    return step;
  }

  /** A call of a tool, judged; nothing has come back yet. */
  call(tool: string, args: JsonValue, more: Partial<SyscallRequest> = {}): SyscallStep {
    const request = requestOf("tool.invoke", { subject: { tool }, arguments: payload(args), ...more });
    return this.step({ type: "syscall", request }) as SyscallStep;
  }

  page(method: string, value: JsonValue, more: Partial<PageArrival> = {}): PageStep {
    const page = { session: "s1", server: SERVER, method, content: payload(value), ...more };
    return this.step({ type: "page", page }) as PageStep;
  }

  /** What a call brings back, in MCP's envelope, and its end. */
  result(made: Step, structuredContent: JsonValue): PageStep {
    return this.ends(made, { content: [], structuredContent });
  }

  /** The same without an envelope of ours, by a method of the caller's choice. */
  ends(made: Step, value: JsonValue, method = "tools/call#result"): PageStep {
    const { call, session, server } = callOf(made);
    const page = this.page(method, value, { call, session, server });
    this.step({ type: "outcome", outcome: { call, session, status: "ok" } });
    return page;
  }

  /** A call of a tool without arguments, and what it brings back. */
  reads(tool: string, structuredContent: JsonValue, more: Partial<SyscallRequest> = {}): PageStep {
    return this.result(this.call(tool, {}, more), structuredContent);
  }

  user(text: string, session = "s1"): PageStep {
    return this.page(USER_WORDS, text, { server: "user", session });
  }

  approval(made: Step, answer: ApprovalAnswer, session?: string): Step {
    const { call, session: own } = callOf(made);
    return this.step({ type: "approval", approval: { call, session: session ?? own, answer } });
  }

  /** What the kernel finds out about a value, used as the one argument of a call. */
  found(value: JsonValue, more: Partial<SyscallRequest> = {}): ProvenanceValue {
    const [first] = this.call("probe", { value }, more).event.value.provenance ?? [];
    if (first === undefined) throw new Error("no provenance was recorded");
    return first;
  }
}

function callOf(made: Step): { readonly call: string; readonly session: string; readonly server: string } {
  if (made.event.type !== "syscall") throw new Error("not a syscall line");
  return made.event.value;
}

/** `verdict:rule` of a syscall, an approval, or a page's delivery. */
export function ruled({ event }: Step): string {
  if (event.type === "page") return decisionName(event.value.delivery);
  if (event.type === "syscall" || event.type === "approval") return decisionName(event.value.decision);
  throw new Error("the line decides nothing");
}

/** A `[[sources]]` table. */
export function source(path: string, labels: readonly string[], more = ""): string {
  return `[[sources]]\npath = ${JSON.stringify(path)}\nlabels = ${JSON.stringify(labels)}\n${more}\n`;
}
