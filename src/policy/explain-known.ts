/**
 * What a log says of a condition on values that was never asked in the run: it follows from one that was, or from
 * where the arguments came from. Answers are true, false, or undefined: not known. A null, which tests pass over,
 * cannot be told from other values in a log, and counts as one.
 */
import { compilePath, REST_PATH } from "../base/pointer.js";
import type { ArgumentTest, PolicyDocument } from "./ast.js";
import { excludes, impliesAll, Steps } from "./check/implies.js";
import { factKey, partsOf, withInner, type Part } from "./check/parts.js";
import { givenOrigins } from "./check/ungiven.js";
import { knownOf } from "./reach-known.js";
import type { PolicyQuestion } from "./compile.js";

/** One argument leaf as a log line lists it. */
export interface RecordedLeaf {
  /** A name that may be data is shown as `?`. */
  readonly path: string;
  readonly classes: readonly string[];
  readonly labels: readonly string[];
}

export interface RecordedLeaves {
  readonly listed: readonly RecordedLeaf[];
  /** Leaves that the line does not list. */
  readonly more: number;
  /** The policy under which they were recorded, where another is asked: what only that one gives is not known. */
  readonly under?: PolicyDocument;
}

/** Of the keys of a test those that a log line can answer. */
const RECORDED: ReadonlySet<string> = new Set(["path", "from", "from_none", "labels_any", "labels_all", "labels_none"]);

type Answer = boolean | undefined;

/** Of longer lists of classes and labels a log line holds only these many (kernel/question.ts). */
const MAX_RECORDED = 16;
/** How the log shows the place of what is left of a value with too many leaves. */
const SHOWN_REST = "#?";

/** Labels that are taken for lower than recorded: what goes, what comes. */
export interface Lowering {
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

export class KnownAtoms {
  private readonly parts: ReadonlyMap<string, Part>;
  private readonly always: readonly Part[];
  private readonly steps = new Steps();
  private readonly question: PolicyQuestion;
  private readonly leaves: RecordedLeaves | undefined;
  private readonly isGiven: (origin: string) => boolean;
  private readonly wasGiven: (origin: string) => boolean;
  private readonly mayExceed: boolean;

  constructor(document: PolicyDocument, question: PolicyQuestion, leaves: RecordedLeaves | undefined) {
    this.question = question;
    this.leaves = leaves;
    this.parts = atomsOf(document);
    this.always = knownOf(document, question.kind, undefined).filter(({ on }) => on === "not");
    this.isGiven = givenOrigins(document);
    this.wasGiven = givenOrigins(leaves?.under ?? document);
    // A released session's labels may be below those of its pages.
    this.mayExceed = document.trust.release;
  }

  part(key: string): Part | undefined {
    return this.parts.get(key);
  }

  /** The answer to the atom, where it follows. `facts`: answers under their keys. */
  answer(key: string, facts: ReadonlyMap<string, boolean>, lowered: readonly Lowering[]): Answer {
    const part = this.parts.get(key);
    if (part === undefined) return undefined;
    return this.byLeaves(part, lowered) ?? this.byFacts(part, facts);
  }

  /** Whether the atom tests labels of leaves, which a lower session would have lower. */
  byLabels(key: string, lowered: readonly Lowering[]): Answer {
    const part = this.parts.get(key);
    if (part?.on !== "every" && part?.on !== "some") return undefined;
    const { labels_any, labels_all, labels_none } = part.test;
    const isAbout = labels_any !== undefined || labels_all !== undefined || labels_none !== undefined;
    return isAbout ? this.byLeaves(part, lowered) : undefined;
  }

  private byFacts(part: Part, facts: ReadonlyMap<string, boolean>): Answer {
    const recorded = [...facts].flatMap(([key, held]): readonly Part[] => {
      const known = this.parts.get(key);
      if (known === undefined) return [];
      return [held ? known : { on: "not", parts: [known], at: known.at }];
    });
    const known = [...this.always, ...recorded];
    if (impliesAll(known, [part], this.steps.begin())) return true;
    return excludes(known, [part], this.steps.begin()) ? false : undefined;
  }

  private byLeaves(part: Part, lowered: readonly Lowering[]): Answer {
    if (part.on !== "every" && part.on !== "some") return undefined;
    const { test } = part;
    const isSome = part.on === "some";
    const passes = (leaf: RecordedLeaf | undefined): Answer => all(this.answersOf(test, leaf, lowered));
    const { listed, more } = this.leaves ?? { listed: [], more: 1 };
    const answers = listed.map((leaf) => {
      // A test that hangs on it has no answer (conditions/argument-test.ts).
      if (isRest(leaf.path)) return undefined;
      const isSelected = selects(test.path, leaf.path);
      return isSome ? all([isSelected, passes(leaf)]) : any([not(isSelected), passes(leaf)]);
    });
    const mayBeMore = more > 0 || hasKeys(test.path, listed);
    // Of a leaf that is not listed it is not known either whether the test is about it.
    const rest = passes(undefined);
    const unlisted: Answer = !mayBeMore ? !isSome : rest === !isSome ? rest : undefined;
    return isSome ? any([...answers, unlisted]) : all([...answers, unlisted]);
  }

