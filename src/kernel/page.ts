/** A page's line: something came in, with the labels of its leaves joined, and whether it may reach the agent. */
import { canonicalJson } from "../base/canonical.js";
import type { Digests } from "../base/digest.js";
import type { JsonValue } from "../base/json.js";
import { mayPass, type Decision } from "../abi/decision.js";
import type { DescriptorList } from "../abi/descriptors.js";
import { isUserWords } from "../abi/request.js";
import type { PageValue } from "../abi/event.js";
import type { Labels } from "../abi/labels.js";
import type { Payload, Withheld } from "../abi/payload.js";
import type { PageArrival } from "../abi/request.js";
import { signsOf } from "../mmu/detectors.js";
import { BOTTOM, join, labelNames, labelsOf, OUTSIDE, SUSPECT } from "../mmu/lattice.js";
import type { PageLeaf } from "../mmu/memory.js";
import type { Ruling } from "../policy/compile.js";
import { labelPage } from "./arrival.js";
import { withListing, withPage, withUserWords } from "./context.js";
import { listOfMethod, type ListingPage } from "./descriptors.js";
import { contentDisagrees, DISAGREES, DISAGREES_SIGN } from "./disagree.js";
import { judgeDelivery, judgeUncalled, judgeUserWords } from "./decide.js";
import { isSeen } from "./fold.js";
import { pageHappened } from "./history.js";
import { withholds, type PendingCall, type State } from "./state.js";
import type { Made, Making } from "./made.js";
import { changeValue } from "./syscall.js";
import { SYSCALLS } from "./table.js";
import { applyChanges } from "./transform.js";
import { contextOf, isOpen, tracksValues, valueOf, withContext } from "./values.js";
import { indexesOf, isWhole, withheldOf, withoutWithheld } from "./withhold.js";

export function pageStep(state: State, page: PageArrival, making: Making): Made {
  return isUserWords(page) ? userStep(state, page, making) : arrivalStep(state, page, making);
}

function arrivalStep(state: State, page: PageArrival, making: Making): Made {
  const { committer, digests, wall_ms, history } = making;
  const pending = page.call === undefined ? undefined : state.sessions.get(page.session)?.calls.get(page.call);
  const { content } = page;
  const cut = cutOf(state, page, pending, digests);
  const signs = signsIn(state, page, cut);
  const seen = toldPage(history) ?? readPage(state, page, pending, { cut, signs });
  const labels = signs.includes(DISAGREES_SIGN) ? join(seen.labels, { ...BOTTOM, tags: [DISAGREES] }) : seen.labels;
  const arrived = { page, labels, wall_ms };
  const ruling = pending === undefined ? judgeUncalled(state, arrived) : judgeDelivery(state, pending, arrived);
  const { delivery, changed } = delivered(ruling, content, cut);
  const changes = changesOf(delivery, ruling, cut);
  const value: PageValue = {
    ...(page.call === undefined ? {} : { call: page.call }),
    ...(changes.length === 0 ? {} : { changes }),
    content: committer.commit("content", content),
    delivery,
    labels: labelNames(labels),
    method: page.method,
    page: `p${String(state.seq)}`,
    server: page.server,
    session: page.session,
    signs,
  };
  const settle = (next: State): State => {
    if (!isSeen(pageHappened(value, history)) || !tracksValues(next)) return next;
    const listing = listingOf(page, pending, cut);
    return remembered(next, value, { leaves: seen.leaves, listing, isOwn: pending?.isOwn === true }, digests);
  };
  return { event: { type: "page", value }, settle, changed };
}

interface Seen {
  readonly labels: Labels;
  /** Undefined when the values are not at hand. */
  readonly leaves: readonly PageLeaf[] | undefined;
}

/** A fork may say what a page is labelled; then its leaves are not known. */
function toldPage(history: Making["history"]): Seen | undefined {
  const labels = history?.labels === undefined ? undefined : labelsOf(history.labels);
  return labels === undefined ? undefined : { labels, leaves: undefined };
}

/** What is left of a page when descriptors were taken out, and the signs in that. */
interface Left {
  readonly cut: Cut | undefined;
  readonly signs: readonly string[];
}

function readPage(state: State, page: PageArrival, pending: PendingCall | undefined, left: Left): Seen {
  const base = pending === undefined ? OUTSIDE : SYSCALLS[pending.kind].gives;
  const signs = left.signs.filter((sign) => sign !== DISAGREES_SIGN);
  const whole = signs.length === 0 ? base : join(base, SUSPECT);
  const context = contextOf(state, page.session);
  const value = left.cut?.rest ?? valueOf(page.content);
  if (value === undefined || !isOpen(context))
    return { labels: recordedLabels(state, page.content) ?? whole, leaves: undefined };
  const compiled = state.policy?.compiled;
  return labelPage({ page, value, tool: pending?.tool, base, signs, sources: compiled?.sources, context });
}

/**
 * The labels of a page when its value, or an earlier one of the session, is not at hand: as recorded, where the policy
 * has sources that could say so.
 */
function recordedLabels(state: State, { labels }: Payload): Labels | undefined {
  const hasSources = (state.policy?.compiled.document.sources.length ?? 0) > 0;
  return hasSources && labels !== undefined ? labelsOf(labels) : undefined;
}

interface Brought {
  readonly leaves: readonly PageLeaf[] | undefined;
  readonly listing: ListingPage | undefined;
  readonly isOwn: boolean;
}

