/** What one look-up sees of a generation: words up to the handle's mark, and nothing that came later. */
import { describe, expect, it } from "vitest";
import type { View } from "../../../src/mmu/index/view.js";
import { MAILBOX, segmentOf, soughtIn, spanOf, STRANGER, USER, viewsIn } from "./fixture.js";

const segment = segmentOf("alpha bravo", ["alpha charlie", USER], ["alpha delta", MAILBOX], "bravo echo");
const sought = soughtIn("alpha bravo charlie zulu");
const [ALPHA, BRAVO, CHARLIE, ZULU] = [0, 1, 2, 3];

function viewOf(count: number): View {
  const [view] = viewsIn(sought, spanOf(segment, count));
  if (view === undefined) throw new Error("no view");
  return view;
}

const kindsOf = (view: View, word: number, most = Infinity): readonly unknown[] => {
  const kinds: unknown[] = [];
  view.eachNode(word, (node) => {
    kinds.push(segment.kindOf(segment.words.kind(node)));
    return kinds.length >= most;
  });
  return kinds;
};

describe("View", () => {
  it("ends where its last leaf does", () => {
    expect([0, 1, 2, 4].map((count) => viewOf(count).limit)).toEqual([0, 12, 26, 49]);
    expect(viewOf(2)).toMatchObject({ segment, count: 2 });
  });

  it("has the words of its leaves, and none of later ones", () => {
    const has = (count: number): readonly boolean[] =>
      [ALPHA, BRAVO, CHARLIE, ZULU, 99].map((word) => viewOf(count).has(word));
    expect(has(0)).toEqual([false, false, false, false, false]);
    expect(has(1)).toEqual([true, true, false, false, false]);
    expect(has(4)).toEqual([true, true, true, false, false]);
  });

  it("names for a word each kind of its leaves in order of arrival, until it is told to stop", () => {
    expect(kindsOf(viewOf(4), ALPHA)).toEqual([STRANGER, USER, MAILBOX]);
    expect(kindsOf(viewOf(2), ALPHA)).toEqual([STRANGER, USER]);
    expect(kindsOf(viewOf(0), ALPHA)).toEqual([]);
    expect(kindsOf(viewOf(4), ALPHA, 2)).toEqual([STRANGER, USER]);
    expect(kindsOf(viewOf(4), ZULU)).toEqual([]);
    expect(kindsOf(viewOf(4), 99)).toEqual([]);
  });

  it("has the node of a word for one kind of leaf, or -1", () => {
    const view = viewOf(4);
    const kind = (word: number, id: number): unknown => {
      const node = view.nodeOf(word, id);
      return node < 0 ? node : [segment.words.kind(node), segment.words.first(node)];
    };
    expect([0, 1, 2, 3].map((id) => kind(ALPHA, id))).toEqual([[0, 0], [1, 12], [2, 26], -1]);
    expect([kind(BRAVO, 0), kind(BRAVO, 1), kind(ZULU, 0), kind(99, 0)]).toEqual([[0, 6], -1, -1, -1]);
  });
});
