/** What a fork does not know, as it goes on: of which session the labels, of which the counts, and what facts still hold. */
import type { SyscallValue } from "../abi/event.js";
import type { PolicyDocument } from "../policy/ast.js";
import { factCarrier, placesOf, type CarryFacts, type Shared } from "../policy/carried.js";
import { pathNames } from "../policy/path-names.js";
import type { Doubt } from "./doubts.js";

const NO_FACTS: ReadonlyMap<string, boolean> = new Map();

export class ForkDoubts {
  /** The recorded policies so far and the fork's are the same documents. */
  private isSame = true;
  /** They label what comes in alike. */
  private labelsAlike = true;
  private carry: CarryFacts = (facts) => facts;
  private usesCounts = false;
  private hasLimitedGrants = false;
  private areGrantsUncertain = false;
  private readonly unlabelled = new Set<string>();
  private readonly uncounted = new Set<string>();
  /** Sessions that were handed something else than was recorded, by the listings too. */
  private readonly changed = new Set<string>();

  /** A policy comes into force, and the fork's in its place. */
  policy(recorded: PolicyDocument, own: PolicyDocument): void {
    this.isSame &&= textOf(recorded) === textOf(own);
    this.labelsAlike &&= labelling(recorded) === labelling(own);
    this.carry = factCarrier(recorded, own);
    this.usesCounts ||= placesOf(own).some(([, { on }]) => on === "history" || on === "budget");
    this.hasLimitedGrants = own.grants.some(({ uses }) => uses !== undefined);
    this.areGrantsUncertain = false;
  }

  ofCall(session: string): ReadonlySet<Doubt> {
    const doubts = this.counted(session);
    if (this.unlabelled.has(session)) doubts.add("labels");
    return doubts;
  }

  /** A page is decided on its own labels. */
  ofPage(session: string, isUnlabelled: boolean): ReadonlySet<Doubt> {
    const doubts = this.counted(session);
    if (isUnlabelled) doubts.add("labels");
    return doubts;
  }

  private counted(session: string): Set<Doubt> {
    const doubts = new Set<Doubt>();
    if (this.uncounted.has(session)) doubts.add("counts");
    if (this.areGrantsUncertain) doubts.add("grants");
    return doubts;
  }

  /** A call happened of which nobody knows whether the fork's policy would have let it pass. */
  uncertain(session: string): void {
    if (this.usesCounts) this.uncounted.add(session);
    if (this.hasLimitedGrants) this.areGrantsUncertain = true;
  }

  /** Whether the labels recorded for a page of the session may not be the fork's. */
  mayRelabel(session: string): boolean {
    return !this.labelsAlike || this.changed.has(session);
  }

  afterPage(session: string, page: { readonly isUnknown: boolean; readonly isOtherwise: boolean }): void {
    if (page.isUnknown) this.unlabelled.add(session);
    if (page.isOtherwise) this.changed.add(session);
  }

  /** The facts of a recorded decision that hold in the fork as well. */
  carried({ facts, session }: SyscallValue): ReadonlyMap<string, boolean> {
    if (facts === undefined) return NO_FACTS;
    const held = facts.held.map((key) => [key, true] as const);
    const failed = facts.failed.map((key) => [key, false] as const);
    const carried = this.carry(new Map([...held, ...failed]), this.shared(session));
    // What the kernel itself has found is no policy's.
    return new Map([...carried, ...held.filter(([key]) => key.startsWith("kernel."))]);
  }

  private shared(session: string): Shared {
    if (this.changed.has(session)) return "arguments";
    if (!this.labelsAlike) return "listings";
    return this.isSame ? "all" : "labels";
  }
}

/** Names that the policy uses are no values of a call's, so they are no echo in what comes back, and label nothing there. */
function labelling(document: PolicyDocument): string {
  return JSON.stringify([document.sources, document.directory, [...pathNames(document)].sort()]);
}

function textOf(document: PolicyDocument): string {
  return JSON.stringify(document);
}
