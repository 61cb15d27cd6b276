/** Conditions and changes on what a call of that kind does not have. */
import { SYSCALL_NAMES, type SyscallName } from "../../abi/syscalls.js";
import type { Change, PolicyDocument, PolicyRule } from "../ast.js";
import { quoted } from "../quoted.js";
import type { PathFinding } from "./codes.js";
import type { Part, PartKind } from "./parts.js";
import { allParts } from "./reached.js";

type Kinds = ReadonlySet<SyscallName>;

const WITH_TOOL: Kinds = new Set(["tool.invoke", "tool.response"]);
const RESPONSES: Kinds = new Set(["tool.response", "resource.response", "prompt.response"]);
const DESCRIPTIONS: Kinds = new Set(["tool.describe", "resource.describe", "prompt.describe"]);
/** The target is all that these have. */
const TARGET_ONLY: Kinds = new Set(["context.read", "memory.read", "resource.read", "secret.open"]);
const WITH_URL: Kinds = new Set([
  "context.read",
  "network.send",
  "resource.describe",
  "resource.read",
  "resource.response",
  "agent.spawn",
]);
const WITH_PATH: Kinds = new Set([...WITH_URL, "file.patch", "memory.read", "memory.write"]);
const WITH_RIGHT: Kinds = new Set(SYSCALL_NAMES.filter((kind) => !RESPONSES.has(kind)));
const WITH_ARGUMENTS: Kinds = new Set(
  SYSCALL_NAMES.filter((kind) => !RESPONSES.has(kind) && !DESCRIPTIONS.has(kind) && !TARGET_ONLY.has(kind)),
);
/** What comes in has neither the values of a call nor a listing to be held against: asked for them, it is withheld. */
const WITH_WORDS: Kinds = new Set(SYSCALL_NAMES.filter((kind) => !RESPONSES.has(kind) && !DESCRIPTIONS.has(kind)));
const WITH_LISTING: Kinds = new Set(["tool.invoke"]);
const WITH_PAGE: Kinds = new Set([...RESPONSES, ...DESCRIPTIONS]);
const WITH_CONTENT: Kinds = new Set(SYSCALL_NAMES.filter((kind) => !TARGET_ONLY.has(kind)));

/** What a part needs a call to have, and in words. Parts that are not here suit every kind. */
const NEEDS: Partial<Readonly<Record<PartKind, readonly [Kinds, string]>>> = {
  url: [WITH_URL, "a target that is a URL"],
  under: [WITH_PATH, "a target that is a path"],
  capability: [WITH_RIGHT, "a capability: what was allowed is only handed on"],
  every: [WITH_ARGUMENTS, "arguments"],
  some: [WITH_ARGUMENTS, "arguments"],
  only: [WITH_ARGUMENTS, "arguments"],
  budget: [WITH_ARGUMENTS, "arguments"],
  intent: [WITH_WORDS, "arguments that the user's words could be about"],
  descriptor: [WITH_LISTING, "a tool that a listing describes"],
};

function needOf(part: Part): readonly [Kinds, string] | undefined {
  if (part.on === "globs") return part.field === "tool" ? [WITH_TOOL, "a tool"] : undefined;
  return NEEDS[part.on];
}

export function phaseFindings(document: PolicyDocument): readonly PathFinding[] {
  const names = new Set(document.directory.map(({ name }) => name));
  const { client_prompt: prompt, context_socket: socket } = document.trust;
  const hasUser = prompt !== "none" || socket;
  return document.rules.flatMap((rule, index) => {
    const at = ["rules", index, "when"];
    const inParts = allParts(rule).flatMap((part) => {
      const path = [...at, ...part.at];
      return [
        ...phaseOf(part, rule, path),
        ...(hasUser ? [] : userOf(part, path)),
        ...directoriesOf(part, names, path),
      ];
    });
    return [...inParts, ...changesOf(rule, index)];
  });
}

type PathOf = PathFinding["path"];

function phaseOf(part: Part, rule: PolicyRule, path: PathOf): readonly PathFinding[] {
  const need = needOf(part);
  if (need === undefined) return [];
  const [having, what] = need;
  const kinds = new Set(rule.when.syscalls);
  const without = [...kinds].filter((kind) => !having.has(kind));
  if (without.length === 0) return [];
  const code = without.length === kinds.size ? "phase" : "phase-in-part";
  const problem = `${without.map(quoted).join(", ")} ${without.length === 1 ? "has" : "have"} not ${what}`;
  return [{ code, path, problem }];
}

/** The lists of origins in a part, by the condition they are the value of. */
export function originsOf(part: Part): readonly (readonly [string, readonly string[]])[] {
  if (part.on !== "every" && part.on !== "some") return [];
  const { from, from_none, tokens_from, words_from } = part.test;
  return Object.entries({ from, from_none, tokens_from, words_from }).flatMap(([name, list]) =>
    list === undefined ? [] : [[name, list] as const],
  );
}

function spoken(part: Part): readonly string[] {
  if (part.on !== "every" && part.on !== "some") return [];
  return (["said_with", "named"] as const).filter((name) => part.test[name] !== undefined);
}

function userOf(part: Part, path: PathOf): readonly PathFinding[] {
  if (part.on === "intent") return [{ code: "no-user-channel", path, problem: "`intent` asks for the user's words" }];
  const said = spoken(part).map((name) => ({
    code: "no-user-channel" as const,
    path: [...path, name],
    problem: `\`${name}\` asks for the user's words`,
  }));
  if (said.length > 0) return said;
  return originsOf(part).flatMap(([name, list]) =>
    list.every((origin) => origin === "user") && name !== "from_none"
      ? [{ code: "no-user-channel" as const, path: [...path, name], problem: `\`${name}\` demands the user's words` }]
      : [],
  );
}

function directoriesOf(part: Part, names: ReadonlySet<string>, path: PathOf): readonly PathFinding[] {
  return originsOf(part).flatMap(([key, list]) =>
    directoryNames(list)
      .filter((name) => !names.has(name))
      .map((name) => ({
        code: "undeclared-directory" as const,
        path: [...path, key],
        problem: `there is no directory ${quoted(name)}`,
      })),
  );
}

export const DIRECTORY = "directory:";

export function directoryNames(origins: readonly string[]): readonly string[] {
  return origins.filter((one) => one.startsWith(DIRECTORY)).map((one) => one.slice(DIRECTORY.length));
}

/** Every origin that a rule of the policy names. */
export function originsIn(document: PolicyDocument): readonly string[] {
  return document.rules.flatMap(allParts).flatMap((part) => originsOf(part).flatMap(([, list]) => list));
}

function changesOf(rule: PolicyRule, index: number): readonly PathFinding[] {
  return (rule.changes ?? []).flatMap((change, place) => {
    const idle = idleFor(change, rule);
    if (idle.length === 0) return [];
    const what = change.kind === "quarantine" ? "no page that could be quarantined" : "nothing that could be changed";
    const problem = `${idle.map(quoted).join(", ")} ${idle.length === 1 ? "carries" : "carry"} ${what}`;
    return [{ code: "idle-change" as const, path: ["rules", index, "changes", place], problem }];
  });
}

/** The kinds that a change does nothing to; a quarantine may stand beside them when a page is among the rule's kinds. */
function idleFor(change: Change, { when: { syscalls } }: PolicyRule): readonly SyscallName[] {
  if (change.kind !== "quarantine") return syscalls.filter((kind) => !WITH_CONTENT.has(kind));
  return syscalls.some((kind) => WITH_PAGE.has(kind)) ? [] : syscalls;
}
