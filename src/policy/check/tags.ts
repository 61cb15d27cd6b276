/** The operator's own tags: which of them a policy gives to values, and where its rules ask for them. */
import { LABEL_NAMES } from "../../abi/labels.js";
import { isServerClass, ORIGIN_CLASSES } from "../../abi/provenance.js";
import type { PolicyDocument } from "../ast.js";
import type { Path } from "../fault.js";
import type { Part } from "./parts.js";
import { DIRECTORY, originsOf } from "./phases.js";
import { allParts } from "./reached.js";

export interface AskedTag {
  readonly tag: string;
  /** Of the condition that asks for it, in the document. */
  readonly path: Path;
}

const BUILT_IN: ReadonlySet<string> = new Set([...LABEL_NAMES, ...ORIGIN_CLASSES]);

/** What is not one of a policy's own, in labels or among origins: labels, classes, directories, servers. */
function isTag(name: string): boolean {
  return !BUILT_IN.has(name) && name !== "internal" && !name.startsWith(DIRECTORY) && !isServerClass(name);
}

/** The tags that sources give. */
export function givenTags({ sources }: PolicyDocument): ReadonlySet<string> {
  return new Set(sources.flatMap(({ labels }) => labels).filter(isTag));
}

/** Every place where a rule asks for a tag, in labels or among origins, in the order of the document. */
export function askedTags({ rules }: PolicyDocument): readonly AskedTag[] {
  return rules.flatMap((rule, index) =>
    allParts(rule).flatMap((part) =>
      namesIn(part).flatMap(([names, at]) =>
        names.filter(isTag).map((tag) => ({ tag, path: ["rules", index, "when", ...at] })),
      ),
    ),
  );
}

/** The lists of labels and origins in one part, each with its place in the rule's `when`. */
function namesIn(part: Part): readonly (readonly [names: readonly string[], at: Path])[] {
  if (part.on === "has" || part.on === "lacks") return [[[part.label], part.at]];
  if (part.on === "has-any") return [[part.labels, part.at]];
  if (part.on !== "every" && part.on !== "some") return [];
  const { labels_any, labels_all, labels_none } = part.test;
  const labels = Object.entries({ labels_any, labels_all, labels_none }).flatMap(([name, list]) =>
    list === undefined ? [] : [[name, list] as const],
  );
  return [...labels, ...originsOf(part)].map(([name, list]) => [list, [...part.at, name]] as const);
}
