/** A page's line: something came in, with the labels of its leaves joined, and whether it may reach the agent. */
import { canonicalJson } from "../base/canonical.js";
import type { Digests } from "../base/digest.js";
import type { JsonValue } from "../base/json.js";
import { isUserWords } from "../abi/request.js";
import type { PageValue } from "../abi/event.js";
import type { Labels } from "../abi/labels.js";
import type { Payload } from "../abi/payload.js";
import type { PageArrival } from "../abi/request.js";
import { signsOf } from "../mmu/detectors.js";
import { BOTTOM, join, labelNames, labelsOf, OUTSIDE, SUSPECT } from "../mmu/lattice.js";
import type { PageLeaf } from "../mmu/memory.js";
import type { Ruling } from "../policy/compile.js";
import { labelPage } from "./arrival.js";
import { withListing, withPage, withUserWords } from "./context.js";
import { judgeDelivery, judgeUncalled, judgeUserWords } from "./decide.js";
import { isSeen } from "./fold.js";
import { pageHappened } from "./history.js";
import type { PendingCall, State } from "./state.js";
import type { Made, Making } from "./made.js";
import { changeValue } from "./syscall.js";
import { SYSCALLS } from "./table.js";
import { applyChanges } from "./transform.js";
import { contextOf, isOpen, tracksValues, valueOf, withContext } from "./values.js";

export function pageStep(state: State, page: PageArrival, making: Making): Made {
  return isUserWords(page) ? userStep(state, page, making) : arrivalStep(state, page, making);
}

function arrivalStep(state: State, page: PageArrival, making: Making): Made {
  const { committer, digests, wall_ms, history } = making;
  const pending = page.call === undefined ? undefined : state.sessions.get(page.session)?.calls.get(page.call);
  const { content } = page;
  const signs = content.kind === "sealed" ? content.signs : signsOf(content.canonical);
  const seen = toldPage(history) ?? readPage(state, page, pending, signs);
  const arrived = { page, labels: seen.labels, wall_ms };
  const ruling = pending === undefined ? judgeUncalled(state, arrived) : judgeDelivery(state, pending, arrived);
  const { delivery, changed } = delivered(ruling, content);
  const changes = delivery.verdict === "transform" ? ruling.changes : undefined;
  const value: PageValue = {
    ...(page.call === undefined ? {} : { call: page.call }),
    ...(changes === undefined ? {} : { changes: changes.map(changeValue) }),
    content: committer.commit("content", content),
    delivery,
    labels: labelNames(seen.labels),
    method: page.method,
    page: `p${String(state.seq)}`,
    server: page.server,
    session: page.session,
    signs,
  };
  const settle = (next: State): State => {
    if (!isSeen(pageHappened(value, history)) || !tracksValues(next)) return next;
    const isListing = pending?.kind === "tool.describe" && page.method === "tools/list#result";
    return remembered(next, value, seen.leaves, isListing ? { value: valueOf(content), digests } : undefined);
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

function readPage(state: State, page: PageArrival, pending: PendingCall | undefined, signs: readonly string[]): Seen {
  const base = pending === undefined ? OUTSIDE : SYSCALLS[pending.kind].gives;
  const whole = signs.length === 0 ? base : join(base, SUSPECT);
  const context = contextOf(state, page.session);
  const value = valueOf(page.content);
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

interface ListingPage {
  readonly value: JsonValue | undefined;
  readonly digests: Digests;
}

function remembered(
  state: State,
  value: PageValue,
  leaves: readonly PageLeaf[] | undefined,
  listing: ListingPage | undefined,
): State {
  const context = contextOf(state, value.session);
  if (leaves === undefined || !isOpen(context)) return withContext(state, value.session, "sealed");
  const seen = withPage(context, value.page, leaves);
  const listed = listing?.value === undefined ? seen : withListing(seen, value.server, listing.value, listing.digests);
  return withContext(state, value.session, listed);
}

/** The delivery with a transform's changes made; what cannot be changed is withheld. */
function delivered(ruling: Ruling, content: Payload): { delivery: PageValue["delivery"]; changed: string | undefined } {
  const { decision, changes = [] } = ruling;
  if (decision.verdict !== "transform" || content.kind !== "open") return { delivery: decision, changed: undefined };
  try {
    const value = valueOf(content) ?? null;
    return { delivery: decision, changed: canonicalJson(applyChanges(value, changes)) };
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
