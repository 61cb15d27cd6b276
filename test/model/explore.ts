/** Every state of the model that can be reached within a bound, breadth first, and the shortest way to a broken invariant. */
import { emptyLedger, entered, forgetting, type Ledger } from "./ledger.js";
import { INVARIANTS } from "./invariants.js";
import { VALUES, type Form, type Value } from "./memory.js";
import { Machine } from "./machine.js";
import { start, type Content, type Event, type State } from "./state.js";
import { TOOLS, type Tool } from "./rules.js";

/**
 * What may happen. `flows`: values and labels, where a call that may begin begins at once. `shell`: every order of
 * deciding, signing, flushing, failing and acting, of three kinds of calls with one value. `whole`: both at once.
 */
export type Scope = "flows" | "shell" | "whole";

export interface Bound {
  readonly scope: Scope;
  /** Events on one way, at most; without a bound, until no new state is found. */
  readonly steps: number;
  readonly sessions: number;
  /** Calls that are open at once. */
  readonly calls: number;
}

export interface Counterexample {
  readonly invariant: string;
  readonly broken: string;
  readonly events: readonly Event[];
}

export interface Explored {
  readonly states: number;
  readonly transitions: number;
  /** Steps to the farthest state; below the bound when there are no others. */
  readonly depth: number;
  /** Whether no state is beyond: what holds then holds of every way, however long. */
  readonly isComplete: boolean;
  readonly counterexample?: Counterexample;
}

interface Node {
  readonly state: State;
  readonly ledger: Ledger;
  readonly event?: Event;
  readonly parent?: Node;
}

export function explore(machine: Machine, bound: Bound): Explored {
  return new Exploration(machine, bound).run();
}

class Exploration {
  private readonly known = new Set<string>();
  private readonly machine: Machine;
  private readonly bound: Bound;
  private transitions = 0;
  private found: Counterexample | undefined;

  constructor(machine: Machine, bound: Bound) {
    this.machine = machine;
    this.bound = bound;
  }

  run(): Explored {
    const { sessions, steps } = this.bound;
    const first: Node = { state: start(sessions), ledger: emptyLedger(sessions) };
    this.known.add(keyOf(first));
    let frontier: readonly Node[] = [first];
    let depth = 0;
    while (frontier.length > 0 && depth < steps && this.found === undefined) {
      frontier = frontier.flatMap((node) => this.reachedFrom(node));
      if (frontier.length > 0) depth++;
    }
    const { transitions, known, found } = this;
    const isComplete = frontier.length === 0 && found === undefined;
    const counted = { states: known.size, transitions, depth, isComplete };
    return found === undefined ? counted : { ...counted, counterexample: found };
  }

  private reachedFrom(node: Node): readonly Node[] {
    if (this.found !== undefined) return [];
    return eventsOf(node.state, this.bound).flatMap((event) => {
      const made = this.made(node, event);
      if (made === undefined) return [];
      const key = keyOf(made);
      if (this.known.has(key)) return [];
      this.known.add(key);
      return [made];
    });
  }

  /** One event, and in `flows` all that follows from it by itself. Each transition is held against the invariants. */
  private made(node: Node, event: Event): Node | undefined {
    const made = this.step(node, event);
    if (made === undefined || this.bound.scope !== "flows" || this.found !== undefined) return made;
    for (const next of followingOf(made.state)) {
      const followed = this.made(made, next);
      if (followed !== undefined) return followed;
    }
    return made;
  }

  private step(node: Node, event: Event): Node | undefined {
    const next = this.machine.next(node.state, event);
    if (next === undefined) return undefined;
    this.transitions++;
    const ledger = entered(node.ledger, event, next.did);
    const made: Node = { state: next.state, ledger, event, parent: node };
    const parts = { before: node.state, event, did: next.did, after: next.state, past: node.ledger, ledger };
    const broken = brokenBy({ policy: this.machine.policy, ...parts });
    if (broken !== undefined) this.found ??= { ...broken, events: wayTo(made) };
    return { ...made, ledger: forgetting(ledger, (id) => next.state.calls[id] === undefined) };
  }
}

/** What the shell does by itself, when nothing is in its way. */
export function followingOf(state: State): readonly Event[] {
  if (state.flushes.length > 0) return [{ type: "flush" }];
  return [{ type: "sign" }, ...Object.keys(state.calls).map((id): Event => ({ type: "act", call: Number(id) }))];
}

function brokenBy(transition: Parameters<(typeof INVARIANTS)[string]>[0]): Omit<Counterexample, "events"> | undefined {
  for (const [invariant, holds] of Object.entries(INVARIANTS)) {
    const broken = holds(transition);
    if (broken !== undefined) return { invariant, broken };
  }
  return undefined;
}

