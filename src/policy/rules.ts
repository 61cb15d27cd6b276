/**
 * What must hold of the rules together, beyond the structure of each: the tail denies, every other rule names its
 * syscalls, ids are unique, changes stand where they are made. Reads the TOML value as it stands, so that these faults
 * are found beside those of structure; what has not the right shape is passed over here.
 */
import { KERNEL_RULES, VERDICTS } from "../abi/decision.js";
import { DEFAULT_DENY } from "./ast.js";
import { CONDITION_NAMES, CONDITIONS } from "./conditions/table.js";
import type { PathFault } from "./fault.js";
import { NO_TABLE, tableOf, type Table } from "./raw.js";
import { quoted } from "./quoted.js";

const TAIL_HINT = 'end the file with `[[rules]]`, `id = "default-deny"`, `effect = "deny"`';
const WEAK_TAILS: readonly unknown[] = VERDICTS.filter((verdict) => verdict !== "deny");

/** The id of a rule that has none; `index` counts from 0, ids from 1. */
export function numberedId(index: number): string {
  return `rule-${String(index + 1)}`;
}

/** The faults of the rules of a document as TOML reads it. */
export function checkRules(document: Table): readonly PathFault[] {
  const list = document["rules"];
  if (list !== undefined && !Array.isArray(list)) return [];
  const rules = (list ?? []).map(tableOf);
  return [
    ...tailFaults(rules),
    ...duplicateFaults(rules),
    ...reservedFaults(rules),
    ...rules.flatMap((rule, index) => [...openFaults(rule, index), ...changeFaults(rule, index)]),
  ];
}

/** INVARIANT: a policy that passes ends in a rule that denies all that is left. */
function tailFaults(rules: readonly Table[]): readonly PathFault[] {
  const last = rules.length - 1;
  const early = rules.findIndex((rule, index) => rule["id"] === DEFAULT_DENY && index < last);
  if (early >= 0) return [fault([early, "id"], "`default-deny` must be the last rule: none after it is ever asked")];
  const tail = rules[last];
  if (tail === undefined) return [{ path: ["rules"], problem: "the policy has no rules", hint: TAIL_HINT }];
  if (tail["id"] !== DEFAULT_DENY)
    return [{ ...fault([last, "id"], "the last rule must be `default-deny`"), hint: TAIL_HINT }];
  const weak = WEAK_TAILS.includes(tail["effect"]) ? [fault([last, "effect"], "`default-deny` must deny")] : [];
  const when = tableOf(tail["when"]);
  const narrow = CONDITION_NAMES.filter((name) => Object.hasOwn(when, name) && !isEmptyList(when[name])).map((name) =>
    fault([last, "when", name], `\`default-deny\` must hold for every call: it takes no \`${name}\``),
  );
  return [...weak, ...narrow];
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function fault(path: readonly (string | number)[], problem: string): PathFault {
  return { path: ["rules", ...path], problem };
}

function duplicateFaults(rules: readonly Table[]): readonly PathFault[] {
  const seen = new Map<string, number>();
  return rules.flatMap((rule, index) => {
    const id = rule["id"] ?? numberedId(index);
    if (typeof id !== "string" || id === DEFAULT_DENY) return [];
    const first = seen.get(id);
    if (first === undefined) {
      seen.set(id, index);
      return [];
    }
    return [fault([index, "id"], `the id ${quoted(id)} is rule ${String(first + 1)}'s already`)];
  });
}

function reservedFaults(rules: readonly Table[]): readonly PathFault[] {
  const reserved: readonly unknown[] = KERNEL_RULES;
  return rules.flatMap((rule, index) =>
    reserved.includes(rule["id"]) ? [fault([index, "id"], `the id ${quoted(rule["id"])} is the kernel's own`)] : [],
  );
}

/** A rule that names no syscall would hold for all of them, also those added later: an omission must not allow. */
function openFaults(rule: Table, index: number): readonly PathFault[] {
  if (rule === NO_TABLE) return [];
  if (rule["id"] === DEFAULT_DENY || typeof (rule["when"] ?? {}) !== "object") return [];
  const when = tableOf(rule["when"]);
  // Beside an unknown key, which is reported and may be `syscalls` misspelt, this would be noise.
  const isMisspelt = Object.keys(when).some((key) => !Object.hasOwn(CONDITIONS, key));
  if (isMisspelt || !isEmptyList(when["syscalls"] ?? [])) return [];
  const problem = `the rule ${quoted(rule["id"] ?? numberedId(index))} names no syscall`;
  return [
    { ...fault([index, "when", "syscalls"], problem), hint: "list every syscall it is about in `when.syscalls`" },
  ];
}

/** A transform that changes nothing is an allow in disguise; changes elsewhere would never be made. */
function changeFaults(rule: Table, index: number): readonly PathFault[] {
  const isTransform = rule["effect"] === "transform";
  const hasChanges = rule["changes"] !== undefined;
  if (isTransform && !hasChanges)
    return [
      fault([index, "effect"], "a `transform` must say its `changes`, as in `changes = [{ quarantine = true }]`"),
    ];
  if (isTransform || !hasChanges) return [];
  return [fault([index, "changes"], "only a rule whose effect is `transform` makes changes")];
}
