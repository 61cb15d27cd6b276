/** State as a fold over events: what each line of the log changes, and nothing else changes it. */
import type { Digests } from "../base/digest.js";
import { mayPass } from "../abi/decision.js";
import type {
  ApprovalValue,
  EventValues,
  FlightEvent,
  Instant,
  OutcomeValue,
  PageValue,
  ReceiptsValue,
  SyscallValue,
} from "../abi/event.js";
import { isSyscallName, type SyscallName } from "../abi/syscalls.js";
import { grown, leafHash } from "../evidence/merkle.js";
import { intentOf } from "../evidence/receipt.js";
import { BOTTOM, join, labelsOf } from "../mmu/lattice.js";
import { classifySyscall } from "../policy/classify/act.js";
import type { CompiledPolicy } from "../policy/compile.js";
import { EMPTY_RECALL } from "../policy/recall.js";
import { parsePins } from "./pins.js";
import { isSigned, type PendingCall, type SessionState, type State } from "./state.js";
import { SYSCALLS } from "./table.js";

export interface Recorded {
  readonly event: FlightEvent;
  readonly hash: string;
  readonly time: Instant;
}

/** The pure functions that the state needs: hashing, and how a policy's source becomes its decision function. */
export interface FoldParts {
  readonly digests: Digests;
  readonly compile: (source: string) => CompiledPolicy;
}

/** The state after a line, the tree over the lines included. `text` is the line without its newline. */
export function foldLine(state: State, line: Recorded & { readonly text: string }, parts: FoldParts): State {
  const { digests, compile } = parts;
  const folded = fold(state, line, compile);
  return isSigned(folded) ? { ...folded, tree: grown(digests, state.tree, leafHash(digests, line.text)) } : folded;
}

/** The state after a line, for readers that will not ask for the tree. */
export function fold(state: State, line: Recorded, compile: FoldParts["compile"]): State {
  const next: State = { ...state, seq: state.seq + 1, head: line.hash, mono_us: line.time.mono_us };
  const { event } = line;
  return isOfSession(event) ? foldSession(next, event, line) : foldRun(next, event, compile);
}

type SessionEvent = Extract<
  FlightEvent,
  { readonly type: "syscall" | "approval" | "page" | "release" | "receipts" | "outcome" }
>;

const OF_SESSIONS: ReadonlySet<string> = new Set(["syscall", "approval", "page", "release", "receipts", "outcome"]);

function isOfSession(event: FlightEvent): event is SessionEvent {
  return OF_SESSIONS.has(event.type);
}

/** Lines that are about the run. */
function foldRun(
  state: State,
  event: Exclude<FlightEvent, SessionEvent>,
  compile: (source: string) => CompiledPolicy,
): State {
  switch (event.type) {
    case "open":
      return { ...state, run: event.value, key: event.value.public_key };
    case "policy": {
      const { sha256, source } = event.value;
      return { ...state, policy: { sha256, compiled: compile(source) }, grantsUsed: new Map() };
    }
    case "pins":
      return { ...state, pins: parsePins(event.value.source) };
    case "close":
      return { ...state, closed: true };
    case "key":
      return {
        ...state,
        key: event.value.public_key,
        formerKeys: state.key === undefined ? state.formerKeys : [...state.formerKeys, state.key],
      };
    case "session":
    case "checkpoint":
    case "recovery":
      return state;
  }
}

/** Lines that are about one session. */
function foldSession(state: State, event: SessionEvent, line: Recorded): State {
  switch (event.type) {
    case "syscall":
      return foldSyscall(state, event.value, line);
    case "approval":
      return foldApproval(state, event.value, line.time);
    case "page":
      return foldPage(state, event.value);
    case "release":
      return foldRelease(state, event.value);
    case "receipts":
      return foldReceipts(state, event.value);
    case "outcome":
      return foldOutcome(state, event.value);
  }
}

export const EMPTY_SESSION: SessionState = {
  labels: BOTTOM,
  calls: new Map(),
  parked: new Map(),
  recall: EMPTY_RECALL,
};

/** The state with one session changed. */
export function withSession(state: State, id: string, change: (session: SessionState) => SessionState): State {
  const sessions = new Map(state.sessions);
  sessions.set(id, change(state.sessions.get(id) ?? EMPTY_SESSION));
  return { ...state, sessions };
}

function foldSyscall(state: State, value: SyscallValue, { hash, time }: Recorded): State {
  const { call, kind, decision } = value;
  const used = value.grant === undefined ? state : withGrantUsed(state, value.grant);
  if (decision.verdict === "ask" && isSyscallName(kind)) {
    const pending = pendingOf(state, value, { kind, hash });
    return withSession(used, value.session, (session) => ({
      ...session,
      parked: new Map(session.parked).set(call, pending),
    }));
  }
  if (!mayPass(decision.verdict)) return { ...state, denied: state.denied + 1 };
  return isSyscallName(kind) ? begin(used, value, pendingOf(state, value, { kind, hash }), time) : state;
}

