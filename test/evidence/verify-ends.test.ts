/** How a log ends and begins, as the verifier tells it: nothing there, cut, torn, gone on after its end; and what it counts. */
import { describe, expect, test } from "vitest";
import {
  bodyEvents,
  buildLog,
  chainOf,
  closeLog,
  findingsOf,
  newVerifier,
  policyEvent,
  verifyLines,
} from "./fixture.js";
import { naiveLeaf, naiveRoot } from "./naive-tree.js";

const LOG = buildLog();
const OPEN = { mayBeOpen: true };

describe("a log", () => {
  test("without a line is told as such", () => {
    expect(verifyLines([]).findings).toEqual([{ code: "empty", severity: "failure", detail: "has no whole line" }]);
  });

  test("that does not begin with its open line is told what it begins with", () => {
    expect(verifyLines(closeLog([policyEvent()])).findings).toEqual([
      { code: "first-not-open", severity: "failure", line: 1, seq: 0, detail: "is a `policy` line" },
    ]);
  });

  test("whose first line cannot be read is not told twice of it, and has no key that anything could be held against", () => {
    const report = verifyLines(LOG.with(0, "{"));
    expect(findingsOf(report)[0]).toBe("line-not-json@1");
    expect(findingsOf(report)).not.toContain("first-not-open@2");
    const cut = verifyLines(LOG.with(0, "{").slice(0, -1));
    expect(cut.cannotProve[0]).toBe("that the lines are those the run wrote: the line with its key could not be read");
    expect(verifyLines(LOG.slice(0, -1)).cannotProve[0]).toBe("that no line was cut from the end");
  });

  test("counts its lines by type", () => {
    const { counts, signers } = verifyLines(LOG);
    const found = Object.entries(counts).filter(([, count]) => count > 0);
    expect(Object.fromEntries(found)).toEqual({
      ...{ open: 1, policy: 1, session: 1, syscall: 2, page: 1, outcome: 1, close: 1 },
    });
    expect(signers).toBeUndefined();
  });

  test("of version 1 has no heads, so a head that was kept is none of its own", () => {
    const root = naiveRoot(LOG.slice(0, 3).map(naiveLeaf));
    expect(findingsOf(verifyLines(LOG, { heads: [{ size: 3, root, from: "a note" }] }))).toEqual(["log-forked@-"]);
  });
});

describe("a log that was cut", () => {
  const cut = chainOf(bodyEvents());
  test.each([
    [{}, "failure"],
    [{ mayBeOpen: false }, "failure"],
    [OPEN, "note"],
  ])("with %o lacks its end: a %s", (deps, severity) => {
    expect(verifyLines(cut, deps).findings).toEqual([
      { code: "unsealed", severity, line: cut.length, detail: "no close line could be read up to here" },
    ]);
  });

  test.each([
    ["may still be going", cut, OPEN, "note"],
    ["is over", cut, {}, "failure"],
    ["is over, whatever the reader allows", LOG, OPEN, "failure"],
    ["is over and sealed", LOG, {}, "failure"],
  ])("within a line, when the run %s", (_what, lines, deps, severity) => {
    const verifier = newVerifier(deps);
    for (const line of lines) verifier.line(line);
    verifier.fault("torn-tail", "3 bytes");
    const report = verifier.end();
    expect(report.findings[0]).toEqual({ code: "torn-tail", severity, line: lines.length + 1, detail: "3 bytes" });
    expect(report.lines).toBe(lines.length);
    expect(report.ok).toBe(severity === "note");
  });
});

describe("lines after the end", () => {
  const more = [...LOG, ...LOG.slice(2, 5)];
  test("are told of once, at the first of them", () => {
    expect(verifyLines(more).findings).toEqual([
      { code: "after-close", severity: "failure", line: 9, seq: 2, detail: "stands after the close line" },
    ]);
  });

  test("are no part of the account: neither its head nor its counts", () => {
    const [whole, longer] = [verifyLines(LOG), verifyLines(more)];
    expect(longer.head).toBe(whole.head);
    expect(longer.counts).toEqual(whole.counts);
    expect(longer.lines).toBe(11);
  });
});
