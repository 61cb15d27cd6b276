/** The places of an answer: one a kind, those that do not count apart, and the order of trust. */
import { describe, expect, it } from "vitest";
import type { Labels } from "../../../src/abi/labels.js";
import { Places, rankOf, type Kind, type Place } from "../../../src/mmu/index/places.js";
import { BOTTOM, OUTSIDE } from "../../../src/mmu/lattice.js";
import { MAILBOX, segmentOf, STRANGER, USER } from "./fixture.js";

const segment = segmentOf("alpha bravo");
const place = (kind: Kind, start: number): Place => ({ segment, leaf: 0, kind, start, end: start + 1 });

describe("Places", () => {
  it("keep the first of each kind", () => {
    const places = new Places();
    expect([place(STRANGER, 1), place(STRANGER, 2), place(USER, 3)].map((one) => places.add(one))).toEqual([
      true,
      true,
      true,
    ]);
    expect([...places.all()]).toEqual([place(STRANGER, 1), place(USER, 3)]);
    expect(places.kinds()).toEqual([STRANGER, USER]);
    expect(places.size).toBe(2);
    expect([USER, STRANGER, MAILBOX].map((kind) => places.has(kind))).toEqual([true, true, false]);
  });

  it("keep apart what looks alike but is not accepted, until one of the kind is", () => {
    const places = new Places(({ start }) => start > 4);
    expect(places.add(place(USER, 1))).toBe(false);
    expect(places.add(place(USER, 2))).toBe(false);
    expect(places.size).toBe(0);
    expect([...places.refused.all()]).toEqual([place(USER, 1)]);
    expect(places.add(place(USER, 5))).toBe(true);
    expect(places.add(place(USER, 1))).toBe(true);
    expect([...places.all()]).toEqual([place(USER, 5)]);
  });

  it("come in the order of trust, and among equals in that of arrival", () => {
    const twin: Kind = { ...STRANGER, classes: ["twin"] };
    const places = new Places();
    for (const kind of [MAILBOX, twin, STRANGER, USER]) places.add(place(kind, 0));
    expect(places.byTrust().map(({ kind }) => kind)).toEqual([USER, twin, STRANGER, MAILBOX]);
    expect(places.kinds()).toEqual([MAILBOX, twin, STRANGER, USER]);
  });

  it("by trust are none or one as they are", () => {
    const places = new Places();
    expect(places.byTrust()).toEqual([]);
    places.add(place(STRANGER, 2));
    expect(places.byTrust()).toEqual([place(STRANGER, 2)]);
  });
});

describe("rankOf", () => {
  const tags = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `t${String(i)}`);

  it("puts integrity before confidentiality, that before the origin, and that before any number of tags", () => {
    const ordered: readonly Labels[] = [
      BOTTOM,
      { ...BOTTOM, tags: tags(1) },
      { ...BOTTOM, tags: tags(2000) },
      { ...BOTTOM, origin: "external" },
      { ...BOTTOM, origin: "external", tags: tags(1) },
      { ...BOTTOM, confidentiality: "private" },
      { ...BOTTOM, confidentiality: "private", origin: "external" },
      { ...BOTTOM, confidentiality: "secret" },
      { ...BOTTOM, confidentiality: "secret", origin: "external", tags: tags(2000) },
      { ...BOTTOM, integrity: "untrusted" },
      OUTSIDE,
      { ...BOTTOM, integrity: "untrusted", confidentiality: "secret", origin: "external", tags: tags(2000) },
      { ...BOTTOM, integrity: "poisoned-suspect" },
    ];
    const ranks = ordered.map(rankOf);
    expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
  });
});
