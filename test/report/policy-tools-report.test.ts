import { shortLists } from "../../src/report/short-lists.js";
import { describe, expect, test } from "vitest";
import type { CaseResult } from "../../src/policy/cases-run.js";
import type { CaseFileResult } from "../../src/policy/cases-run.js";
import { casesJson, casesPass, casesText } from "../../src/report/cases-report.js";
import { explainJson, explainText } from "../../src/report/explain-report.js";
import { lintCounts, lintText } from "../../src/report/lint-report.js";
import { reachJson, reachText } from "../../src/report/reach-report.js";
import { plainPaint } from "../../src/report/style.js";

const LOOK = { paint: plainPaint, width: 100 };

const PASSED: CaseResult = { name: "a", line: 1, ok: true, expected: "deny", actual: "deny:x no-rule", why: "" };
const FAILED: CaseResult = {
  ...PASSED,
  name: "b\u001b[2J",
  line: 9,
  ok: false,
  why: "expected the verdict deny, got allow",
};

function file(results: readonly CaseResult[], faults: CaseFileResult["faults"] = []): CaseFileResult {
  return { file: "guard.cases.toml", policy: "guard.toml", faults, results };
}

describe("cases", () => {
  test("nothing tested is nothing passed", () => {
    expect(casesPass([file([PASSED])])).toBe(true);
    expect(casesPass([file([PASSED, FAILED])])).toBe(false);
    expect(casesPass([])).toBe(false);
    expect(casesPass([file([])])).toBe(false);
    expect(casesPass([file([PASSED]), file([])])).toBe(false);
    const fault = { line: 1, column: 2, problem: "bad", file: "guard.toml" };
    expect(casesPass([file([PASSED]), file([PASSED], [fault])])).toBe(false);
  });

  test("a failure shows where, what was expected, what was, and why; no control character of a name acts", () => {
    const text = casesText([file([PASSED, FAILED])], LOOK);
    expect(text).toContain("(guard.cases.toml:9)");
    expect(text).toContain(
      "        expected  deny\n        actual    deny:x no-rule\n        why       expected the verdict",
    );
    expect(text).toContain("1 passed, 1 failed");
    expect(text).not.toContain("\u001b");
    expect(JSON.parse(casesJson([file([FAILED])]))).toMatchObject({ ok: false, passed: 0, failed: 1 });
  });
});

describe("reach", () => {
  const question = { from: "secret", to: "network.send" } as const;

  test("a proof says of how many states; a witness shows the way", () => {
    expect(reachText("p.toml", question, { outcome: "proved", states: 6 }, LOOK)).toContain("proved: none of 6 states");
    const witness = {
      labels: ["secret"],
      rule: "go",
      verdict: "allow",
      conditions: [{ says: "the tool is `a`", holds: false }],
    } as const;
    const text = reachText("p.toml", question, { outcome: "reached", states: 2, witness }, LOOK);
    expect(text).toContain("it can pass\n  rule    allow:go\n  labels  secret\n  no      the tool is `a`\n");
    expect(JSON.parse(reachJson("p.toml", question, { outcome: "reached", states: 2, witness }))).toMatchObject({
      ok: false,
      outcome: "reached",
      witness,
    });
  });

  test("what is undecided claims nothing", () => {
    const text = reachText("p.toml", question, { outcome: "undecided", states: 0, why: "too many tags" }, LOOK);
    expect(text).toContain("undecided: too many tags; nothing is claimed");
  });
});

test("lint: two lines a finding, the first one that editors jump to", () => {
  const finding = {
    code: "no-id",
    severity: "warning",
    line: 3,
    column: 1,
    problem: "p",
    means: "m",
    hint: "h",
  } as const;
  expect(lintText("p.toml", [finding])).toBe("p.toml:3:1: warning: p [no-id]\n    m (h)\n");
  expect(lintCounts([finding, { ...finding, severity: "error" }])).toBe(" (1 error, 1 warning)");
  expect(lintCounts([])).toBe("");
});

