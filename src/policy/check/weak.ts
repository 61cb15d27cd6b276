/** What weakens a policy: open allows, tests that one planted value defeats, lists that say nothing, no enforcement. */
import { mayPass, type Verdict } from "../../abi/decision.js";
import { SYSCALL_NAMES, type SyscallName } from "../../abi/syscalls.js";
import type { PolicyDocument, PolicyRule, PolicyWhen } from "../ast.js";
import { numberedId } from "../rules.js";
import { quoted } from "../quoted.js";
import type { LintCode, PathFinding } from "./codes.js";
import { globListsMeet, globsCover } from "./globs.js";
import { partsOf, type Part } from "./parts.js";

/** Kinds that change the world, send something out of it, or hand over what is secret. */
const CONSEQUENTIAL: ReadonlySet<SyscallName> = new Set([
  "tool.invoke",
  "secret.open",
  "network.send",
  "file.patch",
  "memory.write",
  "agent.spawn",
]);

export function weakFindings(document: PolicyDocument): readonly PathFinding[] {
  const observe: readonly PathFinding[] =
    document.mode === "observe" ? [{ code: "observe-mode", path: ["mode"], problem: "the policy only observes" }] : [];
  return [
    ...observe,
    ...document.rules.flatMap((rule, index) => [
      ...openFindings(rule, index),
      ...weakQuantifiers(document, rule, index),
      ...argumentFindings(rule, index),
      ...vacuousFindings(rule, index),
      ...emptyFindings(rule, index),
      ...(rule.id === numberedId(index)
        ? [{ code: "no-id" as const, path: ["rules", index], problem: `rule ${String(index + 1)} has no id` }]
        : []),
    ]),
  ];
}

function openFindings(rule: PolicyRule, index: number): readonly PathFinding[] {
  if (rule.effect !== "allow") return [];
  const isOpen = partsOf(rule.when).every(isWide);
  if (!isOpen) return [];
  const kinds = new Set(rule.when.syscalls);
  const path = ["rules", index, "when", "syscalls"];
  if (SYSCALL_NAMES.every((kind) => kinds.has(kind)))
    return [{ code: "allows-everything", path, problem: `the rule ${quoted(rule.id)} allows every syscall` }];
  const open = [...kinds].filter((kind) => CONSEQUENTIAL.has(kind));
  if (open.length === 0) return [];
  const problem = `the rule ${quoted(rule.id)} allows every ${open.map(quoted).join(", ")}`;
  return [{ code: "unnarrowed-allow", path, problem }];
}

/** A glob for anything narrows nothing. */
function isWide(part: Part): boolean {
  return part.on === "globs" && globsCover(part.globs, ["*"]);
}

function weakQuantifiers(document: PolicyDocument, rule: PolicyRule, index: number): readonly PathFinding[] {
  // A call that slips by an `ask` into nothing but denials has not gained by it.
  if (rule.effect === "ask" && !mayPassLater(document, rule, index)) return [];
  const parts = partsOf(rule.when);
  return parts
    .filter((part) => !isPresence(part, parts))
    .flatMap((part) => quantifierFindings(part, rule, ["rules", index, "when"]));
}

function mayPassLater(document: PolicyDocument, { when }: PolicyRule, index: number): boolean {
  return document.rules.slice(index + 1).some((later) => mayPass(later.effect) && areOfOneCall(later.when, when));
}

/** False only when no call can be both rules'. */
function areOfOneCall(a: PolicyWhen, b: PolicyWhen): boolean {
  const haveTools = a.tool !== undefined && b.tool !== undefined;
  return (
    a.syscalls.some((kind) => b.syscalls.includes(kind)) && (!haveTools || globListsMeet(a.tool ?? [], b.tool ?? []))
  );
}

/** A `some` beside an `every` over the same place says that there is a value at all. */
function isPresence(part: Part, parts: readonly Part[]): boolean {
  return part.on === "some" && parts.some((other) => other.on === "every" && other.test.path === part.test.path);
}

/** Within `not` the two change places; under `any` they do not. */
function quantifierFindings(
  part: Part,
  rule: PolicyRule,
  at: PathFinding["path"],
  isNegated = false,
): readonly PathFinding[] {
  const inner = (parts: readonly Part[], negated: boolean): readonly PathFinding[] =>
    parts.flatMap((one) => quantifierFindings(one, rule, at, negated));
  if (part.on === "any") return inner(part.options.flat(), isNegated);
  if (part.on === "not") return inner(part.parts, !isNegated);
  if (part.on !== "every" && part.on !== "some") return [];
  const code = weakQuantifier(rule.effect, (part.on === "every") !== isNegated);
  const problem = `\`${part.on}\` over ${quoted(part.test.path)} in the ${rule.effect} rule ${quoted(rule.id)}`;
  return code === undefined ? [] : [{ code, path: [...at, ...part.at], problem }];
}

function weakQuantifier(effect: Verdict, isEvery: boolean): LintCode | undefined {
  if ((effect === "deny" || effect === "ask") && isEvery) return "every-in-deny";
  return effect === "allow" && !isEvery ? "some-in-allow" : undefined;
}

/** Tests on members by name that say nothing of other members. Globs over tools have no arguments to list. */
function argumentFindings({ effect, when, id }: PolicyRule, index: number): readonly PathFinding[] {
  if (effect !== "allow" || !when.syscalls.includes("tool.invoke") || when.tool?.every(isLiteral) !== true) return [];
  const parts = partsOf(when);
  const places = parts.flatMap((part) => (part.on === "every" ? [part.test.path] : []));
  const isOpen = places.length > 0 && !places.some((path) => path.startsWith("/*"));
  if (!isOpen || parts.some(({ on }) => on === "only")) return [];
  const problem = `the rule ${quoted(id)} tests ${list(places)} and no other argument`;
  return [{ code: "open-arguments", path: ["rules", index, "when", "every"], problem }];
}

/**
 * A rule that tests arguments by name, demands none of them, and lists no tool: one that has none of these names
 * passes untested. Of tools that are listed argumentFindings speaks.
 */
function vacuousFindings({ effect, when, id }: PolicyRule, index: number): readonly PathFinding[] {
  if (effect !== "allow" || !when.syscalls.includes("tool.invoke") || when.tool?.some(isLiteral) === true) return [];
  const parts = partsOf(when);
  const places = parts.flatMap((part) => (part.on === "every" ? [part.test.path] : []));
  const isOpen = places.length > 0 && !places.some((path) => path.startsWith("/*"));
  if (!isOpen || parts.some(({ on }) => on === "only" || on === "some")) return [];
  const problem = `the rule ${quoted(id)} also allows a call without ${list(places)}`;
  return [{ code: "vacuous-every", path: ["rules", index, "when", "every"], problem }];
}

function isLiteral(glob: string): boolean {
  return !/[*?\\]/.test(glob);
}

function list(places: readonly string[]): string {
  return [...new Set(places)].map(quoted).join(", ");
}

function emptyFindings({ when, id }: PolicyRule, index: number): readonly PathFinding[] {
  if (when.syscalls.length === 0) return [];
  return (["labels_any", "labels_all", "labels_none"] as const)
    .filter((name) => when[name]?.length === 0)
    .map((name) => ({
      code: "empty-labels",
      path: ["rules", index, "when", name],
      problem: `\`${name}\` of the rule ${quoted(id)} is empty`,
    }));
}
