/**
 * Does a condition follow from others, does it contradict them? Both answer true only when it is so for every
 * possible call; false means "not shown". Everything is bounded: out of steps, nothing is shown.
 */
import type { HistoryTest, TimeWindow } from "../ast.js";
import { fitsAll, globListsMeet, globsCover } from "./globs.js";
import { labelsClash, labelsImply } from "./label-facts.js";
import { isWithin, leafClash, leafImplies, pathWithin, underImplies, urlImplies, urlsMeet } from "./leaf-tests.js";
import { sayingOf, type Part, type PartKind, type PartOf } from "./parts.js";

/**
 * Parts that a question, and all questions of one command together, may look at, and how deep they may nest. A part
 * costs about a microsecond, so that the largest policy is given up on within seconds.
 */
const STEPS_A_QUESTION = 20_000;
const STEPS_IN_ALL = 4_000_000;
const MAX_DEPTH = 60;

export class Steps {
  private left = STEPS_IN_ALL;
  private here = 0;
  private depth = 0;

  /** True once something was given up for want of steps. */
  hasRunOut = false;

  /** Starts a question of its own. */
  begin(): this {
    this.here = Math.min(STEPS_A_QUESTION, this.left);
    return this;
  }

  /** The answer, or false when there are no steps left for it. */
  take(parts: number, answer: () => boolean): boolean {
    this.left -= parts + 1;
    this.here -= parts + 1;
    if (this.here <= 0 || this.depth >= MAX_DEPTH) {
      this.hasRunOut = true;
      return false;
    }
    this.depth++;
    try {
      return answer();
    } finally {
      this.depth--;
    }
  }
}

type Compare = { readonly [K in PartKind]?: (known: PartOf<K>, other: PartOf<K>) => boolean };

/** True only when `wanted` follows from `known`. Labels are label-facts.ts's; equal parts follow from each other. */
const FOLLOWS: Compare = {
  globs: (known, wanted) => known.field === wanted.field && globsCover(wanted.globs, known.globs),
  act: (known, wanted) => isWithin(known.acts, wanted.acts),
  risk: (known, wanted) => isWithin(known.risks, wanted.risks),
  url: (known, wanted) => urlImplies(known.pattern, wanted.pattern),
  under: (known, wanted) => underImplies(known.pattern, wanted.pattern),
  every: ({ test: known }, { test: wanted }) => pathWithin(wanted.path, known.path) && leafImplies(known, wanted),
  some: ({ test: known }, { test: wanted }) => pathWithin(known.path, wanted.path) && leafImplies(known, wanted),
  descriptor: (known, wanted) => isWithin(known.states, wanted.states),
  only: (known, wanted) => isWithin(known.names, wanted.names),
  intent: (known, wanted) => wanted.words.includes("*") || isWithin(known.words, wanted.words),
  history: ({ test: known }, { test: wanted }) => {
    const [low, high] = boundsOf(known);
    const [least, most] = boundsOf(wanted);
    return callsOf(known) === callsOf(wanted) && low >= least && high <= most;
  },
  time: ({ window: known }, { window: wanted }) =>
    isSameDay(known, wanted) && known.from >= wanted.from && known.to <= wanted.to,
};

/** True only when the two cannot hold of one call. */
const CLASHES: Compare = {
  globs: (a, b) => a.field === b.field && !globListsMeet(a.globs, b.globs),
  act: (a, b) => !a.acts.some((act) => b.acts.includes(act)),
  descriptor: (a, b) => !a.states.some((state) => b.states.includes(state)),
  risk: (a, b) => !a.risks.some((risk) => b.risks.includes(risk)),
  capability: (a, b) => a.state !== b.state,
  url: (a, b) => !urlsMeet(a.pattern, b.pattern),
  history: ({ test: a }, { test: b }) => {
    const [low, high] = boundsOf(a);
    const [least, most] = boundsOf(b);
    return callsOf(a) === callsOf(b) && (low > most || least > high);
  },
  time: ({ window: a }, { window: b }) => isSameDay(a, b) && (a.to <= b.from || b.to <= a.from),
};