function wayTo(node: Node): readonly Event[] {
  const events: Event[] = [];
  for (let at: Node | undefined = node; at?.event !== undefined; at = at.parent) events.unshift(at.event);
  return events;
}

/** The same for all nodes that differ in nothing but the ids of their calls. */
export function keyOf({ state, ledger }: Pick<Node, "state" | "ledger">): string {
  const ids = Object.keys(state.calls).map(Number);
  const renamed = new Map(ids.map((id, index) => [id, index]));
  const places = (calls: readonly number[]): readonly number[] => calls.map((id) => renamed.get(id) ?? -1);
  return JSON.stringify([
    state.health,
    state.sessions,
    ids.map((id) => [state.calls[id], ledger.calls[id]]),
    state.flushes.map(({ what, calls }) => [what, places(calls)]),
    ledger.truths,
    ledger.written.map(({ line, calls }) => [line, places(calls)]),
    ledger.isOver,
    ledger.isBroken,
  ]);
}

/** All that may happen next. The two values are alike until one was mentioned, so the first mentioned is the first. */
export function eventsOf(state: State, { scope, calls: most, sessions: count }: Bound): readonly Event[] {
  const values = scope === "shell" || isFresh(state) ? VALUES.slice(0, 1) : VALUES;
  const sessions = Array.from({ length: count }, (_, id) => id);
  const ids = Object.keys(state.calls).map(Number);
  const contents: readonly Content[] = scope === "shell" ? values : [...values, "poison"];
  // Of these only the first changes anything that the orders of the shell hang on.
  const isWide = scope !== "shell";
  if (state.flushes.length >= MOST_FLUSHES) return [...ALONE.filter(({ type }) => type !== "sign"), ...acts(ids)];
  return [
    ...sessions.flatMap((session) => [
      ...values.map((value): Event => ({ type: "user", session, value })),
      ...(isWide ? contents : []).map((content): Event => ({ type: "page", session, content })),
      ...(isWide ? AXES : []).map((axis): Event => ({ type: "release", session, axis })),
      ...(ids.length < most ? asks(session, values, scope) : []),
    ]),
    ...ids.flatMap((call) => ofCall(call, values, contents)),
    ...(scope === "flows" ? [] : ALONE),
    ...(scope === "flows" ? [] : acts(ids)),
  ];
}

const AXES = ["integrity", "confidentiality"] as const;

/** Lines on their way to the disk at once; with so many, nothing that would write another is tried. */
const MOST_FLUSHES = 2;

function acts(ids: readonly number[]): readonly Event[] {
  return ids.map((call) => ({ type: "act", call }));
}

function ofCall(call: number, values: readonly Value[], contents: readonly Content[]): readonly Event[] {
  return [
    { type: "answer", call, isApproved: true },
    { type: "answer", call, isApproved: false },
    ...contents.map((content): Event => ({ type: "result", call, content, isError: false })),
    ...values.map((content): Event => ({ type: "result", call, content, isError: true })),
  ];
}

const ALONE: readonly Event[] = (["sign", "flush", "flush-fails", "append-fails", "sign-fails", "close"] as const).map(
  (type) => ({ type }),
);

/** One call that must be endorsed, one that a human is asked about, and one that nothing allows. */
const OF_THE_SHELL: readonly Tool[] = ["pay", "post", "drop"];

/** Hidden values and a caller's own word matter where the argument is asked about. */
function asks(session: number, values: readonly Value[], scope: Scope): readonly Event[] {
  return (scope === "shell" ? OF_THE_SHELL : TOOLS).flatMap((tool) =>
    values.flatMap((value): readonly Event[] => {
      const asked = { type: "ask", session, tool, value } as const;
      const isAboutValues = scope !== "shell" && (tool === "pay" || tool === "send");
      const forms: readonly Form[] = isAboutValues ? ["plain", "hidden"] : ["plain"];
      const plain = forms.map((form): Event => ({ ...asked, form, claim: "none" }));
      return tool === "send" ? [...plain, { ...asked, form: "plain", claim: "untrusted" }] : plain;
    }),
  );
}

function isFresh({ sessions, calls }: State): boolean {
  const isEmpty = sessions.every(({ places, sent }) => places.length === 0 && sent.length === 0);
  return isEmpty && Object.keys(calls).length === 0;
}

/** A counterexample as a person reads it: one event a line. */
export function told({ invariant, broken, events }: Counterexample): string {
  const lines = events.map((event, index) => {
    const { type, ...rest } = event;
    const more = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
    return `  ${String(index + 1)}. ${[type, ...more].join(", ")}`;
  });
  return [`${invariant}: ${broken}, after`, ...lines].join("\n");
}
