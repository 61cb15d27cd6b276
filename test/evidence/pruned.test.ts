/** A pruned log as the verifier takes it: what its header is believed, what is told of it, and every header that is none. */
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/base/canonical.js";
import type { JsonValue } from "../../src/base/json.js";
import { MAX_LOG_LINE_BYTES } from "../../src/base/limits.js";
import { heightAt, parsePrunedHeader, readPrunedStart, type KeptLine } from "../../src/evidence/pruned.js";
import { digests, findingsOf, parse, verifyLines } from "./fixture.js";
import { checkpointsOf, longLog } from "./long-log.js";
import { naiveLeaf, naivePath, naiveRoot } from "./naive-tree.js";
import { headerOver, prunedForm } from "./pruned-log.js";
import { SignedLog } from "./signed-log.js";

const LOG = longLog();
const HEADS = checkpointsOf(LOG);
const SIZE = HEADS.at(-4) ?? 0;
const REST = prunedForm(LOG, SIZE);
const HEADER = headerOver(LOG, SIZE);
const PRUNED = { mayBePruned: true };
const rootAt = (size: number): string => naiveRoot(LOG.slice(0, size).map(naiveLeaf));
const faultOf = (line: string): string => {
  const read = readPrunedStart(digests, line);
  return read.ok ? "read" : read.error;
};
const spelt = (header: object): string => canonicalJson(header as JsonValue);

describe("a pruned log", () => {
  test.each(HEADS.filter((_, i) => i % 9 === 0))(
    "from the head of %i lines on verifies to the seal, where that was asked for",
    (size) => {
      const report = verifyLines(prunedForm(LOG, size), PRUNED);
      expect(report.findings).toEqual([
        {
          code: "pruned",
          severity: "note",
          line: 1,
          detail: `${String(size)} lines of the run stood before the next one`,
        },
      ]);
      expect(report).toMatchObject({ ok: true, ending: "sealed", pruned: size, lines: LOG.length - size + 1 });
      expect(report.head).toBe(parse(LOG.at(-1) ?? "").hash);
      expect(report.signed.lines).toBe(LOG.length);
      expect(report.counts.open).toBe(0);
    },
  );

  test.each([{}, { mayBePruned: false }])("fails where nobody asked for one (%o), for nothing else", (deps) => {
    const report = verifyLines(REST, deps);
    expect(report.ok).toBe(false);
    expect(report.findings.map(({ code, severity }) => [code, severity])).toEqual([["pruned", "failure"]]);
  });

  test("of its header alone proves nothing, even where it may be open", () => {
    const report = verifyLines(REST.slice(0, 1), { ...PRUNED, mayBeOpen: true });
    expect(report.ok).toBe(false);
    expect(report.findings.slice(1)).toMatchObject([
      { code: "unsealed", severity: "note", line: 1 },
      { code: "pruned-header", severity: "failure", line: 1, detail: "no line follows it" },
    ]);
    expect(report.lines).toBe(1);
    expect(report.head).toBeUndefined();
  });

  test("must begin with the signed head of what is gone", () => {
    const size = SIZE + 1;
    const type = parse(LOG[size] ?? "").type;
    expect(HEADS).not.toContain(size);
    const report = verifyLines(prunedForm(LOG, size), PRUNED);
    expect(report.findings).toContainEqual({
      code: "pruned-header",
      severity: "failure",
      line: 2,
      seq: size,
      detail: `is a \`${type}\` line`,
    });
  });

  test("has its header in its first line and nowhere else", () => {
    const [header = ""] = REST;
    expect(findingsOf(verifyLines([LOG[0] ?? "", header, ...LOG.slice(1)], PRUNED))).toContain("line-shape@2");
    expect(findingsOf(verifyLines([header, ...REST], PRUNED)).slice(0, 2)).toEqual(["pruned@1", "line-shape@2"]);
  });

  test("with a header that is none is read on, and told of at its first line", () => {
    const report = verifyLines(["", ...REST.slice(1)].with(0, spelt({ ...HEADER, size: SIZE + 1 })), PRUNED);
    expect(report.findings[0]).toEqual({
      code: "pruned-header",
      severity: "failure",
      line: 1,
      detail: faultOf(spelt({ ...HEADER, size: SIZE + 1 })),
    });
    expect(report.pruned).toBe(0);
    expect(report.lines).toBe(REST.length);
  });

  test("is held against heads that were kept, by the lines of the run and not of the file", () => {
    const judged = (size: number, root = rootAt(size)): readonly object[] =>
      verifyLines(REST, { ...PRUNED, heads: [{ size, root, from: "a note" }] }).findings.slice(1);
    for (const size of [SIZE, SIZE + 1, LOG.length]) expect(judged(size)).toEqual([]);
    expect(judged(SIZE + 2, rootAt(1))).toMatchObject([{ code: "log-forked", line: 3 }]);
    expect(judged(LOG.length + 1, rootAt(1))).toEqual([
      {
        code: "log-rolled-back",
        severity: "failure",
        line: REST.length,
        detail: `a note states ${String(LOG.length + 1)} lines, the log has ${String(LOG.length)}`,
      },
    ]);
  });

  test("cannot be held against a head of lines that are gone, and says so for each", () => {
    const heads = [SIZE - 1, 1].map((size) => ({ size, root: rootAt(size), from: `note ${String(size)}` }));
    const report = verifyLines(REST, { ...PRUNED, heads });
    expect(report.ok).toBe(false);
    expect(report.findings.filter(({ code }) => code !== "pruned")).toEqual(
      heads.map(({ size, from }) => ({
        code: "head-not-compared",
        severity: "failure",
        detail: `${from} states ${String(size)} lines, of which all are pruned`,
      })),
    );
  });
});

