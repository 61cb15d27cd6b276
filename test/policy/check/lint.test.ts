import { describe, expect, test } from "vitest";
import { LINT_CODES, type LintCode, type LintFinding } from "../../../src/policy/check/codes.js";
import { lintPolicy } from "../../../src/policy/check/lint.js";
import { documentOf, NOON, sourceOf, TAIL } from "../fixture.js";

function lint(text: string): readonly LintFinding[] {
  const source = `${text}\n${TAIL}`;
  return lintPolicy(documentOf(source), source, NOON);
}

function rule(effect: string, when: string, more = ""): string {
  return `[[rules]]\nid = "${effect}-${String(when.length)}"\neffect = "${effect}"\n${more}\nwhen = { ${when} }\n`;
}

const CALL = 'syscalls = ["tool.invoke"]';
const READ = 'syscalls = ["tool.describe"]';
/** What only a call can answer: asked of a page, it withholds the page. */
const ASKING = [
  'intent = ["pay"]',
  'descriptor = ["changed"]',
  'only = ["a"]',
  'every = [{ path = "/a", max = 1 }]',
  'some = [{ path = "/a", max = 1 }]',
  'budget = { path = "/a", over = 5 }',
];

/** For each code, policies that must have it and policies that are near and must not. */
const VECTORS: Readonly<
  Record<Exclude<LintCode, "not-searched">, { bad: readonly string[]; good: readonly string[] }>