/** Least and greatest number of calls for which a history test holds. */
export function boundsOf({ at_least, at_most }: HistoryTest): readonly [number, number] {
  return [at_least ?? (at_most === undefined ? 1 : 0), at_most ?? Infinity];
}

function callsOf(test: HistoryTest): string {
  const { syscalls, server, tool, target, act, within_ms } = test;
  return JSON.stringify([syscalls, server, tool, target, act, within_ms]);
}

/** Two windows on the same days that do not run over midnight. */
function isSameDay(a: TimeWindow, b: TimeWindow): boolean {
  const isPlain = a.from < a.to && b.from < b.to;
  return isPlain && a.utc_offset === b.utc_offset && JSON.stringify(a.days) === JSON.stringify(b.days);
}

function compared(table: Compare, known: Part, other: Part): boolean {
  if (known.on !== other.on) return false;
  // INVARIANT: the table's type gives each row two parts of its own kind, and both are of one kind here.
  const row = table[known.on] as ((known: Part, other: Part) => boolean) | undefined;
  return row?.(known, other) ?? false;
}

/** True only when every part of `wanted` holds whenever all of `known` do. */
export function impliesAll(known: readonly Part[], wanted: readonly Part[], steps: Steps): boolean {
  return wanted.every((part) => implies(known, part, steps));
}

function implies(known: readonly Part[], goal: Part, steps: Steps): boolean {
  return steps.take(known.length, () => isShown(known, goal, steps));
}

function isShown(known: readonly Part[], goal: Part, steps: Steps): boolean {
  if (holdsAlways(goal) || labelsImply(known, goal)) return true;
  const saying = sayingOf(goal);
  if (known.some((part) => sayingOf(part) === saying || compared(FOLLOWS, part, goal))) return true;
  if (goal.on === "any" && goal.options.some((option) => impliesAll(known, option, steps))) return true;
  if (goal.on === "not" && excludes(known, goal.parts, steps)) return true;
  return inEachCase(known, (one) => implies(one, goal, steps));
}

/** A server, agent and target are always there, so a glob for anything always fits them; a tool need not be. */
function holdsAlways(part: Part): boolean {
  return part.on === "globs" && part.field !== "tool" && part.globs.some(fitsAll);
}

/** One of the `any` in turn: what is so in each of its cases is so. */
function inEachCase(known: readonly Part[], test: (known: readonly Part[]) => boolean): boolean {
  return known.some((part, index) => {
    if (part.on !== "any") return false;
    const rest = known.filter((_, other) => other !== index);
    return part.options.every((option) => test([...rest, ...option]));
  });
}

/** True only when `known` and `others` cannot all hold of one call. */
export function excludes(known: readonly Part[], others: readonly Part[], steps: Steps): boolean {
  return steps.take(known.length + others.length, () => isRuledOut(known, others, steps));
}

function isRuledOut(known: readonly Part[], others: readonly Part[], steps: Steps): boolean {
  if (labelsClash([...known, ...others])) return true;
  const isDenied = (part: Part, given: readonly Part[]): boolean =>
    part.on === "not" && impliesAll(given, part.parts, steps);
  const all = [...known, ...others];
  if (others.some((part) => clashes(known, part, steps) || isDenied(part, without(all, part)))) return true;
  if (known.some((part) => isDenied(part, without(all, part)))) return true;
  return inEachCase(known, (one) => excludes(one, others, steps));
}

function without(parts: readonly Part[], part: Part): readonly Part[] {
  return parts.filter((other) => other !== part);
}

function clashes(known: readonly Part[], part: Part, steps: Steps): boolean {
  if (part.on === "any") return part.options.every((option) => excludes(known, option, steps));
  return known.some((other) => compared(CLASHES, other, part) || leavesClash(other, part) || leavesClash(part, other));
}

/** Every leaf must pass the one, some leaf must pass the other, and none can pass both. */
function leavesClash(one: Part, other: Part): boolean {
  if (one.on !== "every" || other.on !== "some") return false;
  return pathWithin(other.test.path, one.test.path) && leafClash([one.test, other.test]) !== undefined;
}
