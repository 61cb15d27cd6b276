/** The laws of the label lattice, over all its points: they are what "labels only rise" rests on. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LABEL_NAMES } from "../../src/abi/labels.js";
import { BOTTOM, impliedNames, join, labelNames, labelsOf, mayFlow, OUTSIDE } from "../../src/mmu/lattice.js";
import * as lattice from "../../src/mmu/lattice.js";
import { labels } from "./labels.js";

describe("join", () => {
  it("is associative", () => {
    fc.assert(
      fc.property(labels, labels, labels, (a, b, c) => {
        expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
      }),
    );
  });

  it("is commutative and idempotent", () => {
    fc.assert(
      fc.property(labels, labels, (a, b) => {
        expect(join(a, b)).toEqual(join(b, a));
        expect(join(a, { ...a })).toEqual(a);
      }),
    );
  });

  it("is an upper bound, and the least one", () => {
    fc.assert(
      fc.property(labels, labels, labels, (a, b, c) => {
        const both = join(a, b);
        expect(mayFlow(a, both) && mayFlow(b, both)).toBe(true);
        if (mayFlow(a, c) && mayFlow(b, c)) expect(mayFlow(both, c)).toBe(true);
      }),
    );
  });

  it("is monotone", () => {
    fc.assert(
      fc.property(labels, labels, labels, (a, raise, c) => {
        expect(mayFlow(join(a, c), join(join(a, raise), c))).toBe(true);
      }),
    );
  });

  it("has the bottom as its neutral element", () => {
    fc.assert(
      fc.property(labels, (a) => {
        expect(join(a, BOTTOM)).toEqual(a);
        expect(mayFlow(BOTTOM, a)).toBe(true);
      }),
    );
  });

  it("changes neither of its inputs", () => {
    fc.assert(
      fc.property(labels, labels, (a, b) => {
        const before = structuredClone([a, b]);
        join(a, b);
        expect([a, b]).toEqual(before);
      }),
    );
  });
});

describe("mayFlow is a partial order", () => {
  it("reflexive, antisymmetric, transitive", () => {
    fc.assert(
      fc.property(labels, labels, labels, (a, b, c) => {
        expect(mayFlow(a, a)).toBe(true);
        if (mayFlow(a, b) && mayFlow(b, a)) expect(a).toEqual(b);
        if (mayFlow(a, b) && mayFlow(b, c)) expect(mayFlow(a, c)).toBe(true);
        expect(mayFlow(a, b)).toBe(JSON.stringify(join(a, b)) === JSON.stringify(b));
      }),
      { numRuns: 1000 },
    );
  });

  it("never goes down on any axis", () => {
    expect(mayFlow(OUTSIDE, BOTTOM)).toBe(false);
    expect(mayFlow({ ...BOTTOM, confidentiality: "secret" }, { ...OUTSIDE, confidentiality: "private" })).toBe(false);
    expect(mayFlow({ ...BOTTOM, tags: ["pii"] }, { ...OUTSIDE, tags: ["other"] })).toBe(false);
  });
});

describe("names", () => {
  it("give the labels back", () => {
    fc.assert(
      fc.property(labels, (a) => {
        expect(labelsOf(labelNames(a))).toEqual(a);
        expect(labelsOf([...labelNames(a)].reverse())).toEqual(a);
      }),
    );
  });

  it("are monotone for a policy, all but `trusted`", () => {
    fc.assert(
      fc.property(labels, labels, (a, b) => {
        const below = impliedNames(a);
        const above = impliedNames(join(a, b));
        for (const name of below) if (name !== "trusted") expect(above).toContain(name);
        // Nothing regains trust by being joined.
        if (above.has("trusted")) expect(below).toContain("trusted");
      }),
    );
  });

  it("imply the points below them", () => {
    expect(impliedNames({ ...BOTTOM, integrity: "poisoned-suspect" })).toContain("untrusted");
    expect(impliedNames({ ...BOTTOM, confidentiality: "secret" })).toContain("private");
    expect(impliedNames(OUTSIDE)).not.toContain("trusted");
    expect([...impliedNames(BOTTOM)]).toEqual(["trusted"]);
  });

  it.each(LABEL_NAMES)("know `%s`", (name) => {
    const one = labelsOf([name]);
    expect(one).toBeDefined();
    expect(one === undefined ? [] : labelNames(one)).toContain(name);
  });

  it.each(["", "Trusted", "TRUSTED", "public ", "a b", "__proto__", "-x", "9", "x".repeat(65), "é"])(
    "refuse %j",
    (name) => {
      expect(labelsOf([name])).toBeUndefined();
      expect(labelsOf(["untrusted", name])).toBeUndefined();
    },
  );

  it("claiming `trusted` lowers nothing", () => {
    fc.assert(
      fc.property(labels, (a) => {
        expect(labelsOf([...labelNames(a), "trusted"])).toEqual(a);
      }),
    );
  });
});

describe("nothing in the lattice lowers labels", () => {
  it("exports one function that makes labels from labels, and it goes up", () => {
    // A new export is a new way for labels to change: it belongs in this list, and under this property.
    expect(Object.keys(lattice).sort()).toEqual(
      ["BOTTOM", "OUTSIDE", "SUSPECT", "impliedNames", "join", "labelNames", "labelsOf", "mayFlow"].sort(),
    );
    fc.assert(
      fc.property(labels, labels, (a, b) => {
        expect(mayFlow(a, join(a, b)) && mayFlow(b, join(a, b))).toBe(true);
      }),
    );
  });

  it("gives labels at least as high for more names", () => {
    fc.assert(
      fc.property(labels, labels, (a, b) => {
        const more = labelsOf([...labelNames(a), ...labelNames(b)]);
        expect(more !== undefined && mayFlow(a, more)).toBe(true);
      }),
    );
  });
});
