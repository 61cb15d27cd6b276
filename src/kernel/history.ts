/**
 * The history of a fork: a line says what the fork's policy decides, and the state goes on with what happened in the
 * run that it follows. So a denial in the fork unmakes nothing that came later, and only the policy's own counts,
 * budgets and grants are the fork's.
 */
import { mayPass, type Decision, type Verdict } from "../abi/decision.js";
import type { ApprovalValue, FlightEvent, PageValue, SyscallValue } from "../abi/event.js";
import type { History } from "../abi/request.js";
import type { CompiledPolicy } from "../policy/compile.js";
import { EMPTY_RECALL } from "../policy/recall.js";
import { fold, withSession, type Recorded } from "./fold.js";
import type { State } from "./state.js";

type Compile = (source: string) => CompiledPolicy;

/** The state after a line, as `fold`; with a history, after what happened in place of what the line says. */
export function foldHistory(state: State, line: Recorded, history: History, compile: Compile): State {
  const { event } = line;
  if (history.decision === undefined) return fold(state, line, compile);
  const { decision } = history;
  const foldAs = (happened: FlightEvent): State => fold(state, { ...line, event: happened }, compile);
  if (event.type === "page") return foldAs({ type: "page", value: pageHappened(event.value, history) });
  if (event.type === "syscall") {
    const folded = foldAs(callHappened(event.value, decision));
    return mayPass(event.value.decision.verdict) ? folded : uncounted(state, folded, event.value.session);
  }
  if (event.type === "approval") {
    const folded = foldAs({ type: "approval", value: { ...event.value, decision } });
    return isLetPass(event.value, history.asked) ? folded : uncounted(state, folded, event.value.session);
  }
  return fold(state, line, compile);
}

/** INVARIANT: a grant is used up by what the fork's policy would let pass and what happened, and by nothing else. */
function callHappened({ grant, ...value }: SyscallValue, decision: Decision): FlightEvent {
  const { verdict, rule } = value.decision;
  const used = grant !== undefined && isMeant(verdict) && isMeant(decision.verdict) ? { grant } : {};
  // The answer to a question is by the rule that asked it: where both ask, the fork's.
  const named = verdict === "ask" && decision.verdict === "ask" ? { ...decision, rule } : decision;
  return { type: "syscall", value: { ...value, ...used, decision: named } };
}

/** A call that waits for a human has taken its grant already. */
function isMeant(verdict: Verdict): boolean {
  return mayPass(verdict) || verdict === "ask";
}

function isLetPass({ decision }: ApprovalValue, asked: Verdict | undefined): boolean {
  if (asked === undefined) return false;
  return asked === "ask" ? decision.verdict === "allow" : mayPass(asked);
}

/** What the fork's policy would not have let pass counts for none of its conditions. */
function uncounted(before: State, after: State, id: string): State {
  const recall = before.sessions.get(id)?.recall ?? EMPTY_RECALL;
  if ((after.sessions.get(id)?.recall ?? EMPTY_RECALL) === recall) return after;
  return withSession(after, id, (session) => ({ ...session, recall }));
}

/** The page as it was handed on in the run that a fork follows. */
export function pageHappened(value: PageValue, history: History | undefined): PageValue {
  if (history?.decision === undefined) return value;
  const { decision, changes = [] } = history;
  // INVARIANT: no change at all is what a page without the member has.
  return { ...value, changes, delivery: decision };
}
