/**
 * The fewest changes after which a call would pass: a label less, a grant more, another answer to a condition on
 * values. INVARIANT: each is decided by the compiled policy itself before it is offered. What was never asked in the
 * run, and does not follow from what the log holds, is no change: it is taken for what helps, and said beside them.
 */
import { decisionName, mayPass } from "../abi/decision.js";
import type { PolicyDocument } from "./ast.js";
import { compilePolicy, IndeterminateError, type CompiledPolicy, type PolicyQuestion } from "./compile.js";
import { KnownAtoms, type Lowering, type RecordedLeaves } from "./explain-known.js";
import { partWords } from "./explain-words.js";
import { quoted } from "./quoted.js";

export interface SuggestedChange {
  readonly kind: "label" | "grant" | "fact";
  /** What would have to be so. */
  readonly says: string;
}

/** Changes that suffice together. */
export interface Suggestion {
  readonly changes: readonly SuggestedChange[];
  /** What must be so besides, and the log cannot tell: it was never asked in the run. */
  readonly assumes: readonly string[];
  /** `verdict:rule` with them. */
  readonly decision: string;
}

const MAX_CHANGES = 3;
const MAX_DECISIONS = 12_000;
/** For one choice of changes, over all answers to what was never asked. */
const MAX_DECISIONS_A_CHOICE = 200;
const MAX_SHOWN = 3;

interface Tried {
  readonly lowered: readonly Lowering[];
  readonly isGranted: boolean;
  /** Answers that are other than recorded. */
  readonly flipped: ReadonlyMap<string, boolean>;
  readonly changes: readonly SuggestedChange[];
}

type Facts = ReadonlyMap<string, boolean>;

/** All the smallest suggestions, up to three; none when more than three changes would be needed. */
export function nearestAllows(
  document: PolicyDocument,
  question: PolicyQuestion,
  leaves?: RecordedLeaves,
): readonly Suggestion[] {
  return new AllowSearch(document, question, leaves).run();
}

interface Axis extends Lowering {
  readonly has: string;
  readonly says: string;
}

/** Lower points of the label axes: what goes, what comes, and in words. */
const AXES: readonly Axis[] = [
  {
    has: "poisoned-suspect",
    gone: ["poisoned-suspect"],
    come: [],
    says: "nothing read looked like an attempt to steer",
  },
  { has: "untrusted", gone: ["poisoned-suspect", "untrusted"], come: ["trusted"], says: "nothing untrusted was read" },
  { has: "secret", gone: ["secret"], come: [], says: "nothing secret was read" },
  { has: "private", gone: ["secret", "private"], come: [], says: "nothing private was read" },
  { has: "external", gone: ["external"], come: [], says: "nothing external was read" },
];
const ON_AXES: ReadonlySet<string> = new Set(["trusted", ...AXES.map(({ has }) => has)]);

class AllowSearch {
  private readonly document: PolicyDocument;
  private readonly question: PolicyQuestion;
  private readonly recorded: Facts;
  private readonly plain: CompiledPolicy;
  private readonly granting: CompiledPolicy;
  private readonly known: KnownAtoms;
  private readonly seen = new Set<string>();
  private left = MAX_DECISIONS;

  constructor(document: PolicyDocument, question: PolicyQuestion, leaves: RecordedLeaves | undefined) {
    this.document = document;
    this.question = question;
    this.recorded = question.facts ?? new Map<string, boolean>();
    const { kind, target, agent } = question;
    const grant = { capability: { kind, target: escaped(target) }, agent: escaped(agent) };
    this.plain = compilePolicy(document);
    this.granting = compilePolicy({ ...document, grants: [...document.grants, grant] });
    this.known = new KnownAtoms(document, question, leaves);
  }

  run(): readonly Suggestion[] {
    let level: readonly Tried[] = [{ lowered: [], isGranted: false, flipped: new Map(), changes: [] }];
    for (let count = 0; count <= MAX_CHANGES && level.length > 0; count++) {
      const next: Tried[] = [];
      const found = level.flatMap((tried) => this.look(tried, next) ?? []);
      if (found.length > 0) return found.sort((a, b) => a.assumes.length - b.assumes.length).slice(0, MAX_SHOWN);
      level = next;
    }
    return [];
  }

