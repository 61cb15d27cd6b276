/** State as a fold over events: what each line of the log changes, and nothing else changes it. */
import type { FlightEvent, Instant, OutcomeValue, PageValue, SyscallValue } from "../abi/event.js";
import { isSyscallName } from "../abi/syscalls.js";
import { BOTTOM, join, labelsOf } from "../mmu/lattice.js";
import type { CompiledPolicy } from "../policy/compile.js";
import type { SessionState, State } from "./state.js";
import { SYSCALLS } from "./table.js";

export interface Recorded {
  readonly event: FlightEvent;
  readonly hash: string;
  readonly time: Instant;
}

/** The state after a line. `compile` turns a policy's source into its decision function. */
export function fold(state: State, line: Recorded, compile: (source: string) => CompiledPolicy): State {
  const next: State = { ...state, seq: state.seq + 1, head: line.hash, mono_us: line.time.mono_us };
  const { event } = line;
  switch (event.type) {
    case "open":
      return { ...next, run: event.value };
    case "policy":
      return { ...next, policy: { sha256: event.value.sha256, compiled: compile(event.value.source) } };
    case "syscall":
      return foldSyscall(next, event.value);
    case "page":
      return foldPage(next, event.value);
    case "outcome":
      return foldOutcome(next, event.value);
    case "close":
      return { ...next, closed: true };
    case "session":
    case "recovery":
      return next;
  }
}

const EMPTY_SESSION: SessionState = { labels: BOTTOM, calls: new Map() };

function withSession(state: State, id: string, change: (session: SessionState) => SessionState): State {
  const sessions = new Map(state.sessions);
  sessions.set(id, change(state.sessions.get(id) ?? EMPTY_SESSION));
  return { ...state, sessions };
}

function foldSyscall(state: State, value: SyscallValue): State {
  if (value.decision.verdict === "deny") return { ...state, denied: state.denied + 1 };
  const { call, kind, agent, server, target } = value;
  if (!isSyscallName(kind)) return state;
  // The same member that the request was judged by: a descriptor's `item` is not a tool.
  const named = SYSCALLS[kind].subjectOf(target, server)?.["tool"];
  const tool = typeof named === "string" ? named : undefined;
  const counted = { ...state, allowed: state.allowed + 1, inFlight: state.inFlight + 1 };
  return withSession(counted, value.session, (session) => ({
    ...session,
    calls: new Map(session.calls).set(call, { kind, agent, server, tool, target }),
  }));
}

/** A page raises its session's labels when the agent gets to see it; what is withheld has told it nothing. */
function foldPage(state: State, value: PageValue): State {
  const labels = labelsOf(value.labels);
  if (value.delivery.verdict === "deny" || labels === undefined) return state;
  return withSession(state, value.session, (session) => ({ ...session, labels: join(session.labels, labels) }));
}

/** INVARIANT: `inFlight` is the number of calls that wait, so an outcome of a call that does not wait frees nothing. */
function foldOutcome(state: State, value: OutcomeValue): State {
  const calls = new Map(state.sessions.get(value.session)?.calls);
  if (!calls.delete(value.call)) return state;
  return withSession({ ...state, inFlight: state.inFlight - 1 }, value.session, (session) => ({ ...session, calls }));
}
