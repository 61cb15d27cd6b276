/**
 * The fewest changes after which a call would pass: a label less, a grant more, another answer to a condition on
 * values. INVARIANT: each is decided by the compiled policy itself before it is offered.
 */
import { decisionName, mayPass } from "../abi/decision.js";
import type { PolicyDocument } from "./ast.js";
import { factKey, partsOf, withInner } from "./check/parts.js";
import { compilePolicy, IndeterminateError, type CompiledPolicy, type PolicyQuestion } from "./compile.js";
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
  /** `verdict:rule` with them. */
  readonly decision: string;
}

const MAX_CHANGES = 3;
const MAX_DECISIONS = 4000;
const MAX_SHOWN = 3;

interface Tried {
  readonly labels: ReadonlySet<string>;
  readonly isGranted: boolean;
  readonly held: ReadonlyMap<string, boolean>;
  readonly changes: readonly SuggestedChange[];
}

/** All the smallest suggestions, up to three; none when more than three changes would be needed. */
export function nearestAllows(document: PolicyDocument, question: PolicyQuestion): readonly Suggestion[] {
  return new AllowSearch(document, question).run();
}

/** Lower points of the label axes: what goes, what comes, and in words. */
const LOWER: readonly (readonly [has: string, gone: readonly string[], come: readonly string[], says: string])[] = [
  ["poisoned-suspect", ["poisoned-suspect"], [], "nothing read looked like an attempt to steer"],
  ["untrusted", ["poisoned-suspect", "untrusted"], ["trusted"], "nothing untrusted was read"],
  ["secret", ["secret"], [], "nothing secret was read"],
  ["private", ["secret", "private"], [], "nothing private was read"],
  ["external", ["external"], [], "nothing external was read"],
];
const ON_AXES: ReadonlySet<string> = new Set(["trusted", ...LOWER.map(([has]) => has)]);

class AllowSearch {
  private readonly question: PolicyQuestion;
  private readonly plain: CompiledPolicy;
  private readonly granting: CompiledPolicy;
  private readonly words: ReadonlyMap<string, string>;
  private readonly seen = new Set<string>();
  private left = MAX_DECISIONS;

  constructor(document: PolicyDocument, question: PolicyQuestion) {
    this.question = question;
    const { kind, target, agent } = question;
    const grant = { capability: { kind, target: escaped(target) }, agent: escaped(agent) };
    this.plain = compilePolicy(document);
    this.granting = compilePolicy({ ...document, grants: [...document.grants, grant] });
    this.words = atomWords(document);
  }

  run(): readonly Suggestion[] {
    const { labels, facts = new Map<string, boolean>() } = this.question;
    let level: readonly Tried[] = [{ labels, isGranted: false, held: facts, changes: [] }];
    for (let count = 0; count <= MAX_CHANGES && level.length > 0; count++) {
      const next: Tried[] = [];
      const found = level.flatMap((tried) => this.look(tried, next) ?? []);
      if (found.length > 0) return found.slice(0, MAX_SHOWN);
      level = next;
    }
    return [];
  }

  /** The suggestion when it passes; else what to try after it goes to `next`. */
  private look(tried: Tried, next: Tried[]): Suggestion | undefined {
    if (this.left-- <= 0) return undefined;
    const { labels, isGranted, held, changes } = tried;
    try {
      const policy = isGranted ? this.granting : this.plain;
      const { decision } = policy.decide({ ...this.question, labels, facts: held });
      if (mayPass(decision.verdict)) return { changes, decision: decisionName(decision) };
      this.add(next, [
        ...lowered(tried),
        ...granted(tried, this.question),
        ...[...held.keys()].map((key) => this.flip(tried, key)),
      ]);
    } catch (error) {
      // What was never asked in the run has no answer: either one is a change of its own.
      if (!(error instanceof IndeterminateError)) return undefined;
      this.add(next, [this.answer(tried, error.key, true), this.answer(tried, error.key, false)]);
    }
    return undefined;
  }

  private add(next: Tried[], more: readonly Tried[]): void {
    for (const tried of more) {
      const key = JSON.stringify([[...tried.labels].sort(), tried.isGranted, [...tried.held].sort()]);
      if (this.seen.has(key)) continue;
      this.seen.add(key);
      next.push(tried);
    }
  }

  private flip(tried: Tried, key: string): Tried {
    return this.answer(tried, key, tried.held.get(key) !== true);
  }

  private answer(tried: Tried, key: string, holds: boolean): Tried {
    const words = this.words.get(key) ?? key;
    const says = holds ? words : `it were not so that ${words}`;
    return {
      ...tried,
      held: new Map(tried.held).set(key, holds),
      changes: [...tried.changes, { kind: "fact", says }],
    };
  }
}

function atomWords(document: PolicyDocument): ReadonlyMap<string, string> {
  const entries = document.rules.flatMap((rule, index) =>
    partsOf(rule.when)
      .flatMap(withInner)
      .map((part) => [factKey(index, part.at), partWords(part)] as const),
  );
  return new Map(entries);
}

function lowered(tried: Tried): readonly Tried[] {
  const { labels, changes } = tried;
  const without = (gone: readonly string[], come: readonly string[], says: string): Tried => ({
    ...tried,
    labels: new Set([...[...labels].filter((name) => !gone.includes(name)), ...come]),
    changes: [...changes, { kind: "label", says }],
  });
  const axes = LOWER.filter(([has]) => labels.has(has)).map(([, gone, come, says]) => without(gone, come, says));
  const tags = [...labels].filter((name) => !ON_AXES.has(name));
  return [...axes, ...tags.map((tag) => without([tag], [], `nothing labelled ${quoted(tag)} was read`))];
}

function granted(tried: Tried, { kind, target, agent }: PolicyQuestion): readonly Tried[] {
  if (tried.isGranted) return [];
  const says = `the operator granted ${quoted(`${kind}:${target}`)} to ${quoted(agent)}`;
  return [{ ...tried, isGranted: true, changes: [...tried.changes, { kind: "grant", says }] }];
}

/** A glob for this text alone. */
function escaped(text: string): string {
  return text.replace(/[*?\\]/g, "\\$&");
}