/** Of an answer to agentk's own request, what it lists is known and nothing else: the agent has seen none of it. */
function remembered(state: State, value: PageValue, brought: Brought, digests: Digests): State {
  const { leaves, listing, isOwn } = brought;
  const context = contextOf(state, value.session);
  if (leaves === undefined || !isOpen(context)) return withContext(state, value.session, "sealed");
  const seen = isOwn ? context : withPage(context, value.page, leaves);
  const listed = listing === undefined ? seen : withListing(seen, value.server, listing, digests);
  return withContext(state, value.session, listed);
}

/** Descriptors to be taken out of a listing. `rest` is undefined where the listing is not at hand. */
interface Cut {
  readonly list: DescriptorList;
  readonly withheld: readonly Withheld[];
  readonly rest: JsonValue | undefined;
}

/** Undefined for a page that is no listing, and in runs that handed listings on whole. */
function cutOf(state: State, page: PageArrival, pending: PendingCall | undefined, digests: Digests): Cut | undefined {
  const list = withholds(state) ? listAsked(page, pending) : undefined;
  if (list === undefined) return undefined;
  const { content, server } = page;
  const result = valueOf(content);
  const context = contextOf(state, page.session);
  const isKnown = result !== undefined && isOpen(context);
  const withheld = isKnown
    ? withheldOf({ list, server, pins: state.pins, listings: context.listings, digests }, result)
    : (content.withheld ?? []);
  return { list, withheld, rest: result === undefined ? undefined : withoutWithheld(result, list, withheld) };
}

/** The list that a page is of, when that was asked for. */
function listAsked({ method }: PageArrival, pending: PendingCall | undefined): DescriptorList | undefined {
  return pending?.kind.endsWith(".describe") === true ? listOfMethod(method) : undefined;
}

function listingOf(page: PageArrival, pending: PendingCall | undefined, cut: Cut | undefined): ListingPage | undefined {
  const list = cut?.list ?? listAsked(page, pending);
  const result = valueOf(page.content);
  if (list === undefined || result === undefined) return undefined;
  return { list, result, withheld: indexesOf(cut?.withheld ?? []) };
}

/** The signs of what is left of a page, and whether a tool's result disagrees with itself. */
function signsIn(state: State, { content, method }: PageArrival, cut: Cut | undefined): readonly string[] {
  if (content.kind === "sealed") return content.signs;
  const hasCut = cut?.rest !== undefined && cut.withheld.length > 0;
  const signs = signsOf(hasCut ? canonicalJson(cut.rest ?? null) : content.canonical);
  const isResult = withholds(state) && method === "tools/call#result";
  return isResult && contentDisagrees(valueOf(content) ?? null) ? [...signs, DISAGREES_SIGN] : signs;
}

/** What is done to a page: the policy's changes, then what is taken out. */
function changesOf(delivery: Decision, ruling: Ruling, cut: Cut | undefined): NonNullable<PageValue["changes"]> {
  const changes = delivery.verdict === "transform" ? (ruling.changes ?? []).map(changeValue) : [];
  const withheld = cut?.withheld ?? [];
  return [...changes, ...withheld.map(({ path, reason }) => ({ kind: "withhold", path, reason }) as const)];
}

/** The delivery with a transform's changes made and descriptors taken out; what cannot be changed is withheld. */
function delivered(
  ruling: Ruling,
  content: Payload,
  cut: Cut | undefined,
): { delivery: PageValue["delivery"]; changed: string | undefined } {
  const { decision, changes = [] } = ruling;
  if (cut !== undefined && isWhole(cut.withheld) && mayPass(decision.verdict))
    return { delivery: { verdict: "deny", rule: "quarantined", reason: "quarantined" }, changed: undefined };
  const isCut = cut !== undefined && cut.withheld.length > 0;
  const isChanged = decision.verdict === "transform" || (isCut && mayPass(decision.verdict));
  if (!isChanged || content.kind !== "open") return { delivery: decision, changed: undefined };
  try {
    const value = valueOf(content) ?? null;
    const made = decision.verdict === "transform" ? applyChanges(value, changes) : value;
    const left = isCut ? withoutWithheld(made, cut.list, cut.withheld) : made;
    return { delivery: decision, changed: canonicalJson(left) };
  } catch {
    return { delivery: { verdict: "deny", rule: "policy-fault", reason: "policy-fault" }, changed: undefined };
  }
}

/** The user's words: a trusted page, when the policy names a channel for them. */
function userStep(state: State, page: PageArrival, { committer, wall_ms }: Making): Made {
  const delivery = judgeUserWords(state, wall_ms);
  const value: PageValue = {
    content: committer.commit("content", page.content),
    delivery,
    labels: labelNames(delivery.verdict === "allow" ? BOTTOM : OUTSIDE),
    method: page.method,
    page: `p${String(state.seq)}`,
    server: page.server,
    session: page.session,
    signs: [],
  };
  const settle = (next: State): State => {
    if (delivery.verdict !== "allow" || !tracksValues(next)) return next;
    const context = contextOf(next, page.session);
    const text = valueOf(page.content);
    const known = isOpen(context) && typeof text === "string" ? withUserWords(context, value.page, text) : "sealed";
    return withContext(next, page.session, known);
  };
  return { event: { type: "page", value }, settle };
}
