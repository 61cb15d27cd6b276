/** What came in, leaf by leaf: labelled by the operator's sources, raised by detectors, never raised in trust by an echo. */
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.js";
import type { Labels } from "../abi/labels.js";
import { serverClass } from "../abi/provenance.js";
import type { PageArrival } from "../abi/request.js";
import { signsOf } from "../mmu/detectors.js";
import { BOTTOM, join, labelsOf, OUTSIDE, SUSPECT } from "../mmu/lattice.js";
import { leavesOf, type Leaf } from "../mmu/leaves.js";
import type { PageLeaf } from "../mmu/memory.js";
import type { CompiledSources, LeafLabeller, PageSource } from "../policy/sources.js";
import { echoOf, textOf, type OpenContext } from "./context.js";

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
  const labeller = isError(page, arrival.value) ? undefined : arrival.sources?.(sourceOf(page, tool));
  const texts = new Map<string, LabelledLeaf>();
  const read = leavesOf(arrival.value);
  const labelled = read.map((leaf) => {
    const made = labelLeaf(arrival, leaf, { labeller, holder: holderOf(arrival, leaf, texts) });
    if (made.isText && !leaf.isKey) texts.set(leaf.path, worse(texts.get(leaf.path), made));
    return made;
  });
  const leaves = withEchoesInside(labelled, read, serverClass(page.server));
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
  /** Those of its labels' tags that it counts as an origin of. */
  readonly tags: readonly string[];
}

/**
 * An echo of what a session composed without a stranger's word in it is no worse than that session, but no origin
 * either: remembered as trusted, it would endorse a value that no trusted source gave.
 */
function isRemembered({ isEcho, labels }: LabelledLeaf): boolean {
  return !isEcho || labels.integrity !== "trusted";
}

/** What is known of the string whose JSON text holds a leaf. */
type Holder = Pick<LabelledLeaf, "labels" | "isEcho">;

/**
 * INVARIANT: a leaf within the JSON text of a string that is not MCP's own is no better than that string, whatever a
 * source says of such a place: whoever wrote the string wrote its members, their names and their siblings.
 */
function holderOf(
  { base }: Arrival,
  { holder, isHolderEnvelope }: Leaf,
  texts: ReadonlyMap<string, LabelledLeaf>,
): Holder | undefined {
  if (holder === undefined || isHolderEnvelope) return undefined;
  return texts.get(holder) ?? { labels: join(base, OUTSIDE), isEcho: false };
}

/** A text that holds an echo as a value of its JSON is one as well. Holders stand before what they hold. */
function withEchoesInside(
  leaves: readonly LabelledLeaf[],
  read: readonly Leaf[],
  from: string,
): readonly LabelledLeaf[] {
  const echoes = new Map<string, Labels>();
  const raised = leaves.map((leaf, index) => ({ leaf, holder: read[index]?.holder })).reverse();
  const marked = raised.map(({ leaf, holder }) => {
    const inside = leaf.isText ? echoes.get(leaf.path) : undefined;
    const labels = inside === undefined ? leaf.labels : join(leaf.labels, inside);
    const isEcho = leaf.isEcho || inside !== undefined;
    if (isEcho && holder !== undefined) echoes.set(holder, join(echoes.get(holder) ?? labels, labels));
    return inside === undefined ? leaf : { ...leaf, labels, isEcho, classes: classesOf(labels, from, leaf.tags) };
  });
  return marked.reverse();
}

/** Beyond the depth at which paths stop growing, several leaves share one. */
function worse(known: LabelledLeaf | undefined, leaf: LabelledLeaf): LabelledLeaf {
  if (known === undefined) return leaf;
  return { ...leaf, labels: join(known.labels, leaf.labels), isEcho: known.isEcho || leaf.isEcho };
}

/** An error's text is the server's own: no source speaks for it, nor for a result that says it is an error. */
function isError({ method }: PageArrival, value: JsonValue): boolean {
  return method.endsWith("#error") || (isJsonObject(value) && value["isError"] === true);
}

/** The one page that a tool's sources speak of: not progress on the way, nor anything else that a server sends. */
const TOOL_RESULT = "tools/call#result";

/** The page's origin as sources name it: the method without the part of the answer. */
function sourceOf({ server, method }: PageArrival, tool: string | undefined): PageSource {
  const [name = method] = method.split("#");
  return { server, method: name, ...(tool === undefined || method !== TOOL_RESULT ? {} : { tool }) };
}

function suspected(leaf: LabelledLeaf, from: string): LabelledLeaf {
  if (leaf.labels.integrity === "trusted") return leaf;
  const labels = join(leaf.labels, SUSPECT);
  return { ...leaf, labels, classes: classesOf(labels, from, leaf.tags) };
}

interface Speaking {
  readonly labeller: LeafLabeller | undefined;
  readonly holder: Holder | undefined;
}

function isDoubtful(holder: Holder | undefined): holder is Holder {
  return holder !== undefined && holder.labels.integrity !== "trusted";
}

function labelLeaf(arrival: Arrival, leaf: Leaf, speaking: Speaking): LabelledLeaf {
  const { holder } = speaking;
  const spoken = leafLabels(arrival.base, leaf, speaking);
  const text = textOf(leaf.value);
  const isText = typeof leaf.value === "string";
  const suspect = arrival.signs.length > 0 && isText && signsOf(text).length > 0;
  const labels = suspect ? join(spoken, SUSPECT) : spoken;
  const echo = labels.integrity === "trusted" ? echoOf(arrival.context, arrival.page.call, leaf.value) : undefined;
  const final = echo === undefined ? labels : join(labels, echo);
  // A tag of a place is authority where a rule asks for it: a stranger's JSON has such places for free.
  const tags = isDoubtful(holder) ? holder.labels.tags : final.tags;
  const classes = classesOf(final, serverClass(arrival.page.server), tags);
  const isEcho = echo !== undefined || holder?.isEcho === true;
  return { path: leaf.path, text, isText, labels: final, classes, tags, isEcho };
}

/** What the operator's sources say of the leaf, and no less than what the string is that holds it. */
function leafLabels(base: Labels, leaf: Leaf, { labeller, holder }: Speaking): Labels {
  const sibling = isDoubtful(holder) ? () => undefined : siblingOf(leaf.parent);
  const names = labeller?.({ path: leaf.path, valuePath: leaf.valuePath, sibling });
  const own = names === undefined ? base : spokenLabels(names);
  return holder === undefined ? own : join(own, holder.labels);
}

function classesOf(labels: Labels, from: string, tags: readonly string[]): readonly string[] {
  return [labels.integrity === "trusted" ? "trusted" : "untrusted", from, ...tags];
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
