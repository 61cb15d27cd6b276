/** Turns a policy into closures once, so that a decision is a few set tests and string matches. */
import type { PolicyDocument } from "./ast.js";
import type { Fact, PolicyQuestion } from "./conditions/condition.js";
import { compileExpiry } from "./expiry.js";
import { compileGrants, type FindGrant } from "./grants.js";
import { pathNames } from "./path-names.js";
import { remember, type PassedCall, type Recall, type Spend } from "./recall.js";
import { compileRules } from "./rule-index.js";
import { noRuleRuling, type Ruled, type Ruling } from "./ruling.js";
import { compileSources, type CompiledSources } from "./sources.js";

export { IndeterminateError } from "./conditions/condition.js";
export type { Ruling } from "./ruling.js";
export type { ArgumentLeaf, PolicyQuestion, Values } from "./conditions/condition.js";

export interface CompiledPolicy {
  readonly document: PolicyDocument;
  /**
   * The first rule that holds decides; `deny:default-deny` when none does. Pure: equal questions, equal rulings.
   * Whatever is thrown must deny (`policy-fault`), but for a replay:
   * @throws IndeterminateError when the question has no values, and its facts do not say what is needed.
   */
  readonly decide: (question: PolicyQuestion) => Ruling;
  /** The session's recall after a call that passed. Budgets apart: for these, recall.ts `spend` with the ruling's spends. */
  readonly remember: (recall: Recall, call: PassedCall) => Recall;
  readonly sources: CompiledSources;
  /** Member names that the document's paths speak of. */
  readonly pathNames: ReadonlySet<string>;
  /** The first live grant that covers a call. */
  readonly findGrant: FindGrant;
}

const NO_FACTS: Fact[] = [];
const NO_SPENDS: readonly Spend[] = [];

const EXPIRED: Ruling = Object.freeze({
  decision: Object.freeze({ reason: "policy-expired", rule: "policy-expired", verdict: "deny" }),
  facts: NO_FACTS,
  spends: NO_SPENDS,
});

/** @throws TypeError for a document that parse.ts would have refused for a path or an expression in it. */
export function compilePolicy(document: PolicyDocument): CompiledPolicy {
  const isExpired = compileExpiry(document.expires);
  const findGrant = compileGrants(document.grants);
  const { rules, watchers, meters } = compileRules(document, (claim) => findGrant(claim) !== undefined);
  const noRule = noRuleRuling(document.mode);

  const spendsOf = (question: PolicyQuestion): readonly Spend[] => {
    const { values } = question;
    const concerned = meters.get(question.kind);
    if (concerned === undefined || values === undefined) return NO_SPENDS;
    return concerned.flatMap((meter) => meter.spendOf(question, values) ?? []);
  };

  const ruling = (ruled: Ruled, question: PolicyQuestion, facts: readonly Fact[]): Ruling => {
    const grant = ruled.usesGrant ? findGrant(question) : undefined;
    const spends = ruled.mayPass ? spendsOf(question) : NO_SPENDS;
    if (facts.length === 0 && grant === undefined && spends.length === 0) return ruled.plain;
    return { ...ruled.plain, facts, spends, ...(grant === undefined ? {} : { grant }) };
  };

  return {
    document,
    findGrant,
    remember: (recall, call) => remember(recall, watchers, call),
    sources: compileSources(document.sources),
    pathNames: pathNames(document),
    decide: (question) => {
      if (isExpired(question.wall_ms)) return EXPIRED;
      const index = rules.get(question.kind);
      if (index === undefined) return ruling(noRule, question, NO_FACTS);
      const notes = index.hasAtoms ? [] : NO_FACTS;
      return ruling(index.first(question, notes) ?? noRule, question, notes);
    },
  };
}
