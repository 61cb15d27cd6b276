/** A request's line: who asked for what, what was found out about its values, and what was decided. */
import { canonicalJson } from "../base/canonical.js";
import { mayPass } from "../abi/decision.js";
import type { EventValues, SyscallValue } from "../abi/event.js";
import type { Commit, Payload, PayloadSlot } from "../abi/payload.js";
import { openPayload, type Claims, type SyscallRequest } from "../abi/request.js";
import { labelNames } from "../mmu/lattice.js";
import type { Change } from "../policy/ast.js";
import { spend, type Recall } from "../policy/recall.js";
import type { Committer } from "./commit.js";
import { withSent } from "./context.js";
import { judge, labelsFor, type Judgement } from "./decide.js";
import { withSession } from "./fold.js";
import { CallValues } from "./question.js";
import type { State } from "./state.js";
import type { Made, Making } from "./made.js";
import { handleOf, subjectPayload } from "./subject.js";
import { applyChanges } from "./transform.js";
import { contextOf, isOpen, tracksValues, valueOf, withContext } from "./values.js";

export function syscallStep(state: State, request: SyscallRequest, making: Making): Made {
  const { committer, wall_ms, history } = making;
  const labels = labelsFor(state, request);
  const values = valuesOf(state, request, labels);
  const evidence = { wall_ms, values, facts: values === undefined ? request.recorded?.facts : undefined };
  const judged = withChanges(request, judge(state, request, labels, evidence));
  const call = `c${String(state.seq)}`;
  // INVARIANT: what a rule changes is sent changed, whether or not the values of earlier pages are at hand.
  const sent = tracksValues(state) ? judged.sent : undefined;
  const value = syscallValue(state, request, { judged, values, call, sent, committer });
  return {
    event: { type: "syscall", value },
    settle: (next) => settled(next, request, { judged, values, call, wall_ms, history }),
    changed: sent,
  };
}

interface Judged extends Judgement {
  /** The arguments after the changes of a `transform`. */
  readonly sent: string | undefined;
}

/** Makes a transform's changes; one that cannot be made denies the call. */
function withChanges(request: SyscallRequest, judged: Judgement): Judged {
  const { changes, decision } = judged.ruling;
  if (decision.verdict !== "transform" || changes === undefined || request.arguments?.kind !== "open") {
    return { ...judged, sent: undefined };
  }
  try {
    return { ...judged, sent: canonicalJson(applyChanges(valueOf(request.arguments) ?? null, changes)) };
  } catch {
    const denied = { verdict: "deny", rule: "policy-fault", reason: "policy-fault" } as const;
    return { ...judged, ruling: { decision: denied, facts: judged.ruling.facts, spends: [] }, sent: undefined };
  }
}

/** The values of a call; undefined where one of them, or of the pages before it, is not at hand. */
function valuesOf(state: State, request: SyscallRequest, labels: Judgement["labels"]): CallValues | undefined {
  const context = contextOf(state, request.session);
  if (!isOpen(context) || request.arguments?.kind === "sealed") return undefined;
  const args = request.arguments === undefined ? undefined : valueOf(request.arguments);
  const names = state.policy?.compiled.pathNames ?? new Set();
  return new CallValues({ context, session: labels, request, names, args, pins: state.pins });
}

interface Parts {
  readonly judged: Judged;
  readonly values: CallValues | undefined;
  readonly call: string;
  readonly sent: string | undefined;
  readonly committer: Committer;
}

// The values of frequent events are written with their members in RFC 8785 order: canonicalJson then takes its quick
// way. Another order would give the same bytes, slower.

