/**
 * The model: a kernel and its shell as plain data and a dozen transitions, written from the pages in docs/ and naive on
 * purpose. It shares no code with what it is a model of.
 */
import { carries, join, NOTHING, POISON, STRANGE, type Labels } from "./labels.js";
import { found, withPlace, type Value } from "./memory.js";
import { decide, SOURCES, type Policy } from "./rules.js";
import {
  EMPTY_SESSION,
  type Call,
  type Content,
  type Did,
  type Event,
  type Health,
  type Next,
  type Session,
  type Stage,
  type State,
} from "./state.js";

/** The parts of the model that a seeded bug replaces. */
export interface Parts {
  readonly join: typeof join;
  readonly decide: typeof decide;
  readonly found: typeof found;
  /** Whether a call at this stage, with its receipt used or not, may be performed. */
  readonly mayAct: (call: Call, health: Health) => boolean;
  /** What is remembered and felt of a page that is handed on, or is not. */
  readonly isSeen: (isHanded: boolean) => boolean;
  /** The labels of a value that comes back, when it is an echo. */
  readonly echoed: (labels: Labels, echo: Labels | undefined) => { labels: Labels; isOrigin: boolean };
  readonly released: (labels: Labels, axis: "integrity" | "confidentiality") => Labels;
  /** What an answer of a human makes of a parked call. */
  readonly answered: (isApproved: boolean) => "approving" | "over";
  readonly isRecording: (health: Health) => boolean;
}

export const SOUND: Parts = {
  join,
  decide,
  found,
  mayAct: ({ stage, isReceiptUsed }, health) =>
    stage === "ready" && !isReceiptUsed && health !== "failed" && health !== "closed",
  isSeen: (isHanded) => isHanded,
  echoed: (labels, echo) => {
    if (labels.integrity > 0 || echo === undefined) return { labels, isOrigin: true };
    const both = join(labels, echo);
    return { labels: both, isOrigin: both.integrity > 0 };
  },
  released: (labels, axis) => (axis === "integrity" ? { ...labels, integrity: 0 } : { ...labels, secrecy: 0 }),
  answered: (isApproved) => (isApproved ? "approving" : "over"),
  isRecording: (health) => health === "well" || health === "mute",
};

/** One run of the model under a policy. */
export class Machine {
  readonly policy: Policy;
  private readonly parts: Parts;

  constructor(policy: Policy, parts: Parts = SOUND) {
    this.policy = policy;
    this.parts = parts;
  }

  /** The state after an event; undefined where the event cannot happen. */
  next(state: State, event: Event): Next | undefined {
    switch (event.type) {
      case "user":
        return this.record(state, () => this.userSays(state, event));
      case "page":
        return this.record(state, () => this.arrives(state, event.session, STRANGE, event.content, undefined));
      case "ask":
        return this.record(state, () => this.ask(state, event));
      case "answer":
        return this.answer(state, event);
      case "sign":
        return this.sign(state);
      case "flush":
        return flush(state);
      case "flush-fails":
        return state.flushes.length > 0 && isAlive(state)
          ? sole(failed({ ...state, flushes: state.flushes.slice(1) }))
          : undefined;
      case "act":
        return this.act(state, event.call);
      case "result":
        return this.result(state, event);
      case "release":
        return this.record(state, () => this.release(state, event));
      case "append-fails":
        return state.health === "well" ? sole({ ...state, health: "failing" }) : undefined;
      case "sign-fails":
        return state.health === "well" ? sole({ ...state, health: "mute" }) : undefined;
      case "close":
        return close(state);
    }
  }

  /** A line that can be written, and what follows from it; else the run has failed, or was over before. */
  private record(state: State, make: () => Next): Next {
    if (state.health === "closed") return { state, did: [{ what: "refused", why: "closed" }] };
    if (this.parts.isRecording(state.health)) return make();
    return { state: failed(state), did: [{ what: "refused", why: "unrecorded" }] };
  }

  private userSays(state: State, { session, value }: Extract<Event, { type: "user" }>): Next {
    const place = { value, isUsers: true, labels: NOTHING };
    const next = withSession(state, session, (one) => ({ ...one, places: withPlace(one.places, place) }));
    return { state: next, did: [line("page"), { what: "page", labels: NOTHING, isHanded: true, session }] };
  }

