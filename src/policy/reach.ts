/**
 * Can a call that carries this label pass? All points of the label lattice are taken in turn, and at each of them all
 * truth values of the other conditions that the rules come to ask for, but for those that contradict each other.
 * Names, values, times and history are taken for free, so a proof is sound; a witness shows a way through the rules,
 * which no real call may ever go.
 */
import { mayPass, type Verdict } from "../abi/decision.js";
import { CONFIDENTIALITY, INTEGRITY, LABEL_NAMES, ORIGIN } from "../abi/labels.js";
import type { SyscallName } from "../abi/syscalls.js";
import { DEFAULT_DENY, type PolicyDocument, type PolicyRule } from "./ast.js";
import { excludes, impliesAll, Steps } from "./check/implies.js";
import { partsOf, sayingOf, type Part } from "./check/parts.js";
import { knownOf } from "./reach-known.js";
import { partWords } from "./explain-words.js";

export interface ReachQuestion {
  readonly from: string;
  readonly to: SyscallName;
  /** A glob: only tools that fit it. */
  readonly tool?: string;
}

export interface ReachWitness {
  readonly labels: readonly string[];
  readonly rule: string;
  readonly verdict: Verdict;
  /** What the rules asked for on the way, in words, and the answers that lead here. */
  readonly conditions: readonly { readonly says: string; readonly holds: boolean }[];
}

/**
 * proved: no call can pass. reached: one may, without a human. with-a-human: only when a human approves.
 * undecided: too large to search; nothing is claimed.
 */
export interface ReachResult {
  readonly outcome: "proved" | "reached" | "with-a-human" | "undecided";
  /** Label points times truth values looked at. */
  readonly states: number;
  readonly witness?: ReachWitness;
  readonly why?: string;
}

const MAX_TAGS = 8;
const MAX_STATES = 50_000;

interface Rule {
  readonly rule: PolicyRule;
  readonly parts: readonly Part[];
}

/** The tags on which a decision about this kind can depend, and the asked one. */
export function tagsOf(rules: readonly Part[], from: string): readonly string[] {
  const names = rules.flatMap((part): readonly string[] => {
    if (part.on === "has" || part.on === "lacks") return [part.label];
    if (part.on === "has-any") return part.labels;
    if (part.on === "any") return tagsOf(part.options.flat(), from);
    return part.on === "not" ? tagsOf(part.parts, from) : [];
  });
  const known: ReadonlySet<string> = new Set(LABEL_NAMES);
  return [...new Set([from, ...names])].filter((name) => !known.has(name)).sort();
}

export function reach(document: PolicyDocument, question: ReachQuestion): ReachResult {
  const rules = document.rules
    .filter(({ when }) => when.syscalls.includes(question.to))
    .map((rule) => ({ rule, parts: partsOf(rule.when) }));
  const tags = tagsOf(
    rules.flatMap(({ parts }) => parts),
    question.from,
  );
  if (tags.length > MAX_TAGS)
    return {
      outcome: "undecided",
      states: 0,
      why: `the rules test ${String(tags.length)} tags, more than ${String(MAX_TAGS)}`,
    };
  const search = new Search(rules, document.mode === "observe", knownOf(document, question.to, question.tool));
  for (const labels of points(tags, question.from)) search.look(labels);
  return search.result();
}

/** Every point of the lattice that carries the label, as the names that policies test. */
function points(tags: readonly string[], from: string): readonly (readonly string[])[] {
  const chosen: (readonly string[])[] = INTEGRITY.flatMap((integrity) =>
    CONFIDENTIALITY.flatMap((confidentiality) =>
      ORIGIN.map((origin) => [
        ...(integrity === "poisoned-suspect" ? ["untrusted", integrity] : [integrity]),
        ...(confidentiality === "public" ? [] : ["private"]),
        ...(confidentiality === "secret" ? ["secret"] : []),
        ...(origin === "external" ? ["external"] : []),
      ]),
    ),
  );
  const all = tags.reduce((names, tag) => names.flatMap((one) => [one, [...one, tag]]), chosen);
  return all.filter((names) => names.includes(from));
}

/** What was taken for true and false on the way to a state. */
interface Assumed {
  readonly values: ReadonlyMap<string, boolean>;
  readonly known: readonly Part[];
  readonly path: readonly { readonly part: Part; readonly holds: boolean }[];
}

