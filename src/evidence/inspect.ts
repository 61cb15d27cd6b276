/** A log rolled up for people: one row an event, and totals. It shows names, labels and sizes; the log holds no values. */
import { utf8Bytes } from "../base/bytes.js";
import { REASONS, decisionName, mayPass, type Decision, type Verdict } from "../abi/decision.js";
import type { EventType, EventValues, FlightEvent, FlightLine } from "../abi/event.js";
import type { Commit, PayloadSlot } from "../abi/payload.js";
import { Tally, type TallyRow } from "./tally.js";
import { visible, visibleTarget } from "./visible.js";

export interface InspectRow {
  /** 1-based. */
  readonly line: number;
  readonly seq: number;
  readonly wallMs: number;
  readonly monoUs: number;
  readonly type: EventType;
  /** The agent, server or session that the event is about. */
  readonly who: string;
  readonly what: string;
  /** `verdict:rule`. */
  readonly decision?: string;
  /** Why, in words. */
  readonly reason?: string;
  /** What the decision does to the call: lets it pass as it is, or not; `marked` where a policy only observes. */
  readonly mark?: "passed" | "marked" | "stopped";
  readonly labels: readonly string[];
  /** UTF-8 bytes of the values committed to. */
  readonly bytes?: number;
}

export interface InspectTotals {
  readonly events: number;
  readonly allowed: number;
  readonly denied: number;
  /** Denied calls by rule. */
  readonly blockedByRule: readonly TallyRow[];
  /** Calls and results that passed because the policy only observes, by rule. */
  readonly wouldStopByRule: readonly TallyRow[];
  /** Results kept from the agent, by rule. */
  readonly withheldByRule: readonly TallyRow[];
  /** Calls by syscall. */
  readonly bySyscall: readonly TallyRow[];
  /** Commitments by what they stand for, with the bytes committed to. */
  readonly commitments: readonly (TallyRow & { readonly bytes: number })[];
}

export interface Inspector {
  /** The row of an event. Its line number is 1-based. */
  add(event: FlightLine, line: number): InspectRow;
  totals(): InspectTotals;
}

/** What an event says of itself, before it is made fit for a terminal. */
interface Facts {
  readonly who: string;
  readonly what: string;
  readonly decision?: Decision | undefined;
  readonly labels?: readonly string[];
  readonly commits?: readonly (readonly [PayloadSlot, Commit | undefined])[];
  readonly bytes?: number | undefined;
}

const ASKED_BY: Readonly<Record<EventValues["syscall"]["from"], (v: EventValues["syscall"]) => string>> = {
  client: ({ agent }) => agent,
  server: ({ server }) => server,
  agentk: () => "agentk",
};

const FACTS: { readonly [T in EventType]: (value: EventValues[T]) => Facts } = {
  open: (v) => ({ who: v.agent, what: `agentk ${v.agentk} guards ${v.server}`, commits: [["command", v.command]] }),
  policy: (v) => ({ who: "operator", what: `${v.name} ${v.sha256.slice(0, 12)}`, bytes: utf8Bytes(v.source).length }),
  pins: (v) => ({ who: "operator", what: `${v.name} ${v.sha256.slice(0, 12)}`, bytes: utf8Bytes(v.source).length }),
  session: (v) => ({ who: v.session, what: sessionWords(v) }),
  syscall: (v) => ({
    who: ASKED_BY[v.from](v),
    what: `${v.kind} ${visibleTarget(v.target)}`,
    decision: v.decision,
    labels: v.labels,
    commits: [
      ["subject", v.subject],
      ["arguments", v.arguments],
      ["sent", v.sent],
      ["intent", v.claims?.intent],
    ],
  }),
  page: (v) => ({
    who: v.server,
    what: [v.page, v.method, ...forCall(v.call), ...(v.signs.length === 0 ? [] : [`signs ${v.signs.join(", ")}`])].join(
      " ",
    ),
    decision: v.delivery,
    labels: v.labels,
    commits: [["content", v.content]],
  }),
  approval: (v) => ({ who: "operator", what: `${v.call} ${v.answer}`, decision: v.decision }),
  release: (v) => ({ who: "operator", what: `${v.axis} of ${v.session} lowered by ${v.by}`, labels: v.after }),
  receipts: (v) => ({
    who: "agentk",
    what: v.receipts.map(({ call, id, handle }) => [id, ...forCall(call), handle ?? ""].join(" ").trimEnd()).join(", "),
  }),
  outcome: (v) => ({
    who: v.session,
    what: [
      v.call,
      v.status,
      ...(v.page === undefined ? [] : [`with ${v.page}`]),
      ...(v.refused === undefined ? [] : [`refused: ${v.refused}`]),
    ].join(" "),
  }),
  checkpoint: (v) => ({ who: "agentk", what: headOf(v.note) }),
  key: (v) => ({ who: "operator", what: `signs with ${v.public_key.slice(0, 12)} from here on` }),
  recovery: (v) => ({ who: "recovery", what: "torn tail set aside", bytes: v.torn_bytes }),
  close: (v) => ({
    who: "agentk",
    what: `${v.reason}, ${String(v.lines)} lines, ${v.seal === undefined ? "no seal" : "with a seal"}`,
    commits: [["stderr", v.stderr]],
  }),
};