function syscallValue(state: State, request: SyscallRequest, parts: Parts): SyscallValue {
  const { judged, call, committer } = parts;
  const { ruling, admitted } = judged;
  const tracks = tracksValues(state);
  const found = tracks ? foundOut(request, parts) : {};
  const committed = (slot: PayloadSlot, payload: Payload | undefined): Commit | undefined =>
    payload === undefined ? undefined : committer.commit(slot, payload);
  return defined<SyscallValue>({
    act: tracks ? admitted?.act : undefined,
    agent: request.agent,
    arguments: committed("arguments", request.arguments),
    call,
    changes: ruling.changes?.map(changeValue),
    claims: request.claims && claimsValue(request.claims, committer),
    decision: ruling.decision,
    facts: found.facts,
    from: request.from,
    grant: ruling.grant,
    handle: handleOf(request),
    kind: judged.kind,
    labels: labelNames(judged.labels),
    more_leaves: found.more_leaves,
    policy: state.policy?.sha256 ?? "0".repeat(64),
    provenance: found.provenance,
    risk: judged.risk,
    sent: sentValue(request, parts),
    server: request.server,
    session: request.session,
    // A redacted target is committed whole, so that a replay with the journal can decide on it again.
    subject: committed("subject", admitted?.row.isRedacted === true ? subjectPayload(request.subject) : undefined),
    target: judged.target,
  });
}

/** The members that are there, in their order. */
function defined<T extends object>(members: { readonly [K in keyof Required<T>]: T[K] | undefined }): T {
  const there: Partial<T> = {};
  for (const name in members) {
    if (members[name] !== undefined) there[name] = members[name];
  }
  return there as T;
}

/** What was found out about the values: now, or, without them, when the line was recorded. */
function foundOut(
  request: SyscallRequest,
  { judged, values }: Parts,
): Pick<SyscallValue, "provenance" | "more_leaves" | "facts"> {
  const known = values === undefined ? request.recorded : values.record();
  if (known === undefined) return {};
  // INVARIANT: the facts that this decision asked for, so that a replay shows one too many as well as one too few.
  const { facts } = judged.ruling;
  return {
    ...(known.provenance.length === 0 ? {} : { provenance: known.provenance }),
    ...(known.moreLeaves === 0 ? {} : { more_leaves: known.moreLeaves }),
    ...(facts.length === 0 ? {} : { facts: factsValue(facts) }),
  };
}

function factsValue(facts: readonly (readonly [string, boolean])[]): NonNullable<SyscallValue["facts"]> {
  const named = (value: boolean): string[] => facts.filter(([, held]) => held === value).map(([key]) => key);
  return { failed: named(false).sort(), held: named(true).sort() };
}

export function changeValue(change: Change): NonNullable<SyscallValue["changes"]>[number] {
  return change.kind === "quarantine" ? { kind: change.kind } : { kind: change.kind, path: change.path };
}

function sentValue(request: SyscallRequest, { sent, committer }: Parts): Commit | undefined {
  return sent === undefined ? request.recorded?.sent : committer.commit("sent", openPayload(sent));
}

function claimsValue(claims: Claims, committer: Committer): NonNullable<EventValues["syscall"]["claims"]> {
  const { labels, capabilities, intent } = claims;
  return { labels, capabilities, ...(intent === undefined ? {} : { intent: committer.commit("intent", intent) }) };
}

interface Settling {
  readonly judged: Judged;
  readonly values: CallValues | undefined;
  readonly call: string;
  readonly wall_ms: number;
  readonly history: Making["history"];
}

/** What the values of a call change: what may come back as an echo, and what it spends. */
function settled(state: State, { session }: SyscallRequest, settling: Settling): State {
  const { judged, values, call, wall_ms, history } = settling;
  const { spends } = judged.ruling;
  const decision = history?.decision ?? judged.ruling.decision;
  // A call that waits for a human counts as if it went on: its answer may come when its values are gone.
  if (!mayPass(decision.verdict) && decision.verdict !== "ask") return state;
  const spent = spends.length === 0 ? state : withRecall(state, session, (recall) => spend(recall, spends, wall_ms));
  if (!tracksValues(state)) return spent;
  const context = contextOf(state, session);
  const isKnown = isOpen(context) && values !== undefined;
  return withContext(spent, session, isKnown ? withSent(context, call, values.sent()) : "sealed");
}

function withRecall(state: State, id: string, change: (recall: Recall) => Recall): State {
  return withSession(state, id, (session) => ({ ...session, recall: change(session.recall) }));
}
