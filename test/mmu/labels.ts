/** Labels for properties: every point of the four axes. */
import fc from "fast-check";
import { CONFIDENTIALITY, INTEGRITY, ORIGIN, type Labels } from "../../src/abi/labels.js";

const tags = fc
  .uniqueArray(fc.constantFrom("pii", "customer:acme", "a", "b.c", "eu-only"), { maxLength: 4 })
  .map((list) => [...list].sort());

export const labels: fc.Arbitrary<Labels> = fc.record({
  integrity: fc.constantFrom(...INTEGRITY),
  confidentiality: fc.constantFrom(...CONFIDENTIALITY),
  origin: fc.constantFrom(...ORIGIN),
  tags,
});
