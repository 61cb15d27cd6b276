import { describe, expect, it, test } from "vitest";
import type { Decision } from "../../src/abi/decision.js";
import { MAX_POLICY_BYTES } from "../../src/base/limits.js";
import { parseCases, type PolicyCase } from "../../src/policy/cases.js";
import { runCase, type CaseWorld } from "../../src/policy/cases-run.js";

const CASE = '[[cases]]\nname = "one"\ntool = "send_money"\nexpect = "allow:pay-known"\n';

function first(source: string): PolicyCase {
  const parsed = parseCases(source);
  const one = parsed.ok ? parsed.value.cases[0] : undefined;
  if (one === undefined) throw new Error(JSON.stringify(parsed));
  return one;
}

function faults(source: string): readonly string[] {
  const parsed = parseCases(source);
  if (parsed.ok) throw new Error("the cases were accepted");
  return parsed.error.map(({ line, column, problem }) => `${String(line)}:${String(column)} ${problem}`);
}

const ALLOW: Decision = { verdict: "allow", rule: "pay-known", reason: "policy-allow" };
const DENY: Decision = { verdict: "deny", rule: "default-deny", reason: "no-rule" };

/** Notes what it is told, and decides as it is given. */
function world(decisions: readonly Decision[]): { readonly open: () => CaseWorld; readonly told: unknown[] } {
  const told: unknown[] = [];
  const left = [...decisions];
  const open = (): CaseWorld => ({
    page: (page) => void told.push(["page", page]),
    user: (text) => void told.push(["user", text]),
    call: (call) => {
      told.push(["call", call]);
      const decision = left.shift();
      if (decision === undefined) throw new Error("no kernel");
      return decision;
    },
  });
  return { open, told };
}

describe("cases as a file", () => {
  test("what is left out has its default", () => {
    expect(first(CASE)).toEqual({
      name: "one",
      syscall: "tool.invoke",
      server: "server",
      tool: "send_money",
      labels: [],
      user: [],
      pages: [],
      arguments: {},
      earlier: [],
      expect: { verdict: "allow", rule: "pay-known" },
      line: 1,
    });
    expect(first(`\n\n${CASE}`).line).toBe(3);
    expect(first(`${CASE}at = 2026-11-21T12:00:00Z`).at).toBe(1_795_262_400_000);
    expect(first(`${CASE}at = "2026-11-21T12:00:00Z"`).at).toBe(1_795_262_400_000);
    expect(first(`${CASE}at = 1970-01-01`).at).toBe(0);
  });

  test.each([
    ["deny", { verdict: "deny" }],
    ["deny:x", { verdict: "deny", rule: "x" }],
    ["deny:x no-rule", { verdict: "deny", rule: "x", reason: "no-rule" }],
  ])("expects %s", (text, expected) => {
    expect(first(CASE.replace("allow:pay-known", text)).expect).toStrictEqual(expected);
  });

  test.each([
    [CASE.replace("tool =", "tols ="), ["3:1 unknown key `tols`"]],
    [CASE.replace("allow:pay-known", "maybe"), ["4:1 `maybe` is no expectation: write `deny` or `allow:rule-id`"]],
    [
      CASE.replace("allow:pay-known", "deny:x bogus"),
      ["4:1 `deny:x bogus` is no expectation: write `deny` or `allow:rule-id`"],
    ],
    ['[[cases]]\nname = "one"\n', ["1:3 `expect` is missing"]],
    [`${CASE}syscall = "tool.invok"`, ["5:1 unknown syscall `tool.invok`"]],
    [`${CASE}at = "noon"`, ["5:1 `noon` is no time: write `2027-01-01T00:00:00Z`"]],
    [`${CASE}labels = ["Not A Label"]`, ["5:1 bad label `Not A Label`"]],
    [`${CASE}[[cases.pages]]\nresult = 1\nbody = 2`, ["7:1 unknown key `body`"]],
    [CASE + CASE, ["6:1 the name `one` is another case's already"]],
    [`${CASE}user = "hello"`, ["5:1 `user` cannot be a string"]],
    ["cases = [", ["1:10 not valid TOML: "]],
  ])("refuses\n%s", (source, expected) => {
    const found = faults(source);
    expect(found).toHaveLength(expected.length);
    expected.forEach((text, index) => {
      expect(found[index]).toContain(text.startsWith("1:10") ? "not valid TOML" : text);
    });
  });
});

const CASE_HINT =
  "the keys here are `name`, `syscall`, `server`, `tool`, `target`, `agent`, `at`, `labels`, `user`, `pages`, " +
  "`arguments`, `earlier`, `expect`";

