/**
 * What must hold of the rules together, beyond the structure of each: the tail denies, every other rule names its
 * syscalls, ids are unique, no label is a slip of the pen. Reads the TOML value as it stands, so that these faults
 * are found beside those of structure; what has not the right shape is passed over here.
 */
import { KERNEL_RULES } from "../abi/decision.js";
import { LABEL_NAMES } from "../abi/labels.js";
import { DEFAULT_DENY } from "./ast.js";
import { CONDITION_NAMES, CONDITIONS } from "./conditions/table.js";
import type { PathFault } from "./fault.js";
import { nearest } from "./nearest.js";
import { quoted } from "./quoted.js";

type Table = Readonly<Record<string, unknown>>;

/** Stands for what is no table: schema.ts reports it. */
const NO_TABLE: Table = {};
const TAIL_HINT = 'end the file with `[[rules]]`, `id = "default-deny"`, `effect = "deny"`';
const LABEL_CONDITIONS = ["labels_any", "labels_all", "labels_none"] as const;

/** The id of a rule that has none; `index` counts from 0, ids from 1. */
export function numberedId(index: number): string {
  return `rule-${String(index + 1)}`;
}

export function checkRules(document: Table): readonly PathFault[] {
  const list = document["rules"];
  if (list !== undefined && !Array.isArray(list)) return [];
  const rules = (list ?? []).map(tableOf);
  const labels = tableOf(document["labels"]);
  return [
    ...tailFaults(rules),
    ...duplicateFaults(rules),
    ...reservedFaults(rules),
    ...rules.flatMap((rule, index) => [...openFaults(rule, index), ...labelFaults(rule, index, labels)]),
  ];
}

function tableOf(value: unknown): Table {
  return typeof value === "object" && value !== null ? (value as Table) : NO_TABLE;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
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
  const weak = tail["effect"] === "allow" ? [fault([last, "effect"], "`default-deny` must deny")] : [];
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

/** A misspelt label is a well-formed tag that no value ever carries: a deny rule on it would be silently dead. */
function labelFaults(rule: Table, index: number, declared: Table): readonly PathFault[] {
  const when = tableOf(rule["when"]);
  const isKnown = (name: string): boolean =>
    (LABEL_NAMES as readonly string[]).includes(name) || Object.hasOwn(declared, name);
  return LABEL_CONDITIONS.flatMap((key) =>
    listOf(when[key]).flatMap((name) => {
      const near = typeof name === "string" && !isKnown(name) ? nearest(name, LABEL_NAMES) : undefined;
      if (near === undefined) return [];
      const hint = `did you mean \`${near}\`? if it is a tag of yours, describe it in \`[labels]\``;
      return [{ ...fault([index, "when", key], `${quoted(name)} is close to the label \`${near}\``), hint }];
    }),
  );
}