class Search {
  private readonly rules: readonly Rule[];
  private readonly isObserving: boolean;
  private readonly start: Assumed;
  private readonly steps = new Steps();
  private states = 0;
  private found: ReachWitness | undefined;
  private asked: ReachWitness | undefined;

  constructor(rules: readonly Rule[], isObserving: boolean, known: readonly Part[]) {
    this.rules = rules;
    this.isObserving = isObserving;
    this.start = { values: new Map(), known, path: [] };
  }

  look(labels: readonly string[]): void {
    const names = new Set(labels);
    const open = [this.start];
    for (let next = open.pop(); next !== undefined && this.mayGoOn(); next = open.pop()) {
      const answer = this.decide(names, next);
      if ("on" in answer) open.push(...this.branch(next, answer));
      else this.note(labels, next, answer);
    }
  }

  private mayGoOn(): boolean {
    return this.found === undefined && this.states < MAX_STATES;
  }

  result(): ReachResult {
    const { states, found, asked } = this;
    if (found !== undefined) return { outcome: "reached", states, witness: found };
    if (states >= MAX_STATES) return { outcome: "undecided", states, why: `more than ${String(MAX_STATES)} states` };
    return asked === undefined ? { outcome: "proved", states } : { outcome: "with-a-human", states, witness: asked };
  }

  private note(labels: readonly string[], { path }: Assumed, decision: Pick<ReachWitness, "rule" | "verdict">): void {
    this.states++;
    const { rule, verdict } = decision;
    const conditions = path.map(({ part, holds }) => ({ says: partWords(part), holds }));
    const witness = { labels, rule, verdict, conditions };
    if (this.isObserving || mayPass(verdict)) this.found ??= witness;
    else if (verdict === "ask") this.asked ??= witness;
  }

  /** The decision, or the condition whose truth it hangs on. */
  private decide(labels: ReadonlySet<string>, assumed: Assumed): Part | Pick<ReachWitness, "rule" | "verdict"> {
    for (const { rule, parts } of this.rules) {
      const holds = allHold(parts, labels, assumed);
      if (typeof holds !== "boolean") return holds;
      if (holds) return { rule: rule.id, verdict: rule.effect };
    }
    return { rule: DEFAULT_DENY, verdict: "deny" };
  }

  /** Both answers, save one that contradicts what is known. INVARIANT: an answer is left out only when it cannot be. */
  private branch(from: Assumed, part: Part): readonly Assumed[] {
    const { values, known, path } = from;
    const saying = sayingOf(part);
    const with_ = (holds: boolean, more: Part): Assumed => ({
      values: new Map(values).set(saying, holds),
      known: [...known, more],
      path: [...path, { part, holds }],
    });
    const mayHold = !excludes(known, [part], this.steps.begin());
    const mayFail = !impliesAll(known, [part], this.steps.begin());
    return [
      ...(mayFail ? [with_(false, { on: "not", parts: [part], at: part.at })] : []),
      ...(mayHold ? [with_(true, part)] : []),
    ];
  }
}

type Truth = boolean | Part;

function allHold(parts: readonly Part[], labels: ReadonlySet<string>, assumed: Assumed): Truth {
  for (const part of parts) {
    const truth = truthOf(part, labels, assumed);
    if (truth !== true) return truth;
  }
  return true;
}

function truthOf(part: Part, labels: ReadonlySet<string>, assumed: Assumed): Truth {
  if (part.on === "has") return labels.has(part.label);
  if (part.on === "lacks") return !labels.has(part.label);
  if (part.on === "has-any") return part.labels.some((label) => labels.has(label));
  if (part.on === "any") return anyHolds(part.options, labels, assumed);
  if (part.on !== "not") return assumed.values.get(sayingOf(part)) ?? part;
  const truth = allHold(part.parts, labels, assumed);
  return typeof truth === "boolean" ? !truth : truth;
}

function anyHolds(options: readonly (readonly Part[])[], labels: ReadonlySet<string>, assumed: Assumed): Truth {
  for (const option of options) {
    const truth = allHold(option, labels, assumed);
    if (truth !== false) return truth;
  }
  return false;
}
