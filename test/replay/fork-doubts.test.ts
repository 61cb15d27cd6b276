/** What a fork does not know of a call or a page, as its sessions go on, and which recorded facts hold in it. */
import { describe, expect, it } from "vitest";
import type { SyscallValue } from "../../src/abi/event.js";
import type { PolicyDocument } from "../../src/policy/ast.js";
import { ForkDoubts } from "../../src/replay/fork-doubts.js";
import { compile, policyOf, source, type RuleParts } from "../kernel/fixture.js";

const ANY: RuleParts = { id: "any", effect: "allow", syscalls: ["tool.invoke"] };
const when = (more: string, id = "first"): RuleParts => ({ ...ANY, id, more });
const grantsOf = (...tables: readonly string[]): string =>
  tables.map((table) => `[[grants]]\ncapability = "tool.invoke:*"\n${table}\n`).join("");

const PLAIN = policyOf(ANY);
const COUNTING = policyOf(when("history = [{ at_least = 2 }]"), ANY);
const BUDGETED = policyOf(when('budget = { path = "/amount", over = 100 }'), ANY);
const LIMITED = grantsOf("uses = 2") + PLAIN;

const documentOf = (policy: string): PolicyDocument => compile(policy).document;

/** A fork whose run had the first policy in force, and itself the second. */
function doubtsOf(recorded: string, own = recorded): ForkDoubts {
  const doubts = new ForkDoubts();
  doubts.policy(documentOf(recorded), documentOf(own));
  return doubts;
}

const said = (doubts: ReadonlySet<string>): readonly string[] => [...doubts].sort();

describe("a call of which nobody knows whether it would have passed", () => {
  it.each([
    ["nothing, where nothing counts", PLAIN, []],
    ["counts, where the policy counts calls", COUNTING, ["counts"]],
    ["counts, where the policy has a budget", BUDGETED, ["counts"]],
    ["nothing, where the policy has conditions of other sorts", policyOf(when('labels_any = ["pii"]'), ANY), []],
    ["grants, where one has uses", LIMITED, ["grants"]],
    ["grants, where one of several has uses", grantsOf("", "uses = 1") + PLAIN, ["grants"]],
    ["nothing, where no grant has uses", grantsOf("") + PLAIN, []],
    ["both, where the policy has both", grantsOf("uses = 1") + COUNTING, ["counts", "grants"]],
  ])("leaves open %s", (_name, own, expected) => {
    const doubts = doubtsOf(PLAIN, own);
    expect(said(doubts.ofCall("s1"))).toEqual([]);
    doubts.uncertain("s1");
    expect(said(doubts.ofCall("s1"))).toEqual(expected);
    expect(said(doubts.ofPage("s1", false))).toEqual(expected);
  });

  it("leaves the counts of its own session open, and the grants of all", () => {
    const doubts = doubtsOf(PLAIN, grantsOf("uses = 1") + COUNTING);
    doubts.uncertain("s1");
    expect(said(doubts.ofCall("s2"))).toEqual(["grants"]);
  });

  it("before any policy, leaves nothing open", () => {
    const doubts = new ForkDoubts();
    doubts.uncertain("s1");
    expect(said(doubts.ofCall("s1"))).toEqual([]);
  });

  it("a policy that comes into force starts with unused grants, and goes on with the counts", () => {
    const doubts = doubtsOf(PLAIN, grantsOf("uses = 1") + COUNTING);
    doubts.uncertain("s1");
    doubts.policy(documentOf(PLAIN), documentOf(LIMITED));
    expect(said(doubts.ofCall("s1"))).toEqual(["counts"]);
  });
});

