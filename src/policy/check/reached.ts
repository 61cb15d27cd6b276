/** Rules that an earlier rule leaves nothing, or only a part, to decide; and rules that can never hold. */
import type { SyscallName } from "../../abi/syscalls.js";
import type { PolicyDocument, PolicyRule } from "../ast.js";
import { classifySyscall } from "../classify/act.js";
import { quoted } from "../quoted.js";
import type { PathFinding } from "./codes.js";
import { boundsOf, excludes, impliesAll, type Steps } from "./implies.js";
import { labelsClash } from "./label-facts.js";
import { leafClash } from "./leaf-tests.js";
import { partsOf, withInner, type Part, type PartOf } from "./parts.js";

interface Reached {
  readonly index: number;
  readonly rule: PolicyRule;
  readonly parts: readonly Part[];
}

/** INVARIANT: `unreachable` and `contradictory` are proofs: no call is ever decided by the rule (a property test). */
export function reachFindings(document: PolicyDocument, steps: Steps): readonly PathFinding[] {
  const earlier: Reached[] = [];
  return document.rules.flatMap((rule, index) => {
    // The last rule is there for what is left over, and has no syscalls to compare by.
    if (rule.when.syscalls.length === 0) return [];
    const one = { index, rule, parts: partsOf(rule.when) };
    const clash = contradictions(one, steps);
    if (clash.length > 0) return clash;
    const found = hidden(one, earlier, steps);
    earlier.push(one);
    return found;
  });
}

/** A part that cannot hold is reported where it stands, and makes the rule dead when it is one that must hold. */
function contradictions({ index, rule, parts }: Reached, steps: Steps): readonly PathFinding[] {
  const at = ["rules", index, "when"];
  const say = (why: string): string => `the rule ${quoted(rule.id)} can never hold: ${why}`;
  for (const part of parts) {
    const why = impossible(part) ?? classClash(part, rule.when.syscalls);
    if (why !== undefined) return [{ code: "contradictory", path: [...at, ...part.at], problem: say(why) }];
  }
  if (labelsClash(parts)) return [{ code: "contradictory", path: at, problem: say("no call has such labels") }];
  const clashing = parts.find((part) => excludes(without(parts, part), [part], steps.begin()));
  if (clashing === undefined) return empties(parts, index);
  const why = `\`${String(clashing.at[0])}\` contradicts the other conditions`;
  return [{ code: "contradictory", path: [...at, ...clashing.at], problem: say(why) }];
}

function without(parts: readonly Part[], part: Part): readonly Part[] {
  return parts.filter((other) => other !== part);
}

/** Why a part can hold for no call, whatever stands beside it. */
function impossible(part: Part): string | undefined {
  if (part.on === "some") return leafClash([part.test]);
  if (part.on !== "history") return undefined;
  const [least, most] = boundsOf(part.test);
  return least > most ? "`at_least` is above `at_most`" : undefined;
}

/** Kinds whose class is always the same; a tool call has its tool's, and its response may have it too. */
function classClash(part: Part, kinds: readonly SyscallName[]): string | undefined {
  if (part.on !== "act" && part.on !== "risk") return undefined;
  const isPossible = (kind: SyscallName): boolean => {
    if (kind === "tool.invoke" || kind.endsWith(".response")) return true;
    const { act, risk } = classifySyscall(kind);
    return part.on === "act" ? part.acts.includes(act) : part.risks.includes(risk);
  };
  return kinds.some(isPossible) ? undefined : `no \`${part.on}\` of its syscalls is one of these`;
}

/** An `every` that no value passes holds only where there is no value: hardly what was meant. */
function empties(parts: readonly Part[], index: number): readonly PathFinding[] {
  const isTest = (part: Part): part is PartOf<"every"> => part.on === "every";
  return parts.filter(isTest).flatMap(({ test, at }) => {
    const why = leafClash([test]);
    const path = ["rules", index, "when", ...at];
    return why === undefined
      ? []
      : [
          {
            code: "contradictory" as const,
            path,
            problem: `no value passes this test of ${quoted(test.path)}: ${why}`,
          },
        ];
  });
}

function hidden(one: Reached, earlier: readonly Reached[], steps: Steps): readonly PathFinding[] {
  const kinds = [...new Set(one.rule.when.syscalls)];
  const hiders = kinds.map((kind) => [kind, hiderOf(kind, one.parts, earlier, steps)] as const);
  const path = ["rules", one.index];
  const names = [...new Set(hiders.flatMap(([, by]) => by ?? []).map(({ rule }) => quoted(rule.id)))].join(" and ");
  if (hiders.every(([, by]) => by !== undefined)) {
    const problem = `the rule ${quoted(one.rule.id)} is never reached: ${names} ${names.includes(" and ") ? "hold" : "holds"} first`;
    return [{ code: "unreachable", path, problem }];
  }
  return [...hiders.flatMap(([kind, by]) => shadow(one, kind, by)), ...shadowedGlobs(one, kinds, earlier, steps)];
}

function shadow(one: Reached, kind: SyscallName, by: readonly Reached[] | undefined): readonly PathFinding[] {
  const other = by?.find(({ rule }) => rule.effect !== one.rule.effect);
  if (other === undefined) return [];
  const problem = `${quoted(other.rule.id)} decides every \`${kind}\` before the rule ${quoted(one.rule.id)}`;
  return [{ code: "shadowed", path: ["rules", one.index, "when", "syscalls"], problem }];
}

/**
 * The earlier rules of which one holds for each call of the kind for which `parts` hold. A capability is present
 * or missing, so two rules may share the work.
 */
function hiderOf(
  kind: SyscallName,
  parts: readonly Part[],
  earlier: readonly Reached[],
  steps: Steps,
): readonly Reached[] | undefined {
  const rivals = earlier.filter(({ rule }) => rule.when.syscalls.includes(kind));
  const find = (known: readonly Part[]): Reached | undefined =>
    rivals.find((rival) => impliesAll(known, rival.parts, steps.begin()));
  const one = find(parts);
  if (one !== undefined) return [one];
  const present = find([...parts, { on: "capability", state: "present", at: [] }]);
  if (present === undefined) return undefined;
  const missing = find([...parts, { on: "capability", state: "missing", at: [] }]);
  return missing === undefined ? undefined : [present, missing];
}

/** One glob of a list whose calls an earlier rule of another effect decides, whatever the kind. */
function shadowedGlobs(
  one: Reached,
  kinds: readonly SyscallName[],
  earlier: readonly Reached[],
  steps: Steps,
): readonly PathFinding[] {
  const lists = one.parts.filter((part): part is PartOf<"globs"> => part.on === "globs" && part.globs.length > 1);
  const others = earlier.filter(({ rule }) => rule.effect !== one.rule.effect);
  return lists.flatMap((list) =>
    list.globs.flatMap((glob) => {
      const narrowed = one.parts.map((part) => (part === list ? { ...list, globs: [glob] } : part));
      const found = kinds.map((kind) => hiderOf(kind, narrowed, others, steps)?.[0]);
      const [first] = found;
      if (first === undefined || found.includes(undefined)) return [];
      const problem = `${quoted(first.rule.id)} decides every call whose ${list.field} fits ${quoted(glob)} before the rule ${quoted(one.rule.id)}`;
      return [{ code: "shadowed" as const, path: ["rules", one.index, "when", ...list.at], problem }];
    }),
  );
}

/** All parts of a rule, also those within `any` and `not`. */
export function allParts(rule: PolicyRule): readonly Part[] {
  return partsOf(rule.when).flatMap(withInner);
}
