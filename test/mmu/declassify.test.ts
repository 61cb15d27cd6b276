/** The two ways down lower one axis each, to its end, and leave all else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { declassify, endorse } from "../../src/mmu/declassify.js";
import { labels } from "./labels.js";

test("an endorsement makes labels trusted and changes nothing else", () => {
  fc.assert(
    fc.property(labels, (before) => {
      expect(endorse(before)).toEqual({ ...before, integrity: "trusted" });
    }),
  );
});

test("a declassification makes labels public and changes nothing else", () => {
  fc.assert(
    fc.property(labels, (before) => {
      expect(declassify(before)).toEqual({ ...before, confidentiality: "public" });
    }),
  );
});
