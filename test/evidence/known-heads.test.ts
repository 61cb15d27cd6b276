/** Heads that were kept: a log must reach them, and must have been compared with each. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { digests, findingsOf, policyEvent, verifyLines } from "./fixture.js";
import { naiveLeaf, naiveRoot } from "./naive-tree.js";
import { SignedLog } from "./signed-log.js";
import { told } from "./tamper-matrix-run.js";

const LOG = told().closed();
const rootAt = (size: number): string => naiveRoot(LOG.slice(0, size).map(naiveLeaf));
const judged = (lines: readonly string[], heads: readonly { size: number; root: string }[]): readonly string[] =>
  findingsOf(verifyLines(lines, { mayBeOpen: true, heads: heads.map((head) => ({ ...head, from: "a note" })) }));

test("every head of the log holds, also one that no checkpoint states", () => {
  const heads = LOG.map((_, i) => ({ size: i + 1, root: rootAt(i + 1) }));
  expect(judged(LOG, heads)).toEqual([]);
});

test("a prefix is rolled back from every larger head, and any other root is a fork", () => {
  const size = fc.integer({ min: 1, max: LOG.length });
  fc.assert(
    fc.property(size, size, (kept, there) => {
      const lines = LOG.slice(0, there);
      const found = judged(lines, [{ size: kept, root: rootAt(kept) }]);
      expect(found.includes(`log-rolled-back@${String(there)}`)).toBe(kept > there);
      const other = judged(lines, [{ size: kept, root: digests.sha256Hex("other") }]);
      expect(other.includes(`log-forked@${String(kept)}`)).toBe(kept <= there);
    }),
    { numRuns: 60 },
  );
});

test("a log of an older version, which grows no tree, is not taken for one that was compared", () => {
  const old = told({ format: "agentk-flight/2", isBare: true });
  while (old.seq < LOG.length) old.call("deny");
  expect(judged(old.closed(), [{ size: 3, root: rootAt(3) }])).toEqual(["log-forked@-"]);
});

test("nothing is said of heads that damage kept from being compared: the damage is", () => {
  expect(judged(LOG.with(2, "x"), [{ size: 5, root: rootAt(5) }])).toEqual(["line-not-json@3"]);
});

test("a fork is told with the head that it parts from, whether its tree is another or it has none", () => {
  const findings = (lines: readonly string[], root: string): readonly object[] =>
    verifyLines(lines, { mayBeOpen: true, heads: [{ size: 3, root, from: "a note" }] }).findings;
  expect(findings(LOG, rootAt(4))).toEqual([
    {
      code: "log-forked",
      severity: "failure",
      line: 3,
      detail: "the first 3 lines are others than a note states",
    },
  ]);
  expect(findings(new SignedLog("agentk-flight/2").add(policyEvent()).closed(), rootAt(3))).toEqual([
    { code: "log-forked", severity: "failure", detail: "is of a version that has no heads, and a note is one" },
  ]);
});
