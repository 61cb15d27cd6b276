/** A page's line: something came in, with the labels of its leaves joined, and whether it may reach the agent. */
import type { Digests } from "../base/digest.js";
import type { JsonValue } from "../base/json.js";
import { isUserWords } from "../abi/request.js";
import type { PageValue } from "../abi/event.js";
import type { Labels } from "../abi/labels.js";
import type { Payload } from "../abi/payload.js";
import type { PageArrival } from "../abi/request.js";
import { BOTTOM, join, labelNames, labelsOf, OUTSIDE, SUSPECT } from "../mmu/lattice.js";
import type { PageLeaf } from "../mmu/memory.js";
import { labelPage } from "./arrival.js";
import { withAnswer, withListing, withPage, withUserWords } from "./context.js";
import { type ListingPage } from "./descriptors.js";
import { poisonIn, withDisagreement } from "./disagree.js";
import { changesOf, cutOf, delivered, listingOf, signsIn } from "./cut.js";
import { judgeDelivery, judgeUncalled, judgeUserWords } from "./decide.js";
import { isSeen } from "./fold.js";
import { pageHappened } from "./history.js";
import { type PendingCall, type State } from "./state.js";
import type { Made, Making } from "./made.js";
import { SYSCALLS } from "./table.js";
import { contextOf, isOpen, tracksValues, valueOf, withContext } from "./values.js";

export function pageStep(state: State, page: PageArrival, making: Making): Made {
  return isUserWords(page) ? userStep(state, page, making) : arrivalStep(state, page, making);
}

function arrivalStep(state: State, page: PageArrival, making: Making): Made {
  const { committer, digests, wall_ms, history } = making;
  const pending = page.call === undefined ? undefined : state.sessions.get(page.session)?.calls.get(page.call);
  const { content } = page;
  const cut = cutOf(state, page, pending, digests);
  const signs = signsIn(state, page, cut);
  const seen = toldPage(history) ?? readPage(state, page, pending, { value: cut?.rest ?? valueOf(content), signs });
  const labels = withDisagreement(seen.labels, signs);
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
    const brought = { leaves: seen.leaves, listing, isOwn: pending?.isOwn === true, isAnswer: isAnswer(pending) };
    return remembered(next, value, brought, digests);
  };
  return { event: { type: "page", value }, settle, changed };
}

/** Whether a page is the client's answer to a question of a server's. INVARIANT: it endorses nothing, whatever it says. */
function isAnswer(pending: PendingCall | undefined): boolean {
  return pending !== undefined && SYSCALLS[pending.kind].serverDriver !== "none";
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
  readonly value: JsonValue | undefined;
  readonly signs: readonly string[];
}

function readPage(state: State, page: PageArrival, pending: PendingCall | undefined, left: Left): Seen {
  const base = pending === undefined ? OUTSIDE : SYSCALLS[pending.kind].gives;
  const signs = poisonIn(left.signs);
  const whole = signs.length === 0 ? base : join(base, SUSPECT);
  const context = contextOf(state, page.session);
  const value = left.value;
  if (value === undefined || !isOpen(context))
    return { labels: recordedLabels(state, page.content) ?? whole, leaves: undefined };
  // A source speaks for what a server says, and this is the client's word.
  const sources = isAnswer(pending) ? undefined : state.policy?.compiled.sources;
  return labelPage({ page, value, tool: pending?.tool, base, signs, sources, context });
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
  /** Whether it goes to a server that has asked for it. */
  readonly isAnswer: boolean;
}

/** Of an answer to agentk's own request, what it lists is known and nothing else: the agent has seen none of it. */
function remembered(state: State, value: PageValue, brought: Brought, digests: Digests): State {
  const { leaves, listing, isOwn, isAnswer } = brought;
  const context = contextOf(state, value.session);
  if (leaves === undefined || !isOpen(context)) return withContext(state, value.session, "sealed");
  const told = isAnswer ? withAnswer(context, value.page, leaves) : context;
  const seen = isOwn ? told : withPage(told, value.page, leaves);
  const listed = listing === undefined ? seen : withListing(seen, value.server, listing, digests);
  return withContext(state, value.session, listed);
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