describe("a header is refused", () => {
  const [text = ""] = REST;
  const [openLine = "", policyLine = ""] = LOG;
  const oldest = new SignedLog("agentk-flight/1").checkpoint();
  const old = new SignedLog("agentk-flight/2").checkpoint();
  const twice = new SignedLog().add({ ...parse(openLine) });
  const keptOf = (lines: readonly string[], seq: number): KeptLine => ({
    line: lines[seq] ?? "",
    path: naivePath(seq, lines.map(naiveLeaf)),
  });
  const elsewhere = "does not stand in the tree of the lines that are gone";
  test.each([
    ["that is cut", text.slice(0, -1), "is not JSON"],
    ["in another spelling", `${text} `, "is not in RFC 8785 form"],
    ["with a member more", spelt({ ...HEADER, more: 1 }), "/more is not a known member"],
    ["past a line's bound", `${text}${" ".repeat(MAX_LOG_LINE_BYTES)}`, "is longer than a line may be"],
    ["over one line", spelt({ ...HEADER, size: 1 }), "/size is not an integer from 2 to 9007199254740991"],
    ["with a peak less", spelt({ ...HEADER, peaks: HEADER.peaks.slice(1) }), "has not the peaks of a tree of its size"],
    [
      "with another line for its open line",
      spelt({ ...HEADER, open: HEADER.policy }),
      "its `open` line is a `policy` line",
    ],
    [
      "with a line edited",
      spelt({ ...HEADER, open: { ...HEADER.open, line: openLine.replace("desk", "disk") } }),
      "its `open` line does not hash to the digest it states",
    ],
    [
      "with a wrong path",
      spelt({ ...HEADER, open: { ...HEADER.open, path: HEADER.policy.path } }),
      `its \`open\` line ${elsewhere}`,
    ],
    [
      "with a policy put in another's place",
      spelt({ ...HEADER, policy: { ...HEADER.policy, line: policyLine } }),
      `its \`policy\` line ${elsewhere}`,
    ],
    [
      "with a change of key that is none",
      spelt({ ...HEADER, keys: [HEADER.policy] }),
      "its `key` line is a `policy` line",
    ],
    [
      "of the first version, which has no heads",
      spelt(headerOver(oldest.lines, 2)),
      "is of a log whose version has no signed heads",
    ],
    [
      "of the second version, which has none either",
      spelt(headerOver(old.lines, 2)),
      "is of a log whose version has no signed heads",
    ],
    [
      "with an open line that stands further down",
      spelt({ ...headerOver(twice.lines, 3), open: keptOf(twice.lines, 2) }),
      "its `open` line is not the first line",
    ],
    [
      "with a character that no text can have",
      spelt(HEADER).replace(/"line":"/, '"line":"\\ud800'),
      "is not in RFC 8785 form",
    ],
  ])("%s", (_what, line, words) => {
    expect(faultOf(line)).toBe(words);
  });
});

test("a header may be as long as a line, and no longer", () => {
  const room = MAX_LOG_LINE_BYTES - spelt({ ...HEADER, policy: { ...HEADER.policy, line: "" } }).length;
  const filled = (length: number): string =>
    spelt({ ...HEADER, policy: { ...HEADER.policy, line: "x".repeat(length) } });
  expect(parsePrunedHeader(filled(room)).ok).toBe(true);
  expect(parsePrunedHeader(filled(room + 1))).toEqual({ ok: false, error: "is longer than a line may be" });
});

describe("the height of the subtree that a leaf stands in", () => {
  /** From the recursive definition: the largest power of two smaller than the size splits a tree that is not perfect. */
  function naiveHeight(index: number, size: number): number {
    if (Number.isInteger(Math.log2(size))) return Math.log2(size);
    const split = 2 ** Math.floor(Math.log2(size));
    return index < split ? Math.log2(split) : naiveHeight(index - split, size - split);
  }

  test("is that of the definition, for every leaf of every tree of up to 40", () => {
    for (let size = 1; size <= 40; size++)
      for (let index = 0; index < size; index++) expect(heightAt(index, size)).toBe(naiveHeight(index, size));
  });

  test.each([
    [0, 0],
    [5, 5],
    [9, 8],
  ])("is not to be had for leaf %i of %i", (index, size) => {
    expect(() => heightAt(index, size)).toThrow(
      new RangeError(`no leaf ${String(index)} in a tree of ${String(size)}`),
    );
  });
});
