/** What a changed policy would have decided about a recorded call: the proof of a suggestion, or of the operator's own edit. */
import type { SyscallName } from "../../abi/syscalls.js";
import type { PolicyDocument } from "../../policy/ast.js";
import { placesOf } from "../../policy/carried.js";
import { sayingOf } from "../../policy/check/parts.js";
import { explainDecision, type DecidedCall, type Explanation } from "../../policy/explain.js";
import { parsePolicy } from "../../policy/parse.js";

/** Lines for a policy, and what it then decides about the call. */
export interface Proof {
  readonly adds: readonly string[];
  /** `verdict:rule`, by the policy with these lines, parsed and asked anew. */
  readonly decision: string;
}

/**
 * The proof of the first suggestion that is a grant alone: the lines at the end of the source, read as any policy is,
 * and the call decided anew. Undefined when there is none, or it does not decide what was suggested.
 */
export function proofOf(source: string, call: DecidedCall, { wouldPass }: Explanation): Proof | undefined {
  const granting = wouldPass.find(({ changes }) => changes.every(({ kind }) => kind === "grant"));
  if (granting === undefined) return undefined;
  const adds = grantLines(call);
  const edited = `${source}\n${adds.join("\n")}\n`;
  const parsed = parsePolicy(edited);
  if (!parsed.ok) return undefined;
  const { again } = explainDecision(parsed.value, edited, call);
  return again === granting.decision ? { adds, decision: again } : undefined;
}

function grantLines({ kind, target, agent }: DecidedCall): readonly string[] {
  const capability = `${kind satisfies SyscallName}:${escaped(target)}`;
  return ["[[grants]]", `capability = ${basicString(capability)}`, `agent = ${basicString(escaped(agent))}`];
}

/** A glob for this text alone. */
function escaped(text: string): string {
  return text.replace(/[*?\\]/g, "\\$&");
}

/** TOML 1.0: what JSON escapes, and what acts or hides besides. A lone surrogate has no form, and does not parse. */
function basicString(text: string): string {
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return hex.length > 4 ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
  });
}

/** Places where a policy has the same condition or grant as another one. */
export interface Carried {
  readonly held: ReadonlyMap<string, boolean>;
  readonly grantsUsed: ReadonlyMap<number, number>;
}

/**
 * The facts and uses that were recorded under one policy, under the places that they have in another. A condition that
 * says the same has the same answer wherever it stands, except a budget: each has an account of its own.
 */
export function carried(from: PolicyDocument, to: PolicyDocument, call: DecidedCall): Carried {
  const answers = new Map<string, boolean>();
  for (const [key, part] of placesOf(from)) {
    const held = call.held.get(key);
    if (held !== undefined) answers.set(sayingOf(part), held);
  }
  const held = placesOf(to).flatMap(([key, part]) => {
    const answer = answers.get(sayingOf(part));
    return answer === undefined ? [] : [[key, answer] as const];
  });
  return { held: new Map(held), grantsUsed: carriedUses(from, to, call.grantsUsed ?? new Map<number, number>()) };
}

function carriedUses(
  from: PolicyDocument,
  to: PolicyDocument,
  used: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const before = from.grants.map((grant) => JSON.stringify(grant));
  const uses = to.grants.map((grant, index) => [index, used.get(before.indexOf(JSON.stringify(grant))) ?? 0] as const);
  return new Map(uses.filter(([, count]) => count > 0));
}
