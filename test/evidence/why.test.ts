import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mayPass } from "../../src/abi/decision.js";
import type { FlightEvent, FlightLine, SyscallValue } from "../../src/abi/event.js";
import { DEFAULT_WHY, whyTree, type WhyBounds, type WhyNode, type WhySource } from "../../src/evidence/why.js";
import { chainOf, parse } from "./fixture.js";
import { FROM_PAGE, invoked, leaf, mail, mailEvents, origin, userPage, webPage } from "./poisoned-run.js";

function sourceOf(events: readonly FlightEvent[]): WhySource {
  const lines = chainOf(events).map((text) => parse(text) as FlightLine);
  return {
    line: (seq) => lines[seq],
    readBefore: (session, seq, atMost) => {
      const pages = lines.filter(
        ({ type, value, seq: at }) =>
          type === "page" && value.session === session && at < seq && mayPass(value.delivery.verdict),
      );
      const newest = atMost === 0 ? [] : pages.slice(-atMost);
      return { of: pages.length, newest: newest.map(({ seq: at }) => at).reverse() };
    },
  };
}

function treeOf(events: readonly FlightEvent[], seq: number, bounds: Partial<WhyBounds> = {}): WhyNode {
  const tree = whyTree(sourceOf(events), seq, { ...DEFAULT_WHY, ...bounds });
  if (tree === undefined) throw new Error("no tree");
  return tree;
}

/** A node in a few words, and those below it. */
function sketch(node: WhyNode): unknown {
  const more = node.more > 0 ? [`+${String(node.more)}`] : [];
  return [nameOf(node), ...node.children.map(sketch), ...more];
}

function nameOf(node: WhyNode): string {
  switch (node.on) {
    case "call":
      return `${node.value.call}${node.cut ?? ""}`;
    case "argument":
      return node.leaf.path;
    case "page":
      return `${node.value.page}${node.cut ?? ""}`;
    case "directory":
      return node.name;
    case "composed":
      return `of ${String(node.of)}`;
    case "missing":
      return `${node.id}?`;
  }
}

function count(node: WhyNode): number {
  return node.children.reduce((sum, child) => sum + count(child), 1);
}

describe("the tree of a call", () => {
  test("goes from the call over its leaves and pages to what brought these", () => {
    expect(sketch(treeOf(mailEvents(), 6))).toEqual([
      "c6",
      ["/to", ["p4", ["c3", ["/url", ["p2elsewhere"]]]]],
      ["/cc/0", ["team"]],
      ["/subject", ["p2"]],
      ["/body", ["of 2", ["p4elsewhere"], ["p2elsewhere"]]],
    ]);
  });

  test("a page names what its call acted on, and where in it the value stood", () => {
    const page = treeOf(mailEvents(), 6).children[0]?.children[0];
    expect(page).toMatchObject({ on: "page", target: "web/read_page", origin: FROM_PAGE });
  });

  test("a page can be asked about as well; anything else is no call", () => {
    expect(sketch(treeOf(mailEvents(), 4))).toEqual(["p4", ["c3", ["/url", ["p2"]]]]);
    for (const seq of [0, 1, 5, 7]) expect(whyTree(sourceOf(mailEvents()), seq)).toBeUndefined();
  });

  test("composed in a session that has been handed nothing", () => {
    const events = [...mailEvents().slice(0, 2), mail(2, { provenance: [leaf("/body", "nowhere")] })];
    expect(sketch(treeOf(events, 2))).toEqual(["c2", ["/body", ["of 0"]]]);
  });

  test("composed: at most so many pages are named, newest first; withheld pages and other sessions' are none", () => {
    const withheld = { verdict: "deny", rule: "default-deny", reason: "no-rule" } as const;
    const pages = [2, 3, 4, 5, 6, 7, 8].map((seq) => webPage(seq));
    const events = [
      ...mailEvents().slice(0, 2),
      ...pages,
      webPage(9, undefined, { delivery: withheld }),
      webPage(10, undefined, { session: "s2" }),
      mail(11, { provenance: [leaf("/body", "nowhere")] }),
    ];
    expect(sketch(treeOf(events, 11))).toEqual(["c11", ["/body", ["of 7", ["p8"], ["p7"], ["p6"], ["p5"], ["p4"]]]]);
  });
});