  /** A page: labelled, judged by its own labels, and felt and remembered only when it is handed on. */
  private arrives(state: State, session: number, from: Labels, content: Content, call: Call | undefined): Next {
    const known = state.sessions[session] ?? EMPTY_SESSION;
    const { labels, isOrigin } =
      content === "poison"
        ? { labels: this.parts.join(from, POISON), isOrigin: false }
        : this.parts.echoed(from, echoOf(known, call, content));
    const isHanded = !this.policy.withhold.some((name) => carries(labels, name)) || call === undefined;
    const did: readonly Did[] = [line("page"), { what: "page", labels, isHanded, session }];
    if (!this.parts.isSeen(isHanded)) return { state, did };
    const place = content === "poison" || !isOrigin ? undefined : { value: content, isUsers: false, labels };
    const next = withSession(state, session, (one) => ({
      ...one,
      labels: this.parts.join(one.labels, labels),
      places: place === undefined ? one.places : withPlace(one.places, place),
    }));
    return { state: next, did };
  }

  private ask(state: State, { session, tool, value, form, claim }: Extract<Event, { type: "ask" }>): Next {
    const known = state.sessions[session] ?? EMPTY_SESSION;
    const labels = claim === "none" ? known.labels : this.parts.join(known.labels, { ...NOTHING, integrity: 1 });
    const made = this.parts.found(known.places, value, form, labels);
    const decision = this.parts.decide(this.policy, tool, labels, made);
    const call = state.nextCall;
    const did: readonly Did[] = [
      { what: "append", line: "syscall", calls: [call], decision, asked: { labels, found: made } },
    ];
    const after = { ...state, nextCall: call + 1 };
    if (decision.verdict === "deny") return { state: after, did };
    const stage = decision.verdict === "ask" ? "parked" : "intended";
    const { rule } = decision;
    const begun: Call = { session, tool, value, form, rule, stage, found: made, isReceiptUsed: false };
    const sent = made.endorsed ? known.sent : withPlace(known.sent, { value, isUsers: false, labels: made.labels });
    const remembered = withSession(after, session, (one) => ({ ...one, sent }));
    return { state: { ...remembered, calls: { ...state.calls, [call]: begun } }, did };
  }

  private answer(state: State, { call, isApproved }: Extract<Event, { type: "answer" }>): Next | undefined {
    const asked = state.calls[call];
    if (asked?.stage !== "parked") return undefined;
    return this.record(state, () => {
      const verdict = isApproved ? "allow" : "deny";
      const did: readonly Did[] = [
        { what: "append", line: "approval", calls: [call], decision: { verdict, rule: asked.rule } },
      ];
      const flushes = [...state.flushes, { what: "approval" as const, calls: [call] }];
      const isOver = this.parts.answered(isApproved) === "over";
      const next = isOver ? without(state, [call]) : staged(state, [call], "approving");
      return { state: { ...next, flushes }, did };
    });
  }

  /** The receipts of all calls that may begin, in one line, once those before are on the disk. */
  private sign(state: State): Next | undefined {
    const calls = idsAt(state, "intended");
    const isWaiting = state.flushes.some(({ what }) => what === "receipts");
    if (calls.length === 0 || isWaiting || !isAlive(state)) return undefined;
    if (state.health === "mute") return { state: failed(state), did: [{ what: "refused", why: "unrecorded" }] };
    return this.record(state, () => {
      const next = staged(state, calls, "signed");
      return {
        state: { ...next, flushes: [...state.flushes, { what: "receipts", calls }] },
        did: [line("receipts", calls)],
      };
    });
  }

  private act(state: State, id: number): Next | undefined {
    const call = state.calls[id];
    if (call === undefined || !this.parts.mayAct(call, state.health)) return undefined;
    const acting: Call = { ...call, stage: "acting", isReceiptUsed: true };
    return { state: { ...state, calls: { ...state.calls, [id]: acting } }, did: [{ what: "act", call: id }] };
  }

