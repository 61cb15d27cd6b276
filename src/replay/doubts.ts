/** The policy of a fork as its kernel asks it: what is not known is noted, and never quietly taken for an answer. */
import { IndeterminateError, type CompiledPolicy, type PolicyQuestion, type Ruling } from "../policy/compile.js";
import type { Missing, MissingWhy } from "./drift.js";

/** What of a question is not known. */
export type Doubt = Extract<MissingWhy, "labels" | "counts" | "grants">;

/** Stands where no ruling can be known. It lets nothing pass, and nobody gets to see it. */
const UNKNOWN: Ruling = {
  decision: { verdict: "deny", rule: "policy-fault", reason: "policy-fault" },
  facts: [],
  spends: [],
};

/** Asks policies for one decision after another. */
export class Asking {
  private doubts: ReadonlySet<Doubt> = new Set();
  private readonly noted = new Map<string, Missing>();

  /** Before each decision. */
  begin(doubts: ReadonlySet<Doubt>): void {
    this.doubts = doubts;
    this.noted.clear();
  }

  /** What the decision asked for and nobody knows; when there is any, its answer says nothing. */
  get missing(): readonly Missing[] {
    return [...this.noted.values()];
  }

  /** The policy with its questions watched. */
  watch(compiled: CompiledPolicy): CompiledPolicy {
    return { ...compiled, decide: (question) => this.decide(compiled, question) };
  }

  private decide(compiled: CompiledPolicy, question: PolicyQuestion): Ruling {
    try {
      return compiled.decide(this.doubted(compiled, question));
    } catch (error) {
      // A page has no facts in any run: there a condition on values is a fault of the policy's, and denies.
      if (!(error instanceof IndeterminateError) || question.facts === undefined) throw error;
      this.note({ why: "value", at: error.key });
      return UNKNOWN;
    }
  }

  private doubted({ document }: CompiledPolicy, question: PolicyQuestion): PolicyQuestion {
    const { doubts } = this;
    if (doubts.size === 0) return question;
    const ask = (why: Doubt): void => {
      if (doubts.has(why)) this.note({ why });
    };
    const { labels, recall, grantsUsed } = question;
    const askCounts = (): void => {
      ask("counts");
    };
    return {
      ...question,
      labels: new WatchedSet(labels, () => {
        ask("labels");
      }),
      recall: { calls: new WatchedMap(recall.calls, askCounts), spent: new WatchedMap(recall.spent, askCounts) },
      grantsUsed: new WatchedMap(grantsUsed, (grant) => {
        if (document.grants[grant]?.uses !== undefined) ask("grants");
      }),
    };
  }

  private note(missing: Missing): void {
    this.noted.set(`${missing.why} ${missing.at ?? ""}`, missing);
  }
}

/** INVARIANT: the tests of a policy read sets by `has` and maps by `get` and `has` alone. */
class WatchedSet<T> extends Set<T> {
  private readonly onAsked: () => void;

  constructor(values: Iterable<T>, onAsked: () => void) {
    super();
    for (const value of values) this.add(value);
    this.onAsked = onAsked;
  }

  override has(value: T): boolean {
    this.onAsked();
    return super.has(value);
  }
}

class WatchedMap<K, V> extends Map<K, V> {
  private readonly onAsked: (key: K) => void;

  constructor(entries: Iterable<readonly [K, V]>, onAsked: (key: K) => void) {
    super();
    for (const [key, value] of entries) this.set(key, value);
    this.onAsked = onAsked;
  }

  override get(key: K): V | undefined {
    this.onAsked(key);
    return super.get(key);
  }
}