  /** One answer for each condition of the test; of a leaf that is not listed, what holds of any. */
  private answersOf(
    test: ArgumentTest,
    leaf: RecordedLeaf | undefined,
    lowered: readonly Lowering[],
  ): readonly Answer[] {
    const { from, from_none, labels_any, labels_all, labels_none } = test;
    const isOf = (origin: string): Answer => this.isOfClass(origin, leaf);
    const has = (label: string): Answer => this.isLabelled(label, leaf, lowered);
    return [
      ...(from === undefined ? [] : [any(from.map(isOf))]),
      ...(from_none === undefined ? [] : [not(any(from_none.map(isOf)))]),
      ...(labels_any === undefined || labels_any.length === 0 ? [] : [any(labels_any.map(has))]),
      ...(labels_all === undefined ? [] : [all(labels_all.map(has))]),
      ...(labels_none === undefined ? [] : [not(any(labels_none.map(has)))]),
      ...(Object.keys(test).every((name) => RECORDED.has(name)) ? [] : [undefined]),
    ];
  }

  private isOfClass(origin: string, leaf: RecordedLeaf | undefined): Answer {
    if (leaf?.classes.includes(origin) === true) return true;
    if (!this.wasGiven(origin)) return this.isGiven(origin) ? undefined : false;
    return leaf === undefined || leaf.classes.length >= MAX_RECORDED ? undefined : false;
  }

  private isLabelled(label: string, leaf: RecordedLeaf | undefined, lowered: readonly Lowering[]): Answer {
    if (lowered.some(({ gone }) => gone.includes(label))) return false;
    if (lowered.some(({ come }) => come.includes(label))) return true;
    if (leaf !== undefined && withImplied(leaf.labels).includes(label)) return true;
    // A tag that only the policy asked now would have given.
    if (!this.wasGiven(label) && this.isGiven(label)) return undefined;
    if (leaf === undefined) return this.mayHave(label) ? undefined : false;
    return leaf.labels.length >= MAX_RECORDED ? undefined : false;
  }

  /** Whether any leaf of the call may have the label: its session, which has read all, would have it too. */
  private mayHave(label: string): boolean {
    return this.question.labels.has(label) || label === "trusted" || this.mayExceed;
  }
}

function atomsOf({ rules }: PolicyDocument): ReadonlyMap<string, Part> {
  const entries = rules.flatMap(({ when }, index) =>
    partsOf(when)
      .flatMap(withInner)
      .map((part) => [factKey(index, part.at), part] as const),
  );
  return new Map(entries);
}

/** As mmu/lattice.ts has it. */
function withImplied(labels: readonly string[]): readonly string[] {
  const untrusted = labels.includes("poisoned-suspect") ? ["untrusted"] : [];
  return [...labels, ...untrusted, ...(labels.includes("secret") ? ["private"] : [])];
}

function isRest(path: string): boolean {
  return path === SHOWN_REST || path === REST_PATH;
}

/** As argument-test.ts selects, on paths as the log shows them. */
function selects(pattern: string, path: string): Answer {
  const isFixed = /\/(?!\*)/.test(pattern);
  const isHidden = path.includes("?");
  return (
    [path, path.replaceAll("!", "")].some((one) => fits(pattern, one)) || (isFixed && isHidden ? undefined : false)
  );
}

function fits(pattern: string, path: string): boolean {
  const patterns = pattern.endsWith("**") || pattern.endsWith("#") ? [pattern] : [pattern, `${pattern}/**`];
  return patterns.some((one) => {
    const compiled = compilePath(one);
    return compiled.ok && compiled.value.matches(path);
  });
}

/** Whether the test may be about names of members, which the log does not list. */
function hasKeys(pattern: string, listed: readonly RecordedLeaf[]): boolean {
  if (/[*#]/.test(pattern)) return true;
  return listed.some(
    ({ path }) => path.startsWith(`${pattern}/`) && /\/(?!\d+(?:\/|$))/.test(path.slice(pattern.length)),
  );
}

function not(answer: Answer): Answer {
  return answer === undefined ? undefined : !answer;
}

function all(answers: readonly Answer[]): Answer {
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

function any(answers: readonly Answer[]): Answer {
  return not(all(answers.map(not)));
}