  /** The suggestion when it passes; else what to try after it goes to `next`. */
  private look(tried: Tried, next: Tried[]): Suggestion | undefined {
    const start = this.startingFacts(tried);
    const open: { readonly facts: Facts; readonly assumed: readonly string[] }[] = [{ facts: start, assumed: [] }];
    const asked = new Map(start);
    for (let left = MAX_DECISIONS_A_CHOICE; left > 0 && this.left > 0; left--, this.left--) {
      const one = open.pop();
      if (one === undefined) break;
      const answer = this.decide(tried, one.facts);
      if (answer === undefined) continue;
      if (typeof answer !== "string") {
        const { decision } = answer;
        if (!mayPass(decision.verdict)) continue;
        const assumes = one.assumed.map((key) => this.words(key, one.facts.get(key) === true));
        return { changes: tried.changes, assumes, decision: decisionName(decision) };
      }
      const follows = this.known.answer(answer, one.facts, tried.lowered);
      if (follows !== undefined) {
        asked.set(answer, follows);
        open.push({ ...one, facts: new Map(one.facts).set(answer, follows) });
      } else {
        const helps = this.helps(answer);
        const assumed = [...one.assumed, answer];
        // The last is looked at first.
        for (const holds of [!helps, helps]) open.push({ facts: new Map(one.facts).set(answer, holds), assumed });
      }
    }
    this.follow(tried, asked, next);
    return undefined;
  }

  /** Puts every choice of one change more to `next`, while any of them may still be looked at. */
  private follow(tried: Tried, asked: Facts, next: Tried[]): void {
    // Each takes a decision at least. Without this bound a hundred recorded answers make a hundred thousand choices.
    if (tried.changes.length >= MAX_CHANGES || next.length >= this.left) return;
    this.add(next, [
      ...this.lowered(tried),
      ...this.granted(tried),
      ...[...asked].map(([key, held]) => this.flip(tried, key, !held)),
    ]);
  }

  /** What is recorded, but for what lower labels and other answers change of it. */
  private startingFacts({ lowered, flipped }: Tried): Facts {
    const facts = new Map(this.recorded);
    if (lowered.length > 0)
      for (const key of facts.keys()) facts.set(key, this.known.byLabels(key, lowered) ?? facts.get(key) === true);
    for (const [key, held] of flipped) facts.set(key, held);
    return facts;
  }

  /** The ruling, or the key of what it hangs on; undefined for a fault. */
  private decide(
    { lowered, isGranted }: Tried,
    facts: Facts,
  ): ReturnType<CompiledPolicy["decide"]> | string | undefined {
    const labels = lowered.reduce<ReadonlySet<string>>(
      (names, { gone, come }) => new Set([...[...names].filter((name) => !gone.includes(name)), ...come]),
      this.question.labels,
    );
    try {
      return (isGranted ? this.granting : this.plain).decide({ ...this.question, labels, facts });
    } catch (error) {
      return error instanceof IndeterminateError ? error.key : undefined;
    }
  }

  /** The answer to an atom that makes for a pass: that its rule holds where it allows, and does not where it forbids. */
  private helps(key: string): boolean {
    const [first = "", ...rest] = key.split(".");
    const rule = this.document.rules[Number(first.slice(1))];
    const isNegated = rest.filter((step) => step === "not").length % 2 === 1;
    return rule !== undefined && mayPass(rule.effect) !== isNegated;
  }

  private add(next: Tried[], more: readonly Tried[]): void {
    for (const tried of more) {
      const gone = tried.lowered.map((one) => one.gone.join()).sort();
      const key = JSON.stringify([gone, tried.isGranted, [...tried.flipped].sort()]);
      if (this.seen.has(key)) continue;
      this.seen.add(key);
      next.push(tried);
    }
  }

  private flip(tried: Tried, key: string, holds: boolean): Tried {
    const flipped = new Map(tried.flipped).set(key, holds);
    return { ...tried, flipped, changes: [...tried.changes, { kind: "fact", says: this.words(key, holds) }] };
  }

  private words(key: string, holds: boolean): string {
    const part = this.known.part(key);
    const words = part === undefined ? key : partWords(part);
    return holds ? words : `it were not so that ${words}`;
  }

  private lowered(tried: Tried): readonly Tried[] {
    const { labels } = this.question;
    const lower = (by: Lowering, says: string): Tried => ({
      ...tried,
      lowered: [...tried.lowered, by],
      changes: [...tried.changes, { kind: "label", says }],
    });
    const axes = AXES.filter(({ has }) => labels.has(has)).map((axis) => lower(axis, axis.says));
    const tags = [...labels].filter((name) => !ON_AXES.has(name));
    const says = (tag: string): string => `nothing labelled ${quoted(tag)} was read`;
    return [...axes, ...tags.map((tag) => lower({ gone: [tag], come: [] }, says(tag)))];
  }

  private granted(tried: Tried): readonly Tried[] {
    if (tried.isGranted) return [];
    const { kind, target, agent } = this.question;
    const says = `the operator granted ${quoted(`${kind}:${target}`)} to ${quoted(agent)}`;
    return [{ ...tried, isGranted: true, changes: [...tried.changes, { kind: "grant", says }] }];
  }
}

/** A glob for this text alone. */
function escaped(text: string): string {
  return text.replace(/[*?\\]/g, "\\$&");
}