describe("what is wrong with a file of cases, in words", () => {
  it.each([
    ["zzzzzz = 1", 1, "unknown key `zzzzzz`", "the keys here are `policy`, `cases`"],
    ["polici = 1", 1, "unknown key `polici`", "did you mean `policy`?"],
    [`${CASE}zzzzzz = 1`, 5, "unknown key `zzzzzz`", CASE_HINT],
    [`${CASE}labelz = 1`, 5, "unknown key `labelz`", "did you mean `labels`?"],
    [
      `${CASE}[[cases.pages]]\nresult = 1\nzzzzzz = 1`,
      7,
      "unknown key `zzzzzz`",
      "the keys here are `server`, `tool`, `method`, `result`",
    ],
    [
      `${CASE}[[cases.earlier]]\nzzzzzz = 1`,
      6,
      "unknown key `zzzzzz`",
      "the keys here are `syscall`, `server`, `tool`, `target`, `arguments`, `at`",
    ],
  ])("%s: what could stand there", (source, line, problem, hint) => {
    expect(parseCases(source)).toEqual({ ok: false, error: [{ line, column: 1, problem, hint }] });
  });

  it.each([
    ["cases = 1", ["1:1 `cases` cannot be a number"]],
    ["cases = [1]", ["1:1 `cases` cannot be a number"]],
    [`${CASE}labels = [1]`, ["5:1 `labels` cannot be a number"]],
    [`${CASE}at = 1`, ["5:1 `at` must be a time"]],
    [`${CASE}at = 12:00:00`, ["5:1 a date is no time: write `2027-01-01T00:00:00Z`"]],
    [`${CASE}at = "1969-12-31T23:59:59Z"`, ["5:1 `1969-12-31T23:59:59Z` is no time: write `2027-01-01T00:00:00Z`"]],
    [CASE.replace("allow:pay-known", "Deny!"), ["4:1 `Deny!` is no expectation: write `deny` or `allow:rule-id`"]],
    [CASE.replace("one", ""), ["2:1 a name must not be empty"]],
    [CASE.replace("one", "x".repeat(129)), ["2:1 a name is longer than 128 characters"]],
    [`policy = ""\n${CASE}`, ["1:1 `policy` must not be empty"]],
  ])("%s", (source, expected) => {
    expect(faults(source)).toEqual(expected);
  });

  it("cases without a name are told as that, and not as two of one name", () => {
    const nameless = '[[cases]]\nexpect = "deny"\n';
    expect(faults(nameless + nameless)).toEqual(["1:3 `name` is missing", "3:3 `name` is missing"]);
  });

  it("a file is as large as a policy may be, in bytes, and no larger", () => {
    const comment = (bytes: number): string => `# ${"é".repeat((bytes - 2) / 2)}`;
    expect(parseCases(comment(MAX_POLICY_BYTES))).toEqual({ ok: true, value: { cases: [] } });
    const problem = `the cases are larger than ${String(MAX_POLICY_BYTES)} bytes`;
    expect(parseCases(comment(MAX_POLICY_BYTES + 2))).toEqual({ ok: false, error: [{ line: 1, column: 1, problem }] });
  });
});

describe("running a case", () => {
  const FULL = `${CASE}
user = ["pay the plumber"]
arguments = { amount = 5 }
labels = ["pii"]
agent = "agent://x"
pages = [{ tool = "get_mail", result = { subject = "hi" } }]
earlier = [{ tool = "get_mail" }]
`;

  test("the world is told in order: words, pages, earlier calls, the call", async () => {
    const { open, told } = world([ALLOW, ALLOW]);
    const result = await runCase(first(FULL), "", open);
    expect(result).toMatchObject({ name: "one", ok: true, actual: "allow:pay-known policy-allow", why: "" });
    const shared = { syscall: "tool.invoke", server: "server", agent: "agent://x" };
    expect(told).toEqual([
      ["user", "pay the plumber"],
      ["page", { server: "server", tool: "get_mail", method: "tools/call", result: { subject: "hi" } }],
      ["call", { ...shared, tool: "get_mail", arguments: {}, labels: [] }],
      ["call", { ...shared, tool: "send_money", arguments: { amount: 5 }, labels: ["pii"] }],
    ]);
  });

  test.each([
    ["allow:pay-known", DENY, "expected the verdict allow, got deny"],
    ["deny:other", DENY, "expected the rule other to decide, but default-deny did"],
    ["deny:default-deny policy-deny", DENY, "expected the reason policy-deny, got no-rule"],
  ])("%s against another decision fails", async (text, decision, why) => {
    const result = await runCase(first(CASE.replace("allow:pay-known", text)), "", world([decision]).open);
    expect(result).toMatchObject({ ok: false, why });
  });

  test("a case that cannot be run fails, and so does one whose past did not happen", async () => {
    const expectsDeny = first(FULL.replace("allow:pay-known", "deny"));
    expect(await runCase(expectsDeny, "", world([]).open)).toMatchObject({ ok: false, actual: undefined });
    const result = await runCase(expectsDeny, "", world([DENY, DENY]).open);
    expect(result).toMatchObject({ ok: false, actual: undefined });
    expect(result.why).toContain("earlier call 1 did not pass: deny:default-deny");
  });
});