test("explain: the rule, what was passed over, and what would pass", () => {
  const explanation = {
    decision: { verdict: "deny", rule: "default-deny", reason: "no-rule" },
    reason: "no rule of the policy allows it",
    retryable: false,
    rule: { id: "default-deny", effect: "deny", line: 9, says: "always", because: "nothing allows it" },
    passedOver: [
      { id: "go", effect: "allow", line: 3, failed: "the tool is `a`" },
      { id: "by", effect: "allow", line: 6, failed: undefined },
    ],
    provenance: [{ path: "/to", match: "nowhere", classes: ["nowhere"] }],
    again: "deny:default-deny",
    wouldPass: [{ changes: [{ kind: "grant", says: "it were granted" }], assumes: [], decision: "allow:go" }],
  } as const;
  expect(explainText(explanation, LOOK).split("\n")).toEqual([
    "deny:default-deny  no rule of the policy allows it",
    "  rule      line 9: always",
    "  because   nothing allows it",
    "  not       go (line 3): not so that the tool is `a`",
    "  not       by (line 6): not recorded which condition failed",
    "  argument  /to: nowhere, nowhere",
    "  would be  allow:go if it were granted",
    "",
  ]);
  expect(explainText({ ...explanation, again: "indeterminate" }, LOOK)).toContain(
    "on what is recorded, the policy decides indeterminate",
  );
  const lost = { ...explanation, again: "indeterminate", missing: "r1.every.0: every value at `/to` is `a`" };
  expect(explainText(lost, LOOK)).toContain(
    "decides indeterminate; not recorded: r1.every.0: every value at `/to` is `a`\n",
  );
  expect(JSON.parse(explainJson(explanation))).toMatchObject({
    decision: "deny:default-deny",
    passed_over: [{ failed: "the tool is `a`" }, { failed: null }],
    would_pass: [{ decision: "allow:go" }],
  });
});

test("explain: several changes, what they take for granted, and none at all, in words", () => {
  const decision = { verdict: "deny", rule: "default-deny", reason: "no-rule" } as const;
  const base = { decision, reason: "r", retryable: false, rule: undefined, passedOver: [], provenance: [] };
  const known = { ...base, again: "deny:default-deny", wouldPass: [] };
  const changes = [
    { kind: "label", says: "nothing private was read" },
    { kind: "fact", says: "the user said `pay`" },
  ] as const;
  const assumes = ["one", "two", "three", "four", "five"];
  expect(
    explainText({ ...known, wouldPass: [{ changes, assumes, decision: "allow:go" }] }, LOOK)
      .split("\n")
      .slice(2),
  ).toEqual([
    "  no single change to what is recorded would allow it; the nearest:",
    "  would be  allow:go if nothing private was read, and the user said `pay`",
    "            and if, which was never asked in the run,",
    "              one",
    "              two",
    "              three",
    "              and 2 more",
    "",
  ]);
  const nearest = { id: "go", line: 3, lacks: ["the tool is `a`", "the act is `read`"] };
  expect(explainText({ ...known, nearest }, LOOK)).toContain(
    "no single change to a label, a grant or a condition would allow it, nor up to three together; " +
      "the nearest rule is go (line 3), if the tool is `a`, and the act is `read`\n",
  );
  expect(explainText(known, LOOK)).toContain("no rule lets calls of this kind through");
  // What passed, and what the record does not decide, is not said to be hopeless.
  expect(explainText({ ...known, again: "indeterminate" }, LOOK)).not.toContain("no single change");
});

test.each([
  ["the tool is `a` or `b` or `c`", "the tool is `a` or `b` or `c`"],
  [
    "the tool is `a` or `b` or `c` or `d` and the act is `x`",
    "the tool is `a` or `b` or `c` or `d` and the act is `x`",
  ],
  ["`a` or `b` or `c` or `d` or `e` and not `f` or `g`", "`a` or `b` or `c` and 2 more and not `f` or `g`"],
  ["always", "always"],
])("long lists are cut for people: %s", (words, cut) => {
  expect(shortLists(words)).toBe(cut);
});
