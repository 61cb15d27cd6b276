/** What is cut out of a page before it is handed on: descriptors by the kernel, and what the policy says. */
import { canonicalJson } from "../base/canonical.js";
import type { Digests } from "../base/digest.js";
import type { JsonValue } from "../base/json.js";
import { mayPass, type Decision } from "../abi/decision.js";
import type { DescriptorList } from "../abi/descriptors.js";
import type { PageValue } from "../abi/event.js";
import type { Payload, Withheld } from "../abi/payload.js";
import type { PageArrival } from "../abi/request.js";
import { signsOf } from "../mmu/detectors.js";
import type { Ruling } from "../policy/compile.js";
import { listOfMethod, type ListingPage } from "./descriptors.js";
import { contentDisagrees, DISAGREES_SIGN } from "./disagree.js";
import { withholds, type PendingCall, type State } from "./state.js";
import { changeValue } from "./syscall.js";
import { applyChanges } from "./transform.js";
import { contextOf, isOpen, valueOf } from "./values.js";
import { indexesOf, isWhole, withheldOf, withoutWithheld } from "./withhold.js";

/** Descriptors to be taken out of a listing. */
export interface Cut {
  readonly list: DescriptorList;
  readonly withheld: readonly Withheld[];
  /** What is left; undefined where the listing is not at hand. */
  readonly rest: JsonValue | undefined;
}

/** Undefined for a page that is no listing, and in runs that handed listings on whole. */
export function cutOf(
  state: State,
  page: PageArrival,
  pending: PendingCall | undefined,
  digests: Digests,
): Cut | undefined {
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

/** The page as a part of a listing, when it is one and at hand. */
export function listingOf(
  page: PageArrival,
  pending: PendingCall | undefined,
  cut: Cut | undefined,
): ListingPage | undefined {
  const list = cut?.list ?? listAsked(page, pending);
  const result = list === undefined ? undefined : valueOf(page.content);
  if (list === undefined || result === undefined) return undefined;
  return { list, result, withheld: indexesOf(cut?.withheld ?? []) };
}

/** The signs of what is left of a page, and whether a tool's result disagrees with itself. */
export function signsIn(state: State, { content, method }: PageArrival, cut: Cut | undefined): readonly string[] {
  if (content.kind === "sealed") return content.signs;
  const hasCut = cut?.rest !== undefined && cut.withheld.length > 0;
  const signs = signsOf(hasCut ? canonicalJson(cut.rest ?? null) : content.canonical);
  const isResult = withholds(state) && method === "tools/call#result";
  return isResult && contentDisagrees(valueOf(content) ?? null) ? [...signs, DISAGREES_SIGN] : signs;
}

/** What is done to a page: the policy's changes, then what is taken out. */
export function changesOf(delivery: Decision, ruling: Ruling, cut: Cut | undefined): NonNullable<PageValue["changes"]> {
  const changes = delivery.verdict === "transform" ? (ruling.changes ?? []).map(changeValue) : [];
  const withheld = cut?.withheld ?? [];
  return [...changes, ...withheld.map(({ path, reason }) => ({ kind: "withhold", path, reason }) as const)];
}

export interface Delivered {
  readonly delivery: Decision;
  /** RFC 8785 text of what is handed on in place of the page. */
  readonly changed: string | undefined;
}

/** The delivery with a transform's changes made and descriptors taken out; what cannot be changed is withheld. */
export function delivered(ruling: Ruling, content: Payload, cut: Cut | undefined): Delivered {
  const { decision } = ruling;
  const withheld = cut?.withheld ?? [];
  if (!mayPass(decision.verdict)) return { delivery: decision, changed: undefined };
  if (isWhole(withheld))
    return { delivery: { verdict: "deny", rule: "quarantined", reason: "quarantined" }, changed: undefined };
  const isChanged = decision.verdict === "transform" || withheld.length > 0;
  if (!isChanged || content.kind !== "open") return { delivery: decision, changed: undefined };
  try {
    return { delivery: decision, changed: canonicalJson(madeOf(ruling, valueOf(content) ?? null, cut)) };
  } catch {
    return { delivery: { verdict: "deny", rule: "policy-fault", reason: "policy-fault" }, changed: undefined };
  }
}

function madeOf({ decision, changes = [] }: Ruling, value: JsonValue, cut: Cut | undefined): JsonValue {
  const made = decision.verdict === "transform" ? applyChanges(value, changes) : value;
  return cut === undefined ? made : withoutWithheld(made, cut.list, cut.withheld);
}