> = {
  unreachable: {
    bad: [
      rule("deny", `${CALL}, labels_any = ["untrusted"]`) + rule("allow", `${CALL}, labels_all = ["poisoned-suspect"]`),
      rule("allow", `${CALL}, tool = "get_*"`) + rule("deny", `${CALL}, tool = ["get_a", "get_b*"]`),
      rule("allow", `${CALL}, capability = "present"`) +
        rule("deny", `${CALL}, capability = "missing"`) +
        rule("ask", `${CALL}, tool = "x"`),
      rule("allow", `${CALL}, every = [{ path = "/**", max = 9 }], tool = "a"`) +
        rule("deny", `${CALL}, every = [{ path = "/a", min = 1 }, { path = "/**", max = 3 }], tool = "a"`),
      rule("deny", `${CALL}, any = [{ tool = "a" }, { tool = "b" }]`) +
        rule("allow", `${CALL}, tool = ["b", "a"]`).replace('["b", "a"]', '"b"'),
      rule("deny", `${CALL}, not = { tool = "a*" }`) + rule("allow", `${CALL}, tool = "b"`),
      rule("allow", `${CALL}, only = ["a", "b"], tool = "x"`) + rule("deny", `${CALL}, only = ["b"], tool = "x"`),
    ],
    good: [
      rule("allow", `${CALL}, only = ["b"]`) + rule("deny", `${CALL}, only = ["a", "b"]`),
      rule("allow", `${CALL}, tool = "get_a"`) + rule("deny", `${CALL}, tool = "get_*"`),
      rule("allow", `${CALL}, every = [{ path = "/**", max = 9 }]`) +
        rule("ask", `${CALL}, every = [{ path = "/a", max = 3 }]`),
      rule("deny", `${CALL}, some = [{ path = "/a", max = 9 }]`) +
        rule("ask", `${CALL}, some = [{ path = "/**", max = 3 }]`),
      rule("allow", `${CALL}, every = [{ path = "/a", max = 9 }]`) +
        rule("ask", `${CALL}, every = [{ path = "/b", max = 3 }]`),
      rule("deny", `${CALL}, budget = { path = "/a", over = 5 }`) +
        rule("ask", `syscalls = ["tool.invoke", "prompt.get"], budget = { path = "/a", over = 5 }`),
    ],
  },
  shadowed: {
    bad: [
      rule("deny", CALL) + rule("allow", 'syscalls = ["tool.invoke", "tool.describe"]'),
      rule("deny", `${CALL}, tool = "a*"`) + rule("allow", `${CALL}, tool = ["ab", "b"]`),
    ],
    good: [rule("deny", `${CALL}, tool = "c*"`) + rule("allow", `${CALL}, tool = ["ab", "b"]`)],
  },
  contradictory: {
    bad: [
      rule("allow", `${CALL}, labels_all = ["secret"], labels_none = ["private"]`),
      rule("allow", `${CALL}, every = [{ path = "/a", min = 5, max = 4 }]`),
      rule("deny", `${CALL}, some = [{ path = "/a", equals = 5, in = [1, 2] }]`),
      rule("deny", `${CALL}, history = [{ at_least = 3, at_most = 2 }]`),
      rule("deny", `${CALL}, tool = "a", not = { tool = "a*" }`),
      rule("deny", `syscalls = ["network.send"], act = ["execute"]`),
      rule("deny", `${CALL}, every = [{ path = "/**", max = 4 }], some = [{ path = "/a", min = 5 }]`),
    ],
    good: [
      rule("allow", `${CALL}, every = [{ path = "/a", min = 4, max = 4, in = [4, 5] }]`),
      rule("deny", `${CALL}, act = ["execute"], tool = "a*", not = { tool = "ab" }`),
    ],
  },
  phase: {
    bad: [
      rule("allow", 'syscalls = ["network.send"], tool = "a"'),
      rule("deny", 'syscalls = ["tool.response"], some = [{ path = "/a", equals = 1 }]'),
      rule("deny", `${CALL}, url = { scheme = "http" }`),
      rule("deny", 'syscalls = ["prompt.response"], capability = "missing"'),
      rule("deny", `${READ}, any = [{ some = [{ path = "/a", equals = 1 }] }]`),
      ...["tool.response", "resource.response", "prompt.response", "tool.describe", "prompt.describe"].flatMap((kind) =>
        ASKING.map((condition) => rule("deny", `syscalls = ["${kind}"], ${condition}`)),
      ),
      rule("deny", 'syscalls = ["network.send"], descriptor = ["changed"]'),
    ],
    good: [
      rule("deny", 'syscalls = ["network.send"], url = { scheme = "http" }'),
      rule("deny", 'syscalls = ["secret.open"], intent = ["pay"]'),
      ...ASKING.map((condition) => rule("deny", `${CALL}, ${condition}`)),
    ],
  },
  "phase-in-part": {
    bad: [
      rule("deny", 'syscalls = ["tool.invoke", "network.send"], tool = "a"'),
      ...ASKING.map((condition) => rule("deny", `syscalls = ["tool.invoke", "tool.response"], not = { ${condition} }`)),
    ],
    good: [rule("deny", 'syscalls = ["tool.invoke", "tool.response"], tool = "a"')],
  },
  "idle-change": {
    bad: [
      rule("transform", 'syscalls = ["resource.read"]', 'changes = [{ path = "/a", redact = true }]'),
      rule("transform", 'syscalls = ["resource.read"]', "changes = [{ quarantine = true }]"),
      rule("transform", 'syscalls = ["tool.invoke", "prompt.get"]', "changes = [{ quarantine = true }]"),
    ],
    good: [
      rule("transform", 'syscalls = ["resource.response"]', "changes = [{ quarantine = true }]"),
      rule("transform", 'syscalls = ["tool.invoke", "tool.response"]', "changes = [{ quarantine = true }]"),
      rule("transform", CALL, 'changes = [{ path = "/a", redact = true }]'),
    ],
  },
  "no-user-channel": {
    bad: [
      rule("allow", `${CALL}, intent = ["pay"]`),
      rule("allow", `${CALL}, every = [{ path = "/a", from = ["user"] }]`),
      rule("allow", `${CALL}, every = [{ path = "/a", named = true }]`),
    ],
    good: [
      `[trust]\nclient_prompt = "_meta"\n${rule("allow", `${CALL}, intent = ["pay"]`)}`,
      rule("allow", `${CALL}, every = [{ path = "/a", from = ["user", "trusted"] }]`),
    ],
  },
  "undeclared-directory": { bad: [], good: [] },
  "every-in-deny": {
    bad: [
      rule("deny", `${CALL}, every = [{ path = "/to/*", from = ["nowhere"] }]`),
      rule("deny", `${CALL}, not = { some = [{ path = "/to/*", from = ["trusted"] }] }`),
      rule("ask", `${CALL}, every = [{ path = "/to/*", from = ["nowhere"] }]`) + "\n" + rule("allow", CALL),
    ],
    good: [
      rule("deny", `${CALL}, some = [{ path = "/to/*", from = ["nowhere"] }]`),
      rule("deny", `${CALL}, not = { every = [{ path = "/to/*", from = ["trusted"] }] }`),
      // What slips by the question is denied.
      rule("ask", `${CALL}, every = [{ path = "/to/*", from = ["untrusted"] }]`),
    ],
  },
  "some-in-allow": {
    bad: [rule("allow", `${CALL}, some = [{ path = "/to/*", from = ["trusted"] }]`)],
    good: [
      rule("allow", `${CALL}, every = [{ path = "/to/*", from = ["trusted"] }]`),
      rule(
        "allow",
        `${CALL}, some = [{ path = "/to/*", max_length = 9 }], every = [{ path = "/to/*", from = ["trusted"] }]`,
      ),
    ],
  },
  "open-arguments": {
    bad: [
      rule("allow", `${CALL}, tool = "pay", every = [{ path = "/to", from = ["trusted"] }]`),
      rule("allow", `${CALL}, tool = ["pay", "send"], all = [{ every = [{ path = "/to/*", max = 4 }] }]`),
      // What an `only` under `not` says is something else.
      rule("allow", `${CALL}, tool = "pay", every = [{ path = "/to", max = 4 }], not = { only = ["a"] }`),
    ],
    good: [
      rule("allow", `${CALL}, tool = "pay", only = ["to"], every = [{ path = "/to", from = ["trusted"] }]`),
      rule("allow", `${CALL}, tool = "pay", every = [{ path = "/to", max = 4 }, { path = "/**", max = 9 }]`),
      rule("allow", `${CALL}, tool = "pay_*", every = [{ path = "/to", from = ["trusted"] }]`),
      rule("allow", `${CALL}, every = [{ path = "/to", from = ["trusted"] }]`),
      rule("ask", `${CALL}, tool = "pay", every = [{ path = "/to", from = ["trusted"] }]`),
      rule("allow", `${CALL}, tool = "pay"`),
    ],
  },
  "empty-labels": {
    bad: [rule("deny", `${CALL}, labels_any = []`)],
    good: [rule("deny", `${CALL}, labels_any = ["secret"]`)],
  },
  "allows-everything": {
    bad: [sourceOf("test/fixtures/policies/allow-all.toml").replace(/\[\[rules\]\]\s*id = "default-deny"[\s\S]*/, "")],
    good: [rule("allow", CALL)],
  },
  "unnarrowed-allow": {
    bad: [rule("allow", CALL), rule("allow", `${CALL}, tool = ["a", "*"]`)],
    good: [rule("allow", READ), rule("allow", `${CALL}, tool = "a"`), rule("deny", CALL)],
  },
  "observe-mode": { bad: ['mode = "observe"'], good: ['mode = "enforce"'] },
  expired: {
    bad: [
      'expires = "2026-11-21T12:00:00Z"',
      '[[grants]]\ncapability = "tool.invoke:a"\nexpires = "2020-01-01T00:00:00Z"',
    ],
    good: ['expires = "2026-11-21T12:00:01Z"'],
  },
  "bad-expiry": { bad: ['expires = "soon"'], good: ['expires = "2027-01-01T00:00:00Z"'] },
  "unused-grant": {
    bad: [`[[grants]]\ncapability = "tool.invoke:a"\n${rule("allow", `${CALL}, tool = "a"`)}`],
    good: [`[[grants]]\ncapability = "tool.invoke:a"\n${rule("allow", `${CALL}, capability = "present"`)}`],
  },
  "unused-directory": {
    bad: ['[[directory]]\nname = "x"\nvalues = ["a"]'],
    good: [
      `[[directory]]\nname = "x"\nvalues = ["a"]\n${rule("allow", `${CALL}, every = [{ path = "/a", from = ["directory:x"] }]`)}`,
    ],
  },
  "unused-label": {
    bad: ['[labels]\npii = "personal"'],
    good: [`[labels]\npii = "personal"\n${rule("deny", `${CALL}, labels_any = ["pii"]`)}`, '[labels]\nsecret = "keys"'],
  },
  "unbounded-grant": {
    bad: ['[[grants]]\ncapability = "secret.open:a"'],
    good: ['[[grants]]\ncapability = "secret.open:a"\nuses = 1', '[[grants]]\ncapability = "tool.invoke:a"'],
  },
  "ungiven-tag": {
    bad: [
      rule("deny", `${CALL}, labels_any = ["pii"]`),
      rule("deny", `${CALL}, some = [{ path = "/**", labels_all = ["pii"] }]`),
      rule("deny", `${CALL}, not = { every = [{ path = "/**", from = ["crm", "nowhere"] }] }`),
      rule("allow", `${CALL}, labels_none = ["pii"]`).replace("[[rules]]", '[labels]\npii = "personal"\n[[rules]]'),
      `[[sources]]\nlabels = ["customer:acme"]\n${rule("deny", `${CALL}, labels_any = ["customer:acmee"]`)}`,
    ],
    good: [
      `[[sources]]\nlabels = ["pii"]\n${rule("deny", `${CALL}, labels_any = ["pii", "secret"]`)}`,
      `[[sources]]\nlabels = ["crm"]\n${rule("allow", `${CALL}, every = [{ path = "/**", from = ["crm", "server:a"] }]`)}`,
    ],
  },
  "no-origin": {
    bad: [
      rule("allow", `${CALL}, every = [{ path = "/a", from = ["user", "trusted"] }]`),
      rule("allow", `${CALL}, every = [{ path = "/a", tokens_from = ["directory"] }]`),
      rule("deny", `${CALL}, not = { some = [{ path = "/a", words_from = ["trusted"] }] }`),
    ],
    good: [
      ...[
        '[trust]\nclient_prompt = "_meta"\n',
        '[[directory]]\nname = "x"\nvalues = ["a"]\n',
        '[[sources]]\nserver = "a"\nlabels = ["trusted"]\n',
      ].map((given) => given + rule("allow", `${CALL}, every = [{ path = "/a", from = ["user", "trusted"] }]`)),
      rule("allow", `${CALL}, every = [{ path = "/a", from = ["user", "trusted", "nowhere"] }]`),
      rule("deny", `${CALL}, some = [{ path = "/a", from_none = ["user", "trusted"] }]`),
    ],
  },
  "withheld-answers": {
    bad: [
      rule("allow", CALL),
      rule("ask", CALL) + rule("deny", 'syscalls = ["tool.response"]'),
      rule("allow", 'syscalls = ["tool.invoke", "tool.response", "resource.read"]'),
      rule("allow", 'syscalls = ["prompt.get", "tool.response"]'),
    ],
    good: [
      rule("allow", 'syscalls = ["tool.invoke", "tool.response"]'),
      rule("deny", CALL),
      `mode = "observe"\n${rule("allow", CALL)}`,
      rule("allow", CALL) + rule("allow", 'syscalls = ["tool.response"], labels_none = ["secret"]'),
    ],
  },
  "vacuous-every": {
    bad: [
      rule("allow", `${CALL}, tool = "send_*", every = [{ path = "/to", from = ["nowhere"] }]`),
      rule("allow", `${CALL}, act = ["send"], every = [{ path = "/to", max = 1 }]`),
    ],
    good: [
      rule("allow", `${CALL}, tool = "send_*", every = [{ path = "/**", from = ["nowhere"] }]`),
      rule(
        "allow",
        `${CALL}, tool = "send_*", every = [{ path = "/to", max = 1 }], some = [{ path = "/to", max = 1 }]`,
      ),
      rule("allow", `${CALL}, tool = "send_*", only = ["to"], every = [{ path = "/to", max = 1 }]`),
      rule("deny", `${CALL}, tool = "send_*", every = [{ path = "/to", max = 1 }]`),
    ],
  },
  "no-id": {
    bad: [`[[rules]]\neffect = "deny"\nwhen = { ${CALL} }`],
    good: [rule("deny", CALL)],
  },
};