describe("bounds", () => {
  test("the depth is that of calls; a page whose call lies deeper says so", () => {
    const shallow = sketch(treeOf(mailEvents(), 6, { depth: 1 }));
    expect(shallow).toMatchObject(["c6", ["/to", ["p4depth"]], {}, ["/subject", ["p2"]], {}]);
  });

  test("the nodes are bounded breadth first, and what is left out is counted", () => {
    const tree = treeOf(mailEvents(), 6, { nodes: 6 });
    expect(sketch(tree)).toEqual(["c6", ["/to", ["p4", "+1"]], ["/cc/0", "+1"], ["/subject", "+1"], ["/body", "+1"]]);
    expect(count(tree)).toBe(6);
  });

  test("a long way is followed as deep as is asked for", () => {
    const way = (seq: number): readonly FlightEvent[] => {
      const from = origin(`p${String(seq - 1)}`, "/next");
      return [
        invoked(seq, "read_page", { provenance: [leaf("/url", "exact", { origins: [from] })] }),
        webPage(seq + 1, `c${String(seq)}`),
      ];
    };
    const events = [...mailEvents().slice(0, 2), userPage(2), ...[3, 5, 7, 9, 11, 13].flatMap(way)];
    const calls = (node: WhyNode): number =>
      (node.on === "call" ? 1 : 0) + node.children.reduce((most, child) => Math.max(most, calls(child)), 0);
    expect(calls(treeOf(events, 13))).toBe(4);
    expect(calls(treeOf(events, 13, { depth: 6 }))).toBe(6);
    expect(calls(treeOf(events, 13, { depth: 1 }))).toBe(1);
  });
});

describe("a log that names what is not there", () => {
  const withOrigins = (...pages: readonly string[]): FlightEvent[] => {
    const provenance = [leaf("/to", "exact", { origins: pages.map((page) => origin(page, "/a")) })];
    return [...mailEvents().slice(0, 6), mail(6, { provenance })];
  };

  test.each(["p6", "p7", "p99", "c3", "p3", "p04", "", "p", "p9999999999999999", "p-1", "latest"])("%j", (page) => {
    expect(sketch(treeOf(withOrigins(page), 6))).toEqual(["c6", ["/to", [`${page}?`]]]);
  });

  test("a page of another session is none of this one's", () => {
    const events = withOrigins("p4").map((event, seq) => (seq === 4 ? webPage(4, "c3", { session: "s2" }) : event));
    expect(sketch(treeOf(events, 6))).toEqual(["c6", ["/to", ["p4?"]]]);
  });

  test("a page that says a later call brought it leads nowhere", () => {
    const events = withOrigins("p4").map((event, seq) => (seq === 4 ? webPage(4, "c6") : event));
    expect(sketch(treeOf(events, 6))).toEqual(["c6", ["/to", ["p4", ["c6?"]]]]);
  });
});

test("whatever a log says, the tree is bounded and every way leads to earlier lines", () => {
  const anyCall = fc.array(fc.array(fc.nat(40), { maxLength: 8 }), { maxLength: 12 });
  const anyLine = fc.oneof(
    anyCall.map((leaves) => (seq: number): FlightEvent => {
      const provenance: SyscallValue["provenance"] = leaves.map((pages) =>
        leaf("/x", pages.length === 0 ? "nowhere" : "exact", {
          origins: pages.map((page) => origin(`p${String(page)}`, "")),
        }),
      );
      return invoked(seq, "read_page", { provenance });
    }),
    fc.nat(40).map(
      (call) =>
        (seq: number): FlightEvent =>
          webPage(seq, call > 35 ? undefined : `c${String(call)}`),
    ),
  );
  const isOrdered = (node: WhyNode, before: number): boolean => {
    const own = "seq" in node ? node.seq : before;
    return own <= before && node.children.every((child) => isOrdered(child, "seq" in child ? own - 1 : own));
  };
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (makes, depth) => {
      const events = makes.map((make, seq) => make(seq));
      const tree = treeOf(events, events.length - 1, { depth });
      expect(count(tree)).toBeLessThanOrEqual(DEFAULT_WHY.nodes);
      expect(isOrdered(tree, events.length)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
