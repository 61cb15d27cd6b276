/** Random policies in which rules hide each other, and questions as a kernel asks them. */
import fc from "fast-check";
import type { PolicyDocument, PolicyRule } from "../../../src/policy/ast.js";
import { classifySyscall } from "../../../src/policy/classify/act.js";
import { compilePolicy, type CompiledPolicy, type PolicyQuestion } from "../../../src/policy/compile.js";
import { EMPTY_RECALL } from "../../../src/policy/recall.js";
import { impliedNames, labelsOf } from "../../../src/mmu/lattice.js";
import { policyOf, valuesOf } from "../fixture.js";
import { calls, ruleBodies, type RandomCall } from "../random.js";

type Body = Omit<PolicyRule, "id">;

/** Some rules are another with conditions more or conditions less. */
export const related: fc.Arbitrary<readonly Body[]> = fc
  .tuple(ruleBodies, fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { maxLength: 5 }))
  .map(([bodies, pairs]) => {
    const list: Body[] = [...bodies];
    for (const [from, by, isNarrower] of pairs) {
      const one = list[from % Math.max(list.length, 1)];
      const other = list[by % Math.max(list.length, 1)];
      if (one === undefined || other === undefined) continue;
      const { syscalls } = one.when;
      list.push(isNarrower ? { ...other, when: { ...other.when, ...one.when } } : { ...other, when: { syscalls } });
    }
    return list;
  });

/** The call as a kernel would ask it: labels of the lattice, the class of its kind, a tool where there is one. */
function asked({ question, stubs, user }: RandomCall, hasUser: boolean): PolicyQuestion {
  const { tool = "a", ...rest } = question;
  const isTool = rest.kind === "tool.invoke" || rest.kind === "tool.response";
  const labels = labelsOf([...rest.labels]);
  if (labels === undefined) throw new Error("bad labels");
  const known = isTool ? { tool } : classifySyscall(rest.kind);
  return {
    ...rest,
    ...("act" in known ? { act: known.act, risk: known.risk } : known),
    labels: impliedNames(labels),
    values: valuesOf(stubs, hasUser ? user : []),
    recall: EMPTY_RECALL,
    grantsUsed: new Map(),
  };
}

const SAMPLE = fc.sample(calls, { numRuns: 2000, seed: 7 });
const ASKED = [true, false].map((hasUser) => SAMPLE.map((call) => asked(call, hasUser)));

/** The rules that decide the 2000 calls, in one session of which each call that passes is remembered. */
export function decided(document: PolicyDocument, hasUser = true): readonly (readonly [PolicyQuestion, string])[] {
  const policy: CompiledPolicy = compilePolicy(document);
  let recall = EMPTY_RECALL;
  return (ASKED[hasUser ? 0 : 1] ?? []).map((call, index) => {
    if (index % 20 === 0) recall = EMPTY_RECALL;
    const question = { ...call, recall };
    const { verdict, rule } = policy.decide(question).decision;
    if (verdict === "allow") recall = policy.remember(recall, question);
    return [question, `${verdict}:${rule}`] as const;
  });
}

export { policyOf };