/** The size and the root that a signed note states. */
function headOf(note: string): string {
  const [, size = "", root = ""] = note.split("\n", 3);
  return `head of ${size} lines, ${root}`;
}

function sessionWords(value: EventValues["session"]): string {
  const { fact, server, protocol, call, fault, exit_code, exit_signal, restart } = value;
  const more = [protocol, fault, exit_code === undefined ? undefined : `status ${String(exit_code)}`, exit_signal];
  if (restart !== undefined) more.push(`restart ${String(restart)}`);
  const of = server === undefined ? [] : [`of ${server}`];
  return [fact, ...of, ...more.filter((word) => word !== undefined), ...forCall(call)].join(" ");
}

function forCall(call: string | undefined): readonly string[] {
  return call === undefined ? [] : [`for ${call}`];
}

function factsOf<T extends EventType>(event: { readonly type: T; readonly value: EventValues[T] }): Facts {
  return FACTS[event.type](event.value);
}

/** An inspector for one log. Its memory is bounded whatever the log holds. */
export function createInspector(): Inspector {
  const totals = new Totals();
  return {
    add: (event, line) => {
      const facts = factsOf(event);
      totals.add(event, facts);
      return rowOf(event, line, facts);
    },
    totals: () => totals.read(),
  };
}

/** Attacker-controlled: names, rules, labels and targets; none reaches a row as it stands in the log. */
function rowOf(event: FlightLine, line: number, facts: Facts): InspectRow {
  const { decision } = facts;
  const bytes = committedBytes(facts);
  return {
    line,
    seq: event.seq,
    wallMs: event.time.wall_ms,
    monoUs: event.time.mono_us,
    type: event.type,
    who: visible(facts.who),
    what: visible(facts.what),
    ...(decision === undefined
      ? {}
      : { decision: visible(shownDecision(decision)), reason: REASONS[decision.reason].says, mark: markOf(decision) }),
    labels: (facts.labels ?? []).map(visible),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

const WOULD = "would-";

function isObserved({ reason }: Decision): boolean {
  return reason.startsWith(WOULD);
}

/** `verdict:rule`; of a policy that only observes, what it would have been. */
function shownDecision(decision: Decision): string {
  return isObserved(decision) ? `${decision.reason}:${decision.rule}` : decisionName(decision);
}

function markOf(decision: Decision): NonNullable<InspectRow["mark"]> {
  if (isObserved(decision)) return "marked";
  return mayPass(decision.verdict) ? "passed" : "stopped";
}

function committedBytes({ commits = [], bytes }: Facts): number | undefined {
  const sizes = commits.flatMap(([, commit]) => (commit === undefined ? [] : [commit.bytes]));
  return sizes.length === 0 ? bytes : sizes.reduce((sum, size) => sum + size, 0);
}

function isStopped(verdict: Verdict): boolean {
  return verdict === "deny" || verdict === "defer";
}

class Totals {
  private events = 0;
  private allowed = 0;
  private denied = 0;
  private readonly blocked = new Tally();
  private readonly would = new Tally();
  private readonly withheld = new Tally();
  private readonly syscalls = new Tally();
  private readonly commits = new Map<PayloadSlot, { count: number; bytes: number }>();

  add(event: FlightEvent, facts: Facts): void {
    this.events++;
    if (event.type === "syscall") this.syscalls.add(event.value.kind);
    if (event.type === "syscall" || event.type === "approval") this.count(event.value.decision.verdict);
    if (facts.decision !== undefined) this.tallyOf(event.type, facts.decision)?.add(visible(facts.decision.rule));
    for (const [slot, commit] of facts.commits ?? []) if (commit !== undefined) this.commit(slot, commit.bytes);
  }

  /** Where a decision is counted by its rule; one that lets its call pass is not. */
  private tallyOf(type: EventType, decision: Decision): Tally | undefined {
    if (isObserved(decision)) return this.would;
    if (!isStopped(decision.verdict)) return undefined;
    return type === "page" ? this.withheld : this.blocked;
  }

  /** A call that a human is asked about is counted once the answer is there. */
  private count(verdict: Verdict): void {
    if (mayPass(verdict)) this.allowed++;
    else if (verdict !== "ask") this.denied++;
  }

  private commit(slot: PayloadSlot, bytes: number): void {
    const before = this.commits.get(slot) ?? { count: 0, bytes: 0 };
    this.commits.set(slot, { count: before.count + 1, bytes: before.bytes + bytes });
  }

  read(): InspectTotals {
    return {
      events: this.events,
      allowed: this.allowed,
      denied: this.denied,
      blockedByRule: this.blocked.rows(),
      wouldStopByRule: this.would.rows(),
      withheldByRule: this.withheld.rows(),
      bySyscall: this.syscalls.rows(),
      commitments: [...this.commits].map(([name, sums]) => ({ name, ...sums })),
    };
  }
}
