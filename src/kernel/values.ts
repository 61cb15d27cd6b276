/** The values' side of the state: the context of each session, opened on first use, sealed once a value was missing. */
import type { JsonValue } from "../base/json.js";
import type { Payload } from "../abi/payload.js";
import type { Outcome } from "../abi/request.js";
import { settleMemory } from "../mmu/memory.js";
import { newContext, withoutCall, type Context, type OpenContext } from "./context.js";
import type { State } from "./state.js";

/** A session's context as it stands. A run of the first log version kept none. */
export function contextOf(state: State, session: string): Context {
  const known = state.contexts.get(session);
  if (known !== undefined) return known;
  return tracksValues(state) ? newContext(state.policy?.compiled.document.directory ?? []) : "sealed";
}

/** Whether the run's log records what was found out about values. */
export function tracksValues(state: State): boolean {
  return state.run !== undefined && state.run.format !== "agentk-flight/1";
}

/** The state with a session's context changed. */
export function withContext(state: State, session: string, context: Context): State {
  if (state.contexts.get(session) === context) return state;
  return { ...state, contexts: new Map(state.contexts).set(session, context) };
}

/** Makes what look-ups in a session's context will need, as far as nobody has needed it yet. Changes no answer. */
export function settleContext(state: State, session: string): void {
  const context = state.contexts.get(session);
  if (context === undefined || context === "sealed") return;
  settleMemory(context.memory);
  settleMemory(context.sent);
}

/** A call is over: its arguments can no longer come back in its own result. */
export function withoutCallContext(state: State, { call, session }: Pick<Outcome, "call" | "session">): State {
  const context = state.contexts.get(session);
  if (context === undefined || context === "sealed") return state;
  return withContext(state, session, withoutCall(context, call));
}

/** Values read before: one step asks for the value of its page several times. Payloads and values never change. */
const read = new WeakMap<Payload, JsonValue>();

/** The value of an open payload. INVARIANT: its text is RFC 8785, written by the boundary or kept in the journal. */
export function valueOf(payload: Payload): JsonValue | undefined {
  if (payload.kind !== "open") return undefined;
  const known = read.get(payload);
  if (known !== undefined) return known;
  const value = JSON.parse(payload.canonical) as JsonValue;
  read.set(payload, value);
  return value;
}

export function isOpen(context: Context): context is OpenContext {
  return context !== "sealed";
}
