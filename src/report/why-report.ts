/** Where a call's values came from, as a tree and as JSON. Attacker-controlled: every name and path of the log. */
import { decisionName, mayPass, type Decision } from "../abi/decision.js";
import { visible, visibleTarget } from "../evidence/visible.js";
import { decisionOf, type WhyCut, type WhyItem, type WhyNode } from "../evidence/why.js";
import { isoTime } from "./instant.js";
import { reportJson } from "./json.js";
import type { Paint } from "./style.js";
import type { ReportLook } from "./verify-report.js";

type ItemOf<K extends WhyItem["on"]> = Extract<WhyItem, { readonly on: K }>;
type Words = { readonly [K in WhyItem["on"]]: (item: ItemOf<K>, paint: Paint) => readonly string[] };

/** The tree, its root named first. */
export function whyText(log: string, tree: WhyNode, { paint }: ReportLook): string {
  return [`${paint.title("flight log")}  ${visible(log)}`, "", ...treeLines(tree, paint), ""].join("\n");
}

/** A line a node. Names are made visible before they are painted. */
export function treeLines(node: WhyNode, paint: Paint): readonly string[] {
  return [itemLine(node, paint), ...branchLines(node, paint)];
}

/** What stands below a node. */
export function branchLines({ children, more }: WhyNode, paint: Paint): readonly string[] {
  const rest = more === 0 ? [] : [[`... ${String(more)} more`]];
  const branches = [...children.map((child) => treeLines(child, paint)), ...rest];
  return branches.flatMap((lines, index) => {
    const [first, further] = index === branches.length - 1 ? ["└─ ", "   "] : ["├─ ", "│  "];
    return lines.map((line, at) => paint.dim(at === 0 ? first : further) + line);
  });
}

/** The node alone, on one line. */
export function itemLine(item: WhyItem, paint: Paint): string {
  // INVARIANT: the table's type pairs each row with the item of its own kind.
  return (WORDS[item.on] as (item: WhyItem, paint: Paint) => readonly string[])(item, paint).join("  ");
}

const WORDS: Words = {
  call: (item, paint) => [
    paint.title(visible(item.value.call)),
    `${item.value.kind} ${visibleTarget(item.value.target)}`,
    paintedDecision(item.value.decision, paint),
    labelWords(item.value.labels),
    paint.dim(isoTime(item.wall_ms)),
    ...leavesWords(item.value.more_leaves),
    ...cutWords(item.cut, undefined, paint),
  ],
  argument: ({ leaf }, paint) => [
    paint.title(placeWords(leaf.path)),
    leaf.match,
    ...fromWords(leaf.classes),
    labelWords(leaf.labels),
  ],
  page: (item, paint) => [
    paint.title(visible(item.value.page)),
    `${visibleTarget(item.target ?? item.value.server)} ${visible(item.value.method)}`,
    ...(item.origin === undefined ? [] : [spanWords(item.origin)]),
    ...(mayPass(item.value.delivery.verdict) ? [] : [paintedDecision(item.value.delivery, paint)]),
    labelWords(item.origin?.labels ?? item.value.labels),
    ...signWords(item.value.signs, paint),
    paint.dim(isoTime(item.wall_ms)),
    ...cutWords(item.cut, item.value.call, paint),
  ],
  directory: ({ name, origin }, paint) => [paint.title(`directory:${visible(name)}`), spanWords(origin)],
  composed: ({ of }) => [
    of === 0
      ? "composed: the session had been handed no page"
      : `composed: may come from any of ${String(of)} ${of === 1 ? "page" : "pages"}`,
  ],
  missing: ({ id }, paint) => [paint.title(visible(id)), paint.warn("the log has no such line before this one")],
};

export function paintedDecision(decision: Decision, paint: Paint): string {
  const name = visible(decisionName(decision));
  if (mayPass(decision.verdict)) return paint.good(name);
  return decision.verdict === "ask" ? paint.warn(name) : paint.bad(name);
}

function labelWords(labels: readonly string[]): string {
  return `[${labels.map(visible).join(" ")}]`;
}

/** `nowhere` is said by the match already. */
function fromWords(classes: readonly string[]): readonly string[] {
  const named = classes.filter((name) => name !== "nowhere");
  return named.length === 0 ? [] : [`from ${named.map(visible).join(", ")}`];
}

function signWords(signs: readonly string[], paint: Paint): readonly string[] {
  return signs.length === 0 ? [] : [paint.bad(`signs ${signs.map(visible).join(", ")}`)];
}

function leavesWords(more: number | undefined): readonly string[] {
  return more === undefined ? [] : [`and ${String(more)} argument leaves that the log does not list`];
}

/** Where the way ends: at the other place of the node, or, too deep, at a page, of which the call is named here. */
function cutWords(cut: WhyCut | undefined, call: string | undefined, paint: Paint): readonly string[] {
  if (cut === undefined) return [];
  return [paint.dim(cut === "elsewhere" || call === undefined ? "(as at its other place)" : `(brought by ${call})`)];
}

function placeWords(path: string): string {
  return path === "" ? "(whole)" : visible(path);
}

/** UTF-16 code units of the leaf's text, the end not included. */
function spanWords({ path, start, end }: NonNullable<ItemOf<"page">["origin"]>): string {
  return `${placeWords(path)} ${String(start)}..${String(end)}`;
}

export function whyJson(log: string, tree: WhyNode): string {
  return `${reportJson({ format: "agentk-why/1", log, why: nodeMembers(tree) })}\n`;
}

/** A node and all below it, with the log's member names. */
export function nodeMembers(node: WhyNode): Readonly<Record<string, unknown>> {
  const { children, more } = node;
  return { on: node.on, ...itemMembers(node), more, children: children.map(nodeMembers) };
}

function itemMembers(item: WhyItem): Readonly<Record<string, unknown>> {
  switch (item.on) {
    case "call": {
      const { call, session, agent, kind, server, act, risk, labels, more_leaves } = item.value;
      const names = { call, session, agent, kind, target: visibleTarget(item.value.target), server };
      return { ...placeMembers(item), ...names, act, risk, labels, more_leaves };
    }
    case "page": {
      const { page, call, session, server, method, labels, signs } = item.value;
      const target = item.target === undefined ? undefined : visibleTarget(item.target);
      return { ...placeMembers(item), page, call, session, server, method, target, labels, signs, origin: item.origin };
    }
    case "argument": {
      const { path, match, classes, labels } = item.leaf;
      return { path, match, classes, labels };
    }
    case "directory":
      return { name: item.name, origin: item.origin };
    case "composed":
      return { of: item.of };
    case "missing":
      return { id: item.id };
  }
}

function placeMembers(item: ItemOf<"call" | "page">): Readonly<Record<string, unknown>> {
  const decision = decisionOf(item);
  const { seq, wall_ms, cut } = item;
  return { seq, time: isoTime(wall_ms), decision: decisionName(decision), reason: decision.reason, cut };
}
