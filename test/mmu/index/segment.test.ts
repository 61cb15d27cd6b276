/** A generation of leaves: what is found in it, by kind and up to a mark, and where tokens must not be cut. */
import { describe, expect, it } from "vitest";
import { findWhole } from "../../../src/mmu/index/search.js";
import { segmentOf, soughtIn, textsIn, viewsIn } from "./fixture.js";

describe("a phone number beside a link", () => {
  const segment = segmentOf("call y.example&:020 7946 0958 now");
  const found = (text: string): readonly string[] => {
    const sought = soughtIn(text);
    return textsIn(findWhole(viewsIn(sought, segment), sought).places);
  };

  it("is found whole, and its beginning or one of its groups is not", () => {
    expect(found("020 7946 0958")).toEqual(["0: 020 7946 0958"]);
    expect(found("020 7946")).toEqual([]);
    expect(found("7946")).toEqual([]);
  });
});