const ROWS = Object.entries(VECTORS);

describe("lint", () => {
  test.each(ROWS.flatMap(([code, { bad }]) => bad.map((text) => [code, text] as const)))("%s in\n%s", (code, text) => {
    expect(lint(text).map((finding) => finding.code)).toContain(code);
  });

  test.each(ROWS.flatMap(([code, { good }]) => good.map((text) => [code, text] as const)))(
    "no %s in\n%s",
    (code, text) => {
      expect(lint(text).map((finding) => finding.code)).not.toContain(code);
    },
  );

  test("a directory that the document does not declare", () => {
    const source = rule("allow", `${CALL}, every = [{ path = "/a", from = ["directory:x"] }]`);
    const declared = documentOf(`[[directory]]\nname = "x"\nvalues = ["a"]\n${source}${TAIL}`);
    const codes = lintPolicy({ ...declared, directory: [] }, "").map(({ code }) => code);
    expect(codes).toContain("undeclared-directory");
  });

  test("the rule of the v0.1 form that was never reached is named, and nothing of it is an error", () => {
    const source = sourceOf("test/fixtures/policies/agentk-v0.1.toml");
    const findings = lintPolicy(documentOf(source), source, NOON);
    const dead = findings.filter(({ code }) => code === "unreachable");
    expect(dead.map(({ problem }) => problem)).toEqual([
      "the rule `secret-fd-unavailable` is never reached: `secret-fd` holds first",
    ]);
    expect(source.split("\n")[(dead[0]?.line ?? 0) - 1]).toBe("[[rules]]");
    expect(source.split("\n")[dead[0]?.line ?? 0]).toBe('id = "secret-fd-unavailable"');
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  });

  test("a finding stands where the condition stands", () => {
    const [found] = lint(rule("deny", `${CALL}, labels_any = []`)).filter(({ code }) => code === "empty-labels");
    expect(found).toMatchObject({ line: 5, column: 38, ...LINT_CODES["empty-labels"] });
  });

  test("a tag that is close to a given one is named with it, where it stands", () => {
    const given = '[[sources]]\nlabels = ["personal"]\n';
    const found = lint(`${given}${rule("deny", `${CALL}, labels_any = ["secret", "persnal"]`)}`);
    expect(found.filter(({ code }) => code === "ungiven-tag")).toMatchObject([
      { line: 7, column: 38, problem: "no source gives the tag `persnal`; did you mean `personal`?" },
    ]);
  });

  test("a policy too large to compare says so, and ends", () => {
    const many = Array.from(
      { length: 40 },
      (_, i) => `{ any = [{ tool = "a${String(i)}" }, { labels_any = ["t${String(i)}", "u"] }] }`,
    );
    const big = `${CALL}, all = [${many.join(", ")}]`;
    const findings = lint(rule("deny", big) + rule("allow", `${big}, labels_all = ["zz"]`));
    const words = { line: 1, column: 1, problem: "not all rules were compared" };
    expect(findings).toContainEqual({ code: "not-searched", ...words, ...LINT_CODES["not-searched"] });
  });
});
