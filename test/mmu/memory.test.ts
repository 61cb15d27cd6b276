/** A memory is a value: what was added to its storage later, by whom and in which order, changes no answer. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOTTOM, mayFlow, OUTSIDE } from "../../src/mmu/lattice.js";
import { Memory, settleMemory, type PageLeaf } from "../../src/mmu/memory.js";
import { provenanceOf } from "../../src/mmu/provenance.js";

const leaf = (text: string, isTrusted: boolean): PageLeaf => ({
  path: "/x",
  text,
  isText: true,
  labels: isTrusted ? BOTTOM : OUTSIDE,
  classes: [],
});
const long = "a sentence that is long enough to be found as a run by its characters, and more";
const texts = fc.constantFrom(
  "alpha",
  "alpha bravo",
  "charlie alpha",
  "mark@x.com",
  "12345",
  long,
  `see ${long} there`,
);
const probes = ["alpha", "alpha bravo", "mark@x.com", 12345, `zzz ${long}`, "bravo charlie", "charlie", long];
const answers = (memory: Memory): unknown => probes.map((value) => provenanceOf(memory, value, OUTSIDE));

describe("Memory", () => {
  it("gives for any interleaving of handles what rebuilding each from scratch gives", () => {
    const step = fc.record({ from: fc.nat(), text: texts, isTrusted: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 7 }), fc.constantFrom(500, 2000, 1_000_000), (steps, maxBytes) => {
        const handles = [{ memory: Memory.empty({ maxBytes }), pages: [] as (readonly [string, PageLeaf])[] }];
        steps.forEach(({ from, text, isTrusted }, index) => {
          const base = handles[from % handles.length];
          if (base === undefined) return;
          const page = [`p${String(index)}`, leaf(text, isTrusted)] as const;
          handles.push({ memory: base.memory.add(page[0], [page[1]]), pages: [...base.pages, page] });
        });
        for (const { memory, pages } of handles) {
          const fresh = pages.reduce((all, [page, one]) => all.add(page, [one]), Memory.empty({ maxBytes }));
          expect(answers(memory)).toEqual(answers(fresh));
          expect([memory.bytes, memory.evicted]).toEqual([fresh.bytes, fresh.evicted]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("answers alike whenever it is indexed: page by page, at times, or by the first look-up", () => {
    const page = fc.record({ text: texts, isTrusted: fc.boolean(), isSettled: fc.boolean(), isAsked: fc.boolean() });
    fc.assert(
      fc.property(fc.array(page, { maxLength: 9 }), fc.constantFrom(1500, 1_000_000), (pages, maxBytes) => {
        let [often, seldom] = [Memory.empty({ maxBytes }), Memory.empty({ maxBytes })];
        for (const [index, { text, isTrusted, isSettled, isAsked }] of pages.entries()) {
          often = often.add(`p${String(index)}`, [leaf(text, isTrusted)]);
          settleMemory(often);
          seldom = seldom.add(`p${String(index)}`, [leaf(text, isTrusted)]);
          if (isSettled) settleMemory(seldom);
          if (isAsked) expect(answers(seldom)).toEqual(answers(often));
        }
        expect(answers(seldom)).toEqual(answers(often));
        expect(seldom.indexBytes).toBe(often.indexBytes);
      }),
      { numRuns: 60 },
    );
  });

  it("indexes each generation when it is told to", () => {
    const memory = Memory.empty()
      .add("p1", [leaf("alpha", true)], { pinned: true })
      .add("p2", [leaf("bravo", false)]);
    const indexed: number[] = [];
    memory.spans.forEach(({ segment }, index) => {
      segment.settle = () => {
        indexed.push(index);
      };
    });
    settleMemory(memory);
    expect(indexed).toEqual([0, 1]);
  });

  it("does not see in an old handle what a word it knows was followed by later", () => {
    const old = Memory.empty().add("p1", [leaf("say bravo delta", true)]);
    const later = old.add("p2", [leaf("or delta echo now", true)]);
    expect(provenanceOf(later, "delta echo", OUTSIDE).endorsed).toBe(true);
    expect(provenanceOf(old, "delta echo", OUTSIDE)).toMatchObject({ match: "nowhere", endorsed: false });
  });

  it("keeps within its bound, and remembers the labels of what it lost", () => {
    let memory = Memory.empty({ maxBytes: 4000 });
    expect(memory.evicted).toEqual(BOTTOM);
    for (let i = 0; i < 100; i++)
      memory = memory.add(`p${String(i)}`, [leaf(`leaf ${String(i)} of many`, i % 2 === 0)]);
    expect(memory.bytes).toBeLessThanOrEqual(4000);
    expect(mayFlow(OUTSIDE, memory.evicted)).toBe(true);
    expect(provenanceOf(memory, "leaf 99 of many", BOTTOM).match).toBe("exact");
    expect(provenanceOf(memory, "leaf 0 of many", BOTTOM).match).not.toBe("exact");
  });

  it("remembers what untrusted leaves it lost were, and nothing that endorses", () => {
    const lost = (one: PageLeaf): Memory => Memory.empty({ maxBytes: 10 }).add("p", [one]);
    const named = ["user", "directory", "directory:staff", "server:a", "ticket"];
    expect(lost({ ...leaf("x", false), classes: named }).evictedClasses).toEqual(["ticket", "untrusted"]);
    expect(lost({ ...leaf("x", true), classes: named }).evictedClasses).toEqual([]);
    const many = Array.from({ length: 200 }, (_, i) => ({ ...leaf("x", false), classes: [`t${String(i)}`] }));
    expect(Memory.empty({ maxBytes: 10 }).add("p", many).evictedClasses).toHaveLength(64);
  });

  it("never keeps a leaf that is larger than the bound, and says so", () => {
    const memory = Memory.empty({ maxBytes: 1000 }).add("p1", [leaf("x".repeat(2000), false)]);
    expect(memory.bytes).toBe(0);
    expect(memory.evicted).toEqual(OUTSIDE);
  });

  it("gives the same answers whatever the seed", () => {
    const fill = (seed: number): Memory =>
      Memory.empty({ seed }).add("p1", [
        leaf(`see ${long} there`, true),
        leaf("alpha bravo", false),
        leaf("12345", true),
      ]);
    expect(answers(fill(1))).toEqual(answers(fill(2)));
  });

  it("finds a trusted place behind any number of untrusted ones", () => {
    const noise = Array.from({ length: 3000 }, (_, i) => leaf(`alpha bravo ${String(i)}`, false));
    const memory = Memory.empty()
      .add("p1", noise)
      .add("p2", [leaf("say alpha bravo twice", true)]);
    expect(provenanceOf(memory, "alpha bravo", OUTSIDE)).toMatchObject({ match: "contained", endorsed: true });
  });
});

describe("what is pinned", () => {
  const flood = (memory: Memory): Memory =>
    Array.from({ length: 200 }, (_, i) => i).reduce(
      (all, i) => all.add(`f${String(i)}`, [leaf(`flood ${String(i)} of stuff`, false)]),
      memory,
    );
  const mine = [leaf("pay mark@x.com", true)];

  it("outlives any flood of pages, which what is not pinned does not", () => {
    const bounds = { maxBytes: 4000 };
    expect(flood(Memory.empty(bounds).add("p", mine)).evicted).toEqual(OUTSIDE);
    expect(provenanceOf(flood(Memory.empty(bounds).add("p", mine)), "mark@x.com", OUTSIDE).endorsed).toBe(false);
    const pinned = flood(Memory.empty(bounds).add("p", mine, { pinned: true }));
    expect(provenanceOf(pinned, "mark@x.com", OUTSIDE)).toMatchObject({ match: "contained", endorsed: true });
    expect(pinned.bytes).toBeLessThanOrEqual(4000);
  });

  it("never takes all: beyond its share it is kept as pages are", () => {
    const many = Array.from({ length: 200 }, (_, i) => leaf(`word ${String(i)} of the user`, true));
    const memory = Memory.empty({ maxBytes: 4000 }).add("p", many, { pinned: true });
    expect(memory.bytes).toBeLessThanOrEqual(4000);
    expect(provenanceOf(memory, "word 0 of the user", OUTSIDE).match).toBe("exact");
    expect(provenanceOf(memory, "word 100 of the user", OUTSIDE).match).not.toBe("exact");
    expect(provenanceOf(memory.add("q", [leaf("a page", false)]), "a page", BOTTOM).match).toBe("exact");
  });

  it("is not in a handle that was there before", () => {
    const old = Memory.empty().add("p", [leaf("alpha", true)], { pinned: true });
    const one = old.add("q", [leaf("bravo delta", true)], { pinned: true });
    const other = old.add("q", [leaf("charlie delta", true)], { pinned: true });
    const found = (memory: Memory, text: string): boolean => provenanceOf(memory, text, OUTSIDE).endorsed;
    expect([found(old, "bravo delta"), found(one, "bravo delta"), found(other, "bravo delta")]).toEqual([
      false,
      true,
      false,
    ]);
    expect([found(one, "charlie delta"), found(other, "charlie delta"), found(other, "alpha")]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
