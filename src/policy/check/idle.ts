/** What is written and has no effect: expired or unread times, grants, directories and tags that nothing asks for. */
import { LABEL_NAMES } from "../../abi/labels.js";
import type { SyscallName } from "../../abi/syscalls.js";
import type { PolicyDocument, PolicyGrant } from "../ast.js";
import { parseInstant } from "../match/time.js";
import { quoted } from "../quoted.js";
import type { PathFinding } from "./codes.js";
import { directoryNames, originsIn } from "./phases.js";
import { allParts } from "./reached.js";

/** The kinds of the highest risk tier (classify/act.ts). */
const DANGEROUS: ReadonlySet<SyscallName> = new Set(["secret.open", "file.patch", "agent.spawn"]);

/** `now_ms`: wall clock, in milliseconds; without it, nothing counts as past. */
export function idleFindings(document: PolicyDocument, now_ms: number | undefined): readonly PathFinding[] {
  const grants = document.grants.flatMap((grant, index) => grantFindings(document, grant, index, now_ms));
  return [...expiry(document.expires, ["expires"], now_ms), ...grants, ...directories(document), ...tags(document)];
}

function expiry(
  text: string | undefined,
  path: PathFinding["path"],
  now_ms: number | undefined,
): readonly PathFinding[] {
  if (text === undefined) return [];
  const at = parseInstant(text);
  if (at === undefined) return [{ code: "bad-expiry", path, problem: `${quoted(text)} is not a time` }];
  return now_ms !== undefined && at <= now_ms ? [{ code: "expired", path, problem: `expired at ${quoted(text)}` }] : [];
}

function grantFindings(
  document: PolicyDocument,
  { capability: { kind, target }, uses, expires }: PolicyGrant,
  index: number,
  now_ms: number | undefined,
): readonly PathFinding[] {
  const path = ["grants", index];
  const name = quoted(`${kind}:${target}`);
  const isAsked = document.rules.some(
    (rule) => rule.when.syscalls.includes(kind) && allParts(rule).some(({ on }) => on === "capability"),
  );
  const isOpen = DANGEROUS.has(kind) && uses === undefined && expires === undefined;
  return [
    ...expiry(expires, [...path, "expires"], now_ms),
    ...(isAsked ? [] : [{ code: "unused-grant" as const, path, problem: `the grant ${name} is never asked for` }]),
    ...(isOpen ? [{ code: "unbounded-grant" as const, path, problem: `the grant ${name} has no bound` }] : []),
  ];
}

function directories(document: PolicyDocument): readonly PathFinding[] {
  const origins = originsIn(document);
  const named = new Set(directoryNames(origins));
  if (origins.includes("directory") || origins.includes("trusted")) return [];
  return document.directory.flatMap(({ name }, index) =>
    named.has(name)
      ? []
      : [{ code: "unused-directory" as const, path: ["directory", index], problem: `${quoted(name)} is never used` }],
  );
}

function tags(document: PolicyDocument): readonly PathFinding[] {
  const used = new Set<string>([
    ...LABEL_NAMES,
    ...document.sources.flatMap(({ labels }) => labels),
    ...originsIn(document),
    ...document.rules.flatMap(allParts).flatMap((part) => {
      if (part.on === "has" || part.on === "lacks") return [part.label];
      if (part.on === "has-any") return part.labels;
      if (part.on !== "every" && part.on !== "some") return [];
      const { labels_all = [], labels_any = [], labels_none = [] } = part.test;
      return [...labels_all, ...labels_any, ...labels_none];
    }),
  ]);
  return Object.keys(document.labels)
    .filter((tag) => !used.has(tag))
    .map((tag) => ({ code: "unused-label", path: ["labels", tag], problem: `the tag ${quoted(tag)} is never used` }));
}
