/** What came in, leaf by leaf: labelled by the operator's sources, raised by detectors, never raised in trust by an echo. */
import type { JsonObject, JsonValue } from "../base/json.js";
import type { Labels } from "../abi/labels.js";
import { serverClass } from "../abi/provenance.js";
import type { PageArrival } from "../abi/request.js";
import { signsOf } from "../mmu/detectors.js";
import { BOTTOM, join, labelsOf, OUTSIDE, SUSPECT } from "../mmu/lattice.js";
import type { Leaf } from "../mmu/leaves.js";
import type { PageLeaf } from "../mmu/memory.js";
import type { CompiledSources, LeafLabeller, PageSource } from "../policy/sources.js";
import { echoOf, leavesOfJson, textOf, type OpenContext } from "./context.js";

/** What the kernel knows about a page that arrives. */
export interface Arrival {
  readonly page: PageArrival;
  readonly value: JsonValue;
  readonly tool: string | undefined;
  /** Labels of what no source speaks of. */
  readonly base: Labels;
  readonly signs: readonly string[];
  readonly sources: CompiledSources | undefined;
  readonly context: OpenContext;
}

export interface LabelledPage {
  /** What is remembered of it. */
  readonly leaves: readonly PageLeaf[];
  /** The join of the labels of all leaves. */
  readonly labels: Labels;
}

/** Labels every leaf of a page. */
export function labelPage(arrival: Arrival): LabelledPage {
  const { page, tool, base } = arrival;
  const labeller = isError(page) ? undefined : arrival.sources?.(sourceOf(page, tool));
  const leaves = leavesOfJson(arrival.value).map((leaf) => labelLeaf(arrival, leaf, labeller));
  const suspects = leaves.some(({ labels }) => labels.integrity === "poisoned-suspect");
  // A sign that spans leaves is in none of them: then it is in all that strangers can write.
  const marked =
    arrival.signs.length > 0 && !suspects ? leaves.map((leaf) => suspected(leaf, serverClass(page.server))) : leaves;
  const [first, ...rest] = marked.map(({ labels }) => labels);
  if (first === undefined) return { leaves: [], labels: arrival.signs.length > 0 ? join(base, SUSPECT) : base };
  return { leaves: marked.filter(isRemembered), labels: rest.reduce(join, first) };
}

interface LabelledLeaf extends PageLeaf {
  readonly isEcho: boolean;
}

/**
 * An echo of what a session composed without a stranger's word in it is no worse than that session, but no origin
 * either: remembered as trusted, it would endorse a value that no trusted source gave.
 */
function isRemembered({ isEcho, labels }: LabelledLeaf): boolean {
  return !isEcho || labels.integrity !== "trusted";
}

/** An error's text is the server's own: no source speaks for it. */
function isError({ method }: PageArrival): boolean {
  return method.endsWith("#error");
}

/** The page's origin as sources name it: the method without the part of the answer. */
function sourceOf({ server, method }: PageArrival, tool: string | undefined): PageSource {
  const [name = method] = method.split("#");
  return { server, method: name, ...(tool === undefined ? {} : { tool }) };
}

function suspected(leaf: LabelledLeaf, from: string): LabelledLeaf {
  if (leaf.labels.integrity === "trusted") return leaf;
  return { ...leaf, ...pageLeaf(leaf, join(leaf.labels, SUSPECT), from) };
}

function labelLeaf(arrival: Arrival, leaf: Leaf, labeller: LeafLabeller | undefined): LabelledLeaf {
  const names = labeller?.({ path: leaf.path, valuePath: leaf.valuePath, sibling: siblingOf(leaf.parent) });
  const spoken = names === undefined ? arrival.base : spokenLabels(names);
  const text = textOf(leaf.value);
  const isText = typeof leaf.value === "string";
  const suspect = arrival.signs.length > 0 && isText && signsOf(text).length > 0;
  const labels = suspect ? join(spoken, SUSPECT) : spoken;
  const echo = labels.integrity === "trusted" ? echoOf(arrival.context, arrival.page.call, text) : undefined;
  const final = echo === undefined ? labels : join(labels, echo);
  const labelled = pageLeaf({ path: leaf.path, text, isText }, final, serverClass(arrival.page.server));
  return { ...labelled, isEcho: echo !== undefined };
}

function pageLeaf(leaf: Pick<PageLeaf, "path" | "text" | "isText">, labels: Labels, from: string): PageLeaf {
  return { ...leaf, labels, classes: [labels.integrity === "trusted" ? "trusted" : "untrusted", from, ...labels.tags] };
}

function siblingOf(parent: JsonObject | undefined): (name: string) => JsonValue | undefined {
  return (name) => (parent !== undefined && Object.hasOwn(parent, name) ? parent[name] : undefined);
}

/**
 * The labels that a source's names stand for. Where the operator speaks, he says all: without `trusted` it is
 * untrusted, without `external` it is from inside. Names that are none count as nothing said.
 */
function spokenLabels(names: readonly string[]): Labels {
  const labels = labelsOf(names.filter((name) => name !== "internal"));
  if (labels === undefined) return OUTSIDE;
  const isTrusted = names.includes("trusted") && labels.integrity === "trusted";
  return isTrusted ? labels : join(labels, { ...BOTTOM, integrity: "untrusted" });
}
