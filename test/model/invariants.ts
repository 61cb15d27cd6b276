/** What must hold of every transition of the model, asked of what really happened (ledger.ts). */
import { isBelow } from "./labels.js";
import type { Ledger } from "./ledger.js";
import { EMPTY_SESSION, type Did, type Event, type State } from "./state.js";
import type { Policy, Rule } from "./rules.js";

export interface Transition {
  readonly policy: Policy;
  readonly before: State;
  readonly event: Event;
  readonly did: readonly Did[];
  readonly after: State;
  /** As it was before the event, and as it is after it. */
  readonly past: Ledger;
  readonly ledger: Ledger;
}

/** In words what is broken, or undefined. */
type Invariant = (transition: Transition) => string | undefined;

/** The ids of the calls that were performed in a transition. */
function acts(did: readonly Did[]): readonly number[] {
  return did.flatMap((one) => (one.what === "act" ? [one.call] : []));
}

function each(transition: Transition, broken: (id: number) => string | undefined): string | undefined {
  return acts(transition.did)
    .map(broken)
    .find((one) => one !== undefined);
}

function ruleOf({ policy: { rules } }: Transition, id: string): Rule | undefined {
  return rules.find((rule) => rule.id === id);
}

/** The classes of trusted origins: a rule that asks for one of these and no other demands an endorsement. */
const ENDORSING = new Set(["user", "trusted"]);

const ENDORSED: Invariant = (transition) =>
  each(transition, (id) => {
    const call = transition.past.calls[id];
    if (call === undefined) return `call ${String(id)} is in no account`;
    const rule = ruleOf(transition, call.rule);
    if (rule?.from?.every((origin) => ENDORSING.has(origin)) === true && !call.isVouched)
      return `\`${call.tool}\` must be endorsed and carried \`${call.value}\`, which nobody vouched for`;
    if (rule?.without?.includes("untrusted") === true && !call.isVouched && call.isTainted)
      return `\`${call.tool}\` must be untainted and carried \`${call.value}\`, which a stranger may have given`;
    return undefined;
  });

const DURABLE: Invariant = (transition) =>
  each(transition, (id) => {
    const call = transition.past.calls[id];
    if (call?.intent !== "on disk") return `call ${String(id)} was performed and its intent was not on the disk`;
    if (call.receipt !== "on disk") return `call ${String(id)} was performed and its receipt was not on the disk`;
    return call.acts > 0 ? `call ${String(id)} was performed twice with one receipt` : undefined;
  });

const MONOTONE: Invariant = ({ before, after, event, ledger }) => {
  const fallen = before.sessions.findIndex((session, id) => {
    const now = (after.sessions[id] ?? EMPTY_SESSION).labels;
    const lowered = event.type === "release" && event.session === id ? event.axis : undefined;
    const due = { ...session.labels, ...(lowered === undefined ? {} : LOWEST[lowered]) };
    return !isBelow(due, now) || !isBelow(ledger.truths[id]?.floor ?? now, now);
  });
  return fallen < 0 ? undefined : `the labels of session ${String(fallen)} are below what it was handed`;
};

/** What an operator's release may lower: the axis that it names. */
const LOWEST = { integrity: { integrity: 0 }, confidentiality: { secrecy: 0 } };

const DEFAULT_DENY: Invariant = (transition) =>
  each(transition, (id) => {
    const call = transition.past.calls[id];
    const rule = ruleOf(transition, call?.rule ?? "");
    if (call === undefined || rule?.tools.includes(call.tool) !== true || rule.effect === "deny")
      return `\`${call?.tool ?? "a call"}\` was performed and no rule lets it pass`;
    if (call.tool === "remember") return "`remember` was performed, which nothing performs";
    if (rule.effect === "ask" && call.asked !== "approved")
      return `\`${call.tool}\` was performed and nobody approved it`;
    return undefined;
  });

const FAIL_CLOSED: Invariant = ({ past, did }) => {
  if (past.isBroken && did.some(({ what }) => what === "append" || what === "page"))
    return "a line counts as written that could not be";
  if (!past.isOver) return undefined;
  if (did.some(({ what }) => what === "act")) return "something acted after recording had failed or the run was over";
  return did.some((one) => one.what === "page" && one.isHanded)
    ? "a page was handed on that could not be recorded"
    : undefined;
};

/** What is withheld has told the agent nothing, and sessions share nothing. */
const SILENT: Invariant = ({ before, after, event, did }) => {
  const page = did.find((one) => one.what === "page");
  const touched = "session" in event ? event.session : event.type === "result" ? before.calls[event.call]?.session : -1;
  const changed = before.sessions.findIndex((session, id) => session !== after.sessions[id]);
  if (changed >= 0 && changed !== touched) return `session ${String(changed)} was changed by another's event`;
  if (page?.isHanded === false && changed >= 0) return "a page that was withheld is remembered or felt";
  return undefined;
};

export const INVARIANTS: Readonly<Record<string, Invariant>> = {
  "I1 endorsed arguments": ENDORSED,
  "I2 durable before the effect": DURABLE,
  "I3 labels only grow": MONOTONE,
  "I4 default deny": DEFAULT_DENY,
  "I5 fail closed": FAIL_CLOSED,
  "I6 silence": SILENT,
};