/** A call begins: it waits for its outcome, and counts from now on. */
function begin(
  state: State,
  { call, session }: { readonly call: string; readonly session: string },
  pending: PendingCall,
  time: Instant,
): State {
  const counted = { ...state, allowed: state.allowed + 1, inFlight: state.inFlight + 1 };
  const { kind, server, tool, target, act } = pending;
  const passed = { kind, server, target, act, wall_ms: time.wall_ms, ...(tool === undefined ? {} : { tool }) };
  return withSession(counted, session, (before) => ({
    ...before,
    calls: new Map(before.calls).set(call, pending),
    recall: state.policy?.compiled.remember(before.recall, passed) ?? before.recall,
  }));
}

function pendingOf(
  state: State,
  value: SyscallValue,
  { kind, hash }: { readonly kind: SyscallName; readonly hash: string },
): PendingCall {
  const { agent, server, target, decision, risk } = value;
  // The same member that the request was judged by: a descriptor's `item` is not a tool.
  const named = SYSCALLS[kind].subjectOf(target, server)?.["tool"];
  const tool = typeof named === "string" ? named : undefined;
  const act = value.act ?? classifySyscall(kind, tool).act;
  const intent = isSigned(state) ? intentOf(value, hash) : undefined;
  return { kind, agent, server, isOwn: value.from === "agentk", tool, target, act, risk, rule: decision.rule, intent };
}

function withGrantUsed(state: State, grant: number): State {
  const grantsUsed = new Map(state.grantsUsed).set(grant, (state.grantsUsed.get(grant) ?? 0) + 1);
  return { ...state, grantsUsed };
}

/** INVARIANT: only a call that is parked can be approved, and only once. */
function foldApproval(state: State, value: ApprovalValue, time: Instant): State {
  const pending = state.sessions.get(value.session)?.parked.get(value.call);
  if (pending === undefined) return { ...state, denied: state.denied + 1 };
  const unparked = withSession(state, value.session, (session) => {
    const parked = new Map(session.parked);
    parked.delete(value.call);
    return { ...session, parked };
  });
  if (value.decision.verdict !== "allow") return { ...unparked, denied: unparked.denied + 1 };
  return begin(unparked, value, pending, time);
}

/** A page raises its session's labels when the agent gets to see it; what is withheld has told it nothing. */
function foldPage(state: State, value: PageValue): State {
  const labels = labelsOf(value.labels);
  if (labels === undefined || !isSeen(value) || isOwnPage(state, value)) return state;
  return withSession(state, value.session, (session) => ({ ...session, labels: join(session.labels, labels) }));
}

/** Whether a page answers agentk's own request: then nothing of it is handed on. */
export function isOwnPage(state: State, { call, session }: Pick<PageValue, "call" | "session">): boolean {
  return call !== undefined && state.sessions.get(session)?.calls.get(call)?.isOwn === true;
}

/** Whether the agent gets to see a page's words: not when it is withheld, nor when a stub takes its place. */
export function isSeen({ delivery, changes }: Pick<PageValue, "delivery" | "changes">): boolean {
  return mayPass(delivery.verdict) && changes?.some(({ kind }) => kind === "quarantine") !== true;
}

function foldRelease(state: State, value: EventValues["release"]): State {
  const labels = labelsOf(value.after);
  return labels === undefined ? state : withSession(state, value.session, (session) => ({ ...session, labels }));
}

/** INVARIANT: a call that has its receipt has nothing left that another could bind, so it never gets a second one. */
function foldReceipts(state: State, { receipts }: ReceiptsValue): State {
  // One copy a session, however many of its calls the group has.
  const changed = new Map<string, Map<string, PendingCall>>();
  for (const { call, session } of receipts) {
    const calls = changed.get(session) ?? new Map(state.sessions.get(session)?.calls);
    const pending = calls.get(call);
    if (pending === undefined) continue;
    changed.set(session, calls.set(call, { ...pending, intent: undefined }));
  }
  let next = state;
  for (const [session, calls] of changed) next = withSession(next, session, (known) => ({ ...known, calls }));
  return next;
}

/** INVARIANT: `inFlight` is the number of calls that wait, so an outcome of a call that does not wait frees nothing. */
function foldOutcome(state: State, value: OutcomeValue): State {
  const calls = new Map(state.sessions.get(value.session)?.calls);
  if (!calls.delete(value.call)) return state;
  return withSession({ ...state, inFlight: state.inFlight - 1 }, value.session, (session) => ({ ...session, calls }));
}
