/** One object for what is one kind of leaf, and another for what differs in anything that an answer says. */
import { describe, expect, it } from "vitest";
import type { Labels } from "../../../src/abi/labels.js";
import { KindTable } from "../../../src/mmu/index/kinds.js";
import { rankOf } from "../../../src/mmu/index/places.js";
import { BOTTOM, OUTSIDE } from "../../../src/mmu/lattice.js";

const tagged: Labels = { ...OUTSIDE, tags: ["a", "b"] };

describe("KindTable", () => {
  it("gives one kind for equal labels and classes, in whatever objects and order they come", () => {
    const table = new KindTable();
    const first = table.of(tagged, ["mail", "crm"]);
    expect(table.of(tagged, ["mail", "crm"])).toBe(first);
    expect(table.of({ ...tagged, tags: ["a", "b"] }, ["crm", "mail"])).toBe(first);
  });

  it.each<[string, Labels, readonly string[]]>([
    ["integrity", { ...tagged, integrity: "poisoned-suspect" }, ["mail", "crm"]],
    ["confidentiality", { ...tagged, confidentiality: "private" }, ["mail", "crm"]],
    ["origin", { ...tagged, origin: "internal" }, ["mail", "crm"]],
    ["one tag", { ...tagged, tags: ["a", "c"] }, ["mail", "crm"]],
    ["a tag less", { ...tagged, tags: ["a"] }, ["mail", "crm"]],
    ["a tag more", { ...tagged, tags: ["a", "b", "c"] }, ["mail", "crm"]],
    ["one class", tagged, ["mail", "hr"]],
    ["a class less", tagged, ["mail"]],
    ["a class more", tagged, ["mail", "crm", "hr"]],
  ])("tells apart what differs in %s, whichever comes first", (_, labels, classes) => {
    const [one, other] = [new KindTable(), new KindTable()];
    const before = one.of(tagged, ["mail", "crm"]);
    const after = one.of(labels, classes);
    expect(after).not.toBe(before);
    expect(after.labels).toBe(labels);
    expect(other.of(labels, classes)).not.toBe(other.of(tagged, ["mail", "crm"]));
    expect(one.of({ ...tagged }, ["mail", "crm"])).toBe(before);
    expect(one.of({ ...labels }, [...classes])).toBe(after);
  });

  it("still knows a kind after many others", () => {
    const table = new KindTable();
    const kinds = Array.from({ length: 20 }, (_, i) => table.of(OUTSIDE, [`t${String(i)}`]));
    expect(new Set(kinds).size).toBe(20);
    expect(kinds.map((_, i) => table.of({ ...OUTSIDE }, [`t${String(i)}`]))).toEqual(kinds);
    expect(table.of({ ...OUTSIDE }, ["t0"])).toBe(kinds[0]);
  });

  it.each<[Labels, readonly string[], readonly string[]]>([
    [BOTTOM, ["user"], ["trusted", "user"]],
    [BOTTOM, ["untrusted", "nowhere", "user"], ["trusted", "user"]],
    [OUTSIDE, ["trusted", "mail"], ["mail", "untrusted"]],
    [{ ...OUTSIDE, integrity: "poisoned-suspect" }, ["trusted"], ["untrusted"]],
    [OUTSIDE, ["b", "a", "b"], ["a", "b", "untrusted"]],
  ])("lets no leaf of %j claim more by %j than it is", (labels, given, classes) => {
    expect(new KindTable().of(labels, given)).toEqual({ labels, classes, rank: rankOf(labels) });
  });
});
