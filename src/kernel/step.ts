/**
 * The kernel: `step(state, input)`, pure and synchronous. One input makes one line of the log; the new state is
 * the fold of that line, so live runs and replays cannot differ. No I/O, clock or randomness of its own.
 */
import { canonicalJson } from "../base/canonical.js";
import { DOMAINS, type Digests } from "../base/digest.js";
import type { JsonObject } from "../base/json.js";
import type { EventValues, FlightEvent, PageValue } from "../abi/event.js";
import type { Payload, PayloadRecord } from "../abi/payload.js";
import type { Claims, Input, PageArrival, SyscallRequest } from "../abi/request.js";
import { RISKS, type Risk } from "../abi/syscalls.js";
import { encodeLine } from "../evidence/codec.js";
import { signsOf } from "../mmu/detectors.js";
import { join, labelNames, OUTSIDE, SUSPECT } from "../mmu/lattice.js";
import type { CompiledPolicy } from "../policy/compile.js";
import { Committer } from "./commit.js";
import { judge, judgeDelivery, judgeUncalled } from "./decide.js";
import { fold } from "./fold.js";
import type { State } from "./state.js";
import { SYSCALLS } from "./table.js";

/** The pure functions the kernel is given: hashing, and how a policy's source becomes its decision function. */
export interface KernelParts {
  readonly digests: Digests;
  readonly compile: (source: string) => CompiledPolicy;
}

export interface Step {
  readonly state: State;
  readonly event: FlightEvent;
  /** The event as one line of the log, without its newline. */
  readonly line: string;
  /** Values the line commits to, for the journal. */
  readonly payloads: readonly PayloadRecord[];
  /** True when the line must be on the disk, not only with the operating system, before anything follows it. */
  readonly durable: boolean;
  /** The id of a call that may now be performed. */
  readonly act: string | undefined;
}

export type Kernel = (state: State, input: Input) => Step;

/** Builds the kernel. The result is a pure function: same state and input, byte-identical line. */
export function createKernel(parts: KernelParts): Kernel {
  return (state, input) => {
    const committer = new Committer(parts.digests, input.type === "open" ? input.secret : state.secret, state.seq);
    const event = eventOf(parts, state, input, committer);
    const time = { mono_us: Math.max(state.mono_us, input.at.mono_us), wall_ms: input.at.wall_ms };
    const { text, hash } = encodeLine(parts.digests, event, { seq: state.seq, prev: state.head, time });
    const folded = fold(state, { event, hash, time }, parts.compile);
    return {
      state: input.type === "open" ? { ...folded, secret: input.secret } : folded,
      event,
      line: text,
      payloads: committer.records,
      durable: mustBeDurable(folded, event),
      act: event.type === "syscall" && event.value.decision.verdict === "allow" ? event.value.call : undefined,
    };
  };
}

/** The first and last lines always; an intent when its risk reaches the run's threshold. */
function mustBeDurable(state: State, event: FlightEvent): boolean {
  if (event.type !== "syscall") return event.type === "open" || event.type === "close";
  if (event.value.decision.verdict === "deny") return false;
  return reaches(event.value.risk, state.run?.durable_from ?? "low");
}

function reaches(risk: Risk, threshold: Risk | "never"): boolean {
  return threshold !== "never" && RISKS.indexOf(risk) >= RISKS.indexOf(threshold);
}

function eventOf(parts: KernelParts, state: State, input: Input, committer: Committer): FlightEvent {
  switch (input.type) {
    case "open":
      return { type: "open", value: { ...input.run, command: committer.commit("command", input.run.command) } };
    case "policy": {
      const sha256 = parts.digests.sha256Hex(DOMAINS.policy + input.source);
      return { type: "policy", value: { name: input.name, sha256, source: input.source } };
    }
    case "session":
      return { type: "session", value: input.note };
    case "syscall":
      return { type: "syscall", value: syscallValue(state, input.request, committer) };
    case "page":
      return { type: "page", value: pageValue(state, input.page, committer) };
    case "outcome":
      return { type: "outcome", value: input.outcome };
    case "recovery":
      return { type: "recovery", value: { torn_bytes: input.torn_bytes, torn_sha256: input.torn_sha256 } };
    case "close": {
      const { stderr, ...facts } = input.close;
      const sealed = stderr === undefined ? {} : { stderr: committer.commit("stderr", stderr) };
      const { allowed, denied } = state;
      return { type: "close", value: { ...facts, ...sealed, allowed, denied, lines: state.seq + 1 } };
    }
  }
}

// The values of frequent events are written with their members in RFC 8785 order: canonicalJson then takes its quick
// way. Another order would give the same bytes, slower.

function syscallValue(state: State, request: SyscallRequest, committer: Committer): EventValues["syscall"] {
  const judged = judge(state, request);
  return {
    agent: request.agent,
    ...(request.arguments === undefined ? {} : { arguments: committer.commit("arguments", request.arguments) }),
    call: `c${String(state.seq)}`,
    ...(request.claims === undefined ? {} : { claims: claimsValue(request.claims, committer) }),
    decision: judged.decision,
    from: request.from,
    kind: judged.kind,
    labels: labelNames(judged.labels),
    policy: state.policy?.sha256 ?? "0".repeat(64),
    risk: judged.risk,
    server: request.server,
    session: request.session,
    // A redacted target is committed whole, so that a replay with the journal can decide on it again.
    ...(judged.admitted?.row.isRedacted === true
      ? { subject: committer.commit("subject", subjectPayload(request)) }
      : {}),
    target: judged.target,
  };
}

function subjectPayload(request: SyscallRequest): Payload {
  return { kind: "open", canonical: canonicalJson(request.subject as JsonObject) };
}

function claimsValue(claims: Claims, committer: Committer): NonNullable<EventValues["syscall"]["claims"]> {
  const { labels, capabilities, intent } = claims;
  return { labels, capabilities, ...(intent === undefined ? {} : { intent: committer.commit("intent", intent) }) };
}

function pageValue(state: State, page: PageArrival, committer: Committer): PageValue {
  const { session, server, method, call, content } = page;
  const pending = call === undefined ? undefined : state.sessions.get(session)?.calls.get(call);
  const signs = content.kind === "sealed" ? content.signs : signsOf(content.canonical);
  const base = pending === undefined ? OUTSIDE : SYSCALLS[pending.kind].gives;
  const labels = signs.length === 0 ? base : join(base, SUSPECT);
  const delivery = pending === undefined ? judgeUncalled(state, page, labels) : judgeDelivery(state, pending, labels);
  return {
    ...(call === undefined ? {} : { call }),
    content: committer.commit("content", content),
    delivery,
    labels: labelNames(labels),
    method,
    page: `p${String(state.seq)}`,
    server,
    session,
    signs,
  };
}
