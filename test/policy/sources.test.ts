/** Which labels sources give to which leaves of which pages. */
import { describe, expect, it } from "vitest";
import type { PolicySource } from "../../src/policy/ast.js";
import { compileSources, type PageSource, type SourceLeaf } from "../../src/policy/sources.js";

const BANK: PolicySource = {
  server: ["bank"],
  tool: ["get_*"],
  method: ["tools/call"],
  path: ["/*/sender"],
  labels: ["trusted"],
};
const PAGE: PageSource = { server: "bank", tool: "get_rows", method: "tools/call" };

function leaf(path: string, members: Readonly<Record<string, unknown>> = {}, valuePath = path): SourceLeaf {
  return { path, valuePath, sibling: (name) => members[name] };
}

function labelsOf(sources: readonly PolicySource[], at: SourceLeaf, page = PAGE): readonly string[] | undefined {
  return compileSources(sources)(page)?.(at);
}

describe("sources", () => {
  it.each<[Partial<PageSource>, boolean]>([
    [{}, true],
    [{ server: "other" }, false],
    [{ tool: "list" }, false],
    [{ method: "initialize" }, false],
  ])("speak of a page %j: %s", (change, expected) => {
    expect(compileSources([BANK])({ ...PAGE, ...change }) !== undefined).toBe(expected);
  });

  it("about a tool never speak of a page without one, and without conditions speak of all", () => {
    expect(compileSources([BANK])({ server: "bank", method: "tools/call" })).toBeUndefined();
    expect(labelsOf([{ path: ["/**"], labels: ["pii"] }], leaf("/x"), { server: "a", method: "b" })).toEqual(["pii"]);
  });

  it("select leaves by either path, and say nothing of others", () => {
    expect(labelsOf([BANK], leaf("/0/sender"))).toEqual(["trusted"]);
    expect(labelsOf([BANK], leaf("/structuredContent/0/sender", {}, "/0/sender"))).toEqual(["trusted"]);
    expect(labelsOf([BANK], leaf("/0/subject"))).toBeUndefined();
  });

  it.each<[unknown, boolean]>([
    ["me", true],
    [" me ", true],
    ["Me", false],
    [7, true],
    ["7", false],
    [undefined, false],
    [["me"], false],
  ])("ask for a sibling: %j counts: %s", (sender, expected) => {
    const mine: PolicySource = { path: ["/**"], when: { path: "sender", in: ["me ", 7] }, labels: ["pii"] };
    expect(labelsOf([mine], leaf("/0/subject", { sender })) !== undefined).toBe(expected);
  });

  it("join, and the more dangerous of two that contradict each other holds", () => {
    const says = (...labels: readonly string[]): PolicySource => ({ path: ["/**"], labels });
    expect(labelsOf([says("trusted", "pii"), says("pii", "private")], leaf("/a"))).toEqual([
      "trusted",
      "pii",
      "private",
    ]);
    expect(labelsOf([says("trusted"), says("untrusted")], leaf("/a"))).toEqual(["untrusted"]);
    expect(labelsOf([says("poisoned-suspect"), says("trusted")], leaf("/a"))).toEqual(["poisoned-suspect"]);
    expect(labelsOf([says("internal"), says("external")], leaf("/a"))).toEqual(["external"]);
  });
});