describe("labels", () => {
  it("of a call are open once its session has seen a page whose labels nobody knows", () => {
    const doubts = doubtsOf(PLAIN);
    doubts.afterPage("s1", { isUnknown: true, isOtherwise: false });
    expect(said(doubts.ofCall("s1"))).toEqual(["labels"]);
    expect(said(doubts.ofCall("s2"))).toEqual([]);
    expect(doubts.mayRelabel("s1")).toBe(false);
  });

  it("of a page are its own", () => {
    const doubts = doubtsOf(PLAIN);
    doubts.afterPage("s1", { isUnknown: true, isOtherwise: false });
    expect(said(doubts.ofPage("s1", false))).toEqual([]);
    expect(said(doubts.ofPage("s2", true))).toEqual(["labels"]);
  });

  it("recorded for a session that was handed something else may not be the fork's", () => {
    const doubts = doubtsOf(PLAIN);
    doubts.afterPage("s1", { isUnknown: false, isOtherwise: true });
    expect(doubts.mayRelabel("s1")).toBe(true);
    expect(doubts.mayRelabel("s2")).toBe(false);
    expect(said(doubts.ofCall("s1"))).toEqual([]);
  });

  const toUser = when('every = [{ path = "/to", from = ["user"] }]');
  const toTrusted = when('every = [{ path = "/to", from = ["trusted"] }]');
  const twoPaths = (...paths: readonly string[]): string =>
    policyOf(...paths.map((path, at) => when(`every = [{ path = "${path}", from = ["user"] }]`, `r${String(at)}`)));
  it.each([
    ["another rule on the same paths", policyOf(toUser), policyOf(toTrusted, ANY), false],
    ["the same names in another order", twoPaths("/to", "/cc"), twoPaths("/cc", "/to"), false],
    ["another name in a path", policyOf(toUser), policyOf(when('every = [{ path = "/cc", from = ["user"] }]')), true],
    ["a source more", PLAIN, source("/x", ["trusted"]) + PLAIN, true],
    ["a source that says otherwise", source("/x", ["trusted"]) + PLAIN, source("/x", ["pii"]) + PLAIN, true],
    ["a directory more", PLAIN, `[[directory]]\nname = "people"\nvalues = ["ann@example.org"]\n${PLAIN}`, true],
  ])("under %s are the fork's own or not", (_name, recorded, own, mayRelabel) => {
    expect(doubtsOf(recorded, own).mayRelabel("s1")).toBe(mayRelabel);
  });

  it("stay doubtful under a later policy that labels alike", () => {
    const doubts = doubtsOf(PLAIN, source("/x", ["trusted"]) + PLAIN);
    doubts.policy(documentOf(PLAIN), documentOf(PLAIN));
    expect(doubts.mayRelabel("s1")).toBe(true);
  });
});

describe("recorded facts", () => {
  const AMOUNT = when('every = [{ path = "/amount", max = 10 }]');
  const ORIGIN = when('every = [{ path = "/to", from = ["user"] }]', "second");
  const DESCRIBED = when('descriptor = ["changed"]', "third");
  const BUDGET = when('budget = { path = "/amount", over = 100 }', "fourth");
  const RUN = policyOf(AMOUNT, ORIGIN, DESCRIBED, BUDGET);
  const VALUE = "r0.every.0";
  const FROM = "r1.every.0";
  const DESCRIPTOR = "r2.descriptor";
  const SPENT = "r3.budget";

  function carried(doubts: ForkDoubts, facts: Partial<SyscallValue["facts"]> | undefined, session = "s1"): unknown {
    const value = { session, ...(facts === undefined ? {} : { facts: { held: [], failed: [], ...facts } }) };
    return Object.fromEntries(doubts.carried(value as unknown as SyscallValue));
  }
  const ALL = { held: [VALUE, FROM], failed: [DESCRIPTOR, SPENT] };

  it("under the same policy hold all, budgets too, as they held or failed", () => {
    expect(carried(doubtsOf(RUN), ALL)).toEqual({ [VALUE]: true, [FROM]: true, [DESCRIPTOR]: false, [SPENT]: false });
  });

  it("under another that labels alike hold all but budgets", () => {
    const own = policyOf(AMOUNT, ORIGIN, DESCRIBED, BUDGET, ANY);
    expect(carried(doubtsOf(RUN, own), ALL)).toEqual({ [VALUE]: true, [FROM]: true, [DESCRIPTOR]: false });
  });

  it("under one that labels otherwise hold of values and listings, and of no origin", () => {
    const doubts = doubtsOf(RUN, source("/x", ["trusted"]) + RUN);
    expect(carried(doubts, ALL)).toEqual({ [VALUE]: true, [DESCRIPTOR]: false });
  });

  it("in a session that was handed something else hold of values alone", () => {
    const doubts = doubtsOf(RUN);
    doubts.afterPage("s1", { isUnknown: false, isOtherwise: true });
    expect(carried(doubts, ALL)).toEqual({ [VALUE]: true });
    expect(carried(doubts, ALL, "s2")).toMatchObject({ [SPENT]: false });
  });

  it("once the policies were two, no budget holds under a later one that is the same", () => {
    const doubts = doubtsOf(RUN, policyOf(AMOUNT, ORIGIN, DESCRIBED, BUDGET, ANY));
    doubts.policy(documentOf(RUN), documentOf(RUN));
    expect(carried(doubts, { failed: [SPENT, DESCRIPTOR] })).toEqual({ [DESCRIPTOR]: false });
  });

  it("of the kernel's own hold under every policy, where they held", () => {
    const doubts = doubtsOf(RUN, PLAIN);
    const facts = { held: ["kernel.quarantined", VALUE], failed: ["kernel.other"] };
    expect(carried(doubts, facts)).toEqual({ "kernel.quarantined": true });
  });

  it("before any policy, and of a call without any, are none that was not recorded", () => {
    expect(carried(new ForkDoubts(), { held: [VALUE] })).toEqual({ [VALUE]: true });
    expect(carried(doubtsOf(RUN), undefined)).toEqual({});
  });
});