  private result(state: State, { call, content, isError }: Extract<Event, { type: "result" }>): Next | undefined {
    const acting = state.calls[call];
    if (acting?.stage !== "acting") return undefined;
    const over = without(state, [call]);
    const made = this.record(over, () => {
      const from = (isError ? undefined : SOURCES[acting.tool]) ?? STRANGE;
      const { state: next, did } = this.arrives(over, acting.session, from, content, acting);
      return { state: next, did: [...did, line("outcome", [call])] };
    });
    return made;
  }

  private release(state: State, { session, axis }: Extract<Event, { type: "release" }>): Next {
    const next = withSession(state, session, (one) => ({ ...one, labels: this.parts.released(one.labels, axis) }));
    return { state: { ...next, flushes: [...state.flushes, { what: "release", calls: [] }] }, did: [line("release")] };
  }
}

/** What came back was sent by this call, or by an earlier one, without a trusted origin: then these are its labels. */
function echoOf({ sent }: Session, call: Call | undefined, value: Value): Labels | undefined {
  const earlier = sent.filter((place) => place.value === value).map(({ labels }) => labels);
  const own = call?.value === value && !call.found.endorsed ? [call.found.labels] : [];
  const [first, ...rest] = earlier;
  if (first === undefined) return own[0];
  // As any value that stands in several places: integrity is that of the most trusted, all else joined.
  const integrity = Math.min(...earlier.map((labels) => labels.integrity));
  return own.reduce(join, { ...rest.reduce(join, first), integrity });
}

/** The oldest line that waits is on the disk: who waited for it goes on, if anything may go on at all. */
function flush(state: State): Next | undefined {
  const [oldest, ...flushes] = state.flushes;
  if (oldest === undefined || state.health === "closed") return undefined;
  const did: readonly Did[] = [{ what: "disk", line: oldest.what }];
  const there = oldest.calls.filter((id) => state.calls[id] !== undefined);
  if (oldest.what === "release") return { state: { ...state, flushes }, did };
  const stage = oldest.what === "approval" ? "intended" : "ready";
  return { state: { ...staged(state, there, stage), flushes }, did };
}

/**
 * Every call is given up: who was asked about it said nothing, and what was begun may have happened. The last line is
 * signed, so a run that cannot sign goes without it.
 */
function close(state: State): Next | undefined {
  const { health } = state;
  if (health === "closed") return undefined;
  const parked = idsAt(state, "parked");
  const acting = idsAt(state, "acting");
  const others = Object.keys(state.calls)
    .map(Number)
    .filter((id) => !acting.includes(id));
  const begun = Object.keys(state.calls)
    .map(Number)
    .filter((id) => !parked.includes(id));
  const given: readonly Did[] = [
    ...parked.map((id) => line("approval", [id])),
    ...begun.map((id) => line("outcome", [id])),
  ];
  const last = health === "well" ? [line("close")] : [];
  const did = health === "well" || health === "mute" ? [...given, ...last] : [];
  return { state: { ...without(state, others), health: "closed", flushes: [] }, did };
}

export function isAlive({ health }: Pick<State, "health">): boolean {
  return health !== "failed" && health !== "closed";
}

function line(name: string, calls: readonly number[] = []): Did {
  return { what: "append", line: name, calls };
}

function sole(state: State): Next {
  return { state, did: [] };
}

function failed(state: State): State {
  return { ...state, health: "failed" };
}

export function idsAt({ calls }: State, stage: Stage): readonly number[] {
  return Object.keys(calls)
    .map(Number)
    .filter((id) => calls[id]?.stage === stage);
}

function staged(state: State, ids: readonly number[], stage: Stage): State {
  const calls = { ...state.calls };
  for (const id of ids) {
    const call = calls[id];
    if (call !== undefined) calls[id] = { ...call, stage };
  }
  return { ...state, calls };
}

function without(state: State, ids: readonly number[]): State {
  const left = Object.entries(state.calls).filter(([id]) => !ids.includes(Number(id)));
  return { ...state, calls: Object.fromEntries(left) };
}

function withSession(state: State, id: number, change: (session: Session) => Session): State {
  return { ...state, sessions: state.sessions.map((one, index) => (index === id ? change(one) : one)) };
}
