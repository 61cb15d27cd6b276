/** What a policy file may say, and how it is told when it says something else. */
import { readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_POLICY_BYTES } from "../../src/base/limits.js";
import { CONDITION_NAMES, type ConditionName } from "../../src/policy/conditions/table.js";
import { parsePolicy } from "../../src/policy/parse.js";
import { documentOf, faultsIn, sourceOf, TAIL } from "./fixture.js";

const BROKEN = "test/fixtures/policies/broken";
const CALLS = '[[rules]]\nid = "calls"\neffect = "allow"\nwhen = { syscalls = ["tool.invoke"] }\n';

/** Each broken file: where its fault is, what is said, and what is advised. */
const EXPECTED: Readonly<Record<string, readonly [place: string, problem: string, hint?: string]>> = {
  "bad-grant": ["2:1", "unknown syscall `tool.invok` in a capability", "did you mean `tool.invoke`?"],
  "bad-label": ["7:1", "bad label `Poisoned`"],
  "duplicate-id": ["9:1", "the id `calls` is rule 1's already"],
  "early-tail": ["2:1", "`default-deny` must be the last rule: none after it is ever asked"],
  "missing-tail": [
    "9:1",
    "the last rule must be `default-deny`",
    'end the file with `[[rules]]`, `id = "default-deny"`, `effect = "deny"`',
  ],
  "misspelt-label": [
    "7:1",
    "`poisoned-suspct` is close to the label `poisoned-suspect`",
    "did you mean `poisoned-suspect`? if it is a tag of yours, describe it in `[labels]`",
  ],
  "narrowed-tail": ["11:25", "`default-deny` must hold for every call: it takes no `labels_any`"],
  "no-syscalls": ["5:8", "the rule `calls` names no syscall", "list every syscall it is about in `when.syscalls`"],
  "prototype-key": ["7:1", "the keys `__proto__` and `constructor` are not allowed"],
  "reserved-id": ["5:1", "the id `lifecycle` is the kernel's own"],
  "syntax-error": ["3:9", "not valid TOML: invalid value"],
  "typo-agent": ["2:3", "unknown key `nmae` in `agent`", "the keys here are `id`"],
  "typo-grants": ["3:1", "unknown key `agnet` in `grants`", "did you mean `agent`?"],
  "typo-rules": [
    "4:1",
    "unknown key `priority` in `rules`",
    "the keys here are `id`, `effect`, `reason`, `when`, `changes`",
  ],
  "typo-top": ["1:2", "unknown key `agnet`", "did you mean `agent`?"],
  "typo-when": ["6:1", "unknown key `syscals` in `rules.when`", "did you mean `syscalls`?"],
  "unknown-syscall": ["6:1", "unknown syscall `tool.invok`", "did you mean `tool.invoke`?"],
  "weakened-tail": ["10:1", "`default-deny` must deny"],
};

/** `line:column problem` of each fault. */
function told(source: string): readonly string[] {
  return faultsIn(source).map(({ line, column, problem }) => `${String(line)}:${String(column)} ${problem}`);
}

describe("a broken policy file", () => {
  it("has an expectation each", () => {
    const files = readdirSync(new URL(`../../${BROKEN}`, import.meta.url));
    expect(files.toSorted()).toEqual(Object.keys(EXPECTED).map((name) => `${name}.toml`));
  });

  it.each(Object.entries(EXPECTED))("%s is refused at its place, and only there", (name, [place, problem, hint]) => {
    const [line, column] = place.split(":").map(Number);
    const fault = { line, column, problem, ...(hint === undefined ? {} : { hint }) };
    expect(faultsIn(sourceOf(`${BROKEN}/${name}.toml`))).toEqual([fault]);
  });
});

describe("a policy of the v0.1 form", () => {
  it("loads unchanged, with its 27 rules in order", () => {
    const { rules, labels, agent } = documentOf(sourceOf("test/fixtures/policies/agentk-v0.1.toml"));
    expect(rules).toHaveLength(27);
    expect(rules[0]?.id).toBe("context-read");
    expect(rules.at(-1)).toMatchObject({ id: "default-deny", effect: "deny", when: { syscalls: [] } });
    expect(Object.keys(labels)).toHaveLength(6);
    expect(agent.id).toBe("agent://example/v0.1");
  });
});

describe("a document", () => {
  it("is plain JSON with everything spelt out", () => {
    const document = documentOf(
      `[[grants]]\ncapability = "network.send:https://a:8080/*"\n${CALLS.replace('id = "calls"\n', "")}${TAIL}`,
    );
    expect(JSON.parse(JSON.stringify(document))).toEqual({
      agent: {},
      mode: "enforce",
      trust: { client_prompt: "none", context_socket: false, release: false },
      mcp: { features: ["tools", "resources", "prompts"], roots: [], trace: false, early_answers: false },
      labels: {},
      sources: [],
      directory: [],
      grants: [{ capability: { kind: "network.send", target: "https://a:8080/*" } }],
      rules: [
        { id: "rule-1", effect: "allow", when: { syscalls: ["tool.invoke"] } },
        { id: "default-deny", effect: "deny", when: { syscalls: [] } },
      ],
    });
  });

  it("reads one glob and a list of globs alike", () => {
    const one = CALLS.replace("] }", '], tool = "a*" }');
    const list = CALLS.replace("] }", '], tool = ["a*"] }');
    expect(documentOf(one + TAIL)).toEqual(documentOf(list + TAIL));
  });

  it("takes a default-deny with empty conditions, as older files write it", () => {
    expect(documentOf(`${TAIL}[rules.when]\nsyscalls = []\nlabels_any = []\n`).rules).toHaveLength(1);
  });

  it("takes tags of the operator's, and one close to a label once it is described", () => {
    const tagged = CALLS.replace("] }", '], labels_any = ["pii", "customer:acme", "secrets"] }') + TAIL;
    expect(told(tagged)).toEqual(["4:38 `secrets` is close to the label `secret`"]);
    expect(documentOf(`[labels]\nsecrets = "ours"\n${tagged}`).rules).toHaveLength(2);
  });
});

describe("the roots of `[mcp]`", () => {
  const withRoots = (roots: string): string => `[mcp]\nroots = ${roots}\n${TAIL}`;

  it("are a list, or the client's", () => {
    expect(documentOf(withRoots('["file:///work"]')).mcp.roots).toEqual(["file:///work"]);
    expect(documentOf(withRoots('"client"')).mcp.roots).toBe("client");
    expect(documentOf(TAIL).mcp.roots).toEqual([]);
  });

  it.each([
    ['"Client"', '2:1 `Client` is no list of roots: write a list, or `"client"`'],
    ['"file:///work"', '2:1 `file:///work` is no list of roots: write a list, or `"client"`'],
    ["true", "2:1 `roots` must be a list, found true or false"],
    ['["file:///a", "client"]', "2:1 `client` is no absolute file URI: write `file:///home/me/project`"],
    ['["file:///a", 1]', "2:1 each item of `roots` must be a string, found a number"],
  ])("are not %s", (roots, fault) => {
    expect(told(withRoots(roots))).toEqual([fault]);
  });
});

/** A well-formed value of each condition. */
const VALUES: Readonly<Record<ConditionName, string>> = {
  syscalls: '["tool.invoke"]',
  agent: '"*"',
  server: '"*"',
  tool: '"*"',
  target: '"*"',
  url: '{ host = "a.example" }',
  under: '"/srv"',
  act: '["read"]',
  risk: '["low"]',
  labels_any: '["private"]',
  labels_all: '["private"]',
  labels_none: '["private"]',
  capability: '"present"',
  time: '{ from = "08:00", to = "18:00" }',
  history: '[{ tool = "a" }]',
  descriptor: '["unknown"]',
  only: '["a"]',
  every: '[{ path = "/a", from = ["user"] }]',
  some: '[{ path = "/a", from = ["user"] }]',
  intent: '["pay"]',
  budget: '{ path = "/a", over = 1 }',
  all: '[{ tool = "a" }]',
  any: '[{ tool = "a" }]',
  not: '{ tool = "a" }',
};

// Claim: A2
describe("a tail", () => {
  it.each(["allow", "ask", "transform", "defer"])("may not %s", (effect) => {
    expect(told(TAIL.replace('effect = "deny"', `effect = "${effect}"`))[0]).toBe("3:1 `default-deny` must deny");
  });

  it.each(CONDITION_NAMES)("takes no `%s`", (name) => {
    expect(told(`${TAIL}when.${name} = ${VALUES[name]}\n`)).toEqual([
      `4:6 \`default-deny\` must hold for every call: it takes no \`${name}\``,
    ]);
  });

  it.each([
    ["", "1:1"],
    ["# nothing\n", "1:1"],
    ["[agent]\nid = 'a'\n", "1:1"],
    ["rules = []\n", "1:1"],
    ['mode = "enforce"\nrules = []\n', "2:1"],
  ])("is asked for when there are no rules at all: %j", (source, place) => {
    expect(told(source)).toEqual([`${place} the policy has no rules`]);
  });

  it("is the only rule of its id", () => {
    expect(told(TAIL + TAIL)).toEqual(["2:1 `default-deny` must be the last rule: none after it is ever asked"]);
  });
});

describe("every other rule", () => {
  it.each([
    ["without conditions", CALLS.replace(/^when.*\n/m, ""), "1:3"],
    ["with an empty table", CALLS.replace(/\{.*\}/, "{}"), "4:1"],
    ["with an empty list", CALLS.replace('["tool.invoke"]', "[]"), "4:10"],
  ])("%s would hold for all calls, and is refused", (_, rule, place) => {
    expect(told(rule + TAIL)).toEqual([`${place} the rule \`calls\` names no syscall`]);
  });

  it("may not take the number of one without an id", () => {
    const first = CALLS.replace("calls", "rule-2");
    const second = CALLS.replace('id = "calls"\n', "");
    expect(told(first + second + TAIL)).toEqual(["5:3 the id `rule-2` is rule 1's already"]);
  });
});

describe("a value of the wrong kind", () => {
  it.each([
    ["rules = 3", ["1:1 `rules` must be a list, found a number"]],
    [
      "rules = [3]",
      ["1:1 each item of `rules` must be a table, found a number", "1:1 the last rule must be `default-deny`"],
    ],
    [`agent = 1\n${TAIL}`, ["1:1 `agent` must be a table, found a number"]],
    [`[agent]\nid = ""\n${TAIL}`, ["2:1 `id` must not be empty"]],
    [`[agent]\nid = "a\\nb"\n${TAIL}`, ["2:1 `id` must not hold control characters"]],
    [`[labels]\nx = 2026-01-01\n${TAIL}`, ["2:1 `x` must be a string, found a date"]],
    [`[[grants]]\n${TAIL}`, ["1:3 `capability` is missing"]],
    [
      `[[grants]]\ncapability = "tool.invoke"\n${TAIL}`,
      ["2:1 the capability `tool.invoke` must be `kind:target`, with a glob for the target"],
    ],
    [
      `[[grants]]\ncapability = "tool.invoke:"\n${TAIL}`,
      ["2:1 the capability `tool.invoke:` must be `kind:target`, with a glob for the target"],
    ],
    [`[[grants]]\ncapability = "*:fs/a"\n${TAIL}`, ["2:1 unknown syscall `*` in a capability"]],
    [CALLS.replace(/effect.*\n/, "") + TAIL, ["1:3 `effect` is missing"]],
    [
      CALLS.replace("allow", "Allow") + TAIL,
      ["3:1 `effect` must be one of `allow`, `deny`, `ask`, `transform`, `defer`, found `Allow`"],
    ],
    [CALLS.replace('"allow"', "true") + TAIL, ["3:1 `effect` must be a string, found true or false"]],
    [
      CALLS.replace("calls", "Calls!") + TAIL,
      ["2:1 the rule id `Calls!` must be 1 to 64 of `a-z`, `0-9`, `.`, `_`, `-`"],
    ],
    [`${CALLS}reason = " "\n${TAIL}`, ["5:1 `reason` must not be empty"]],
    [CALLS.replace('["tool.invoke"]', '"tool.invoke"') + TAIL, ["4:10 `syscalls` must be a list, found a string"]],
    [CALLS.replace('["tool.invoke"]', '["tool.*"]') + TAIL, ["4:10 unknown syscall `tool.*`"]],
    [CALLS.replace('["tool.invoke"]', '["unknown"]') + TAIL, ["4:10 unknown syscall `unknown`"]],
    [CALLS.replace('["tool.invoke"]', "[1]") + TAIL, ["4:10 each item of `syscalls` must be a string, found a number"]],
    [CALLS.replace("] }", '], tool = "" }') + TAIL, ["4:38 a glob must not be empty"]],
    [CALLS.replace("] }", "], tool = [] }") + TAIL, ["4:38 a list of globs must hold at least one"]],
    [CALLS.replace("] }", "], tool = 'a\\' }") + TAIL, ["4:38 a glob must not end in a lone backslash"]],
    [
      CALLS.replace("] }", '], labels_none = ["public"] }') + TAIL,
      ["4:38 `public` is the absence of a label and cannot be tested"],
    ],
    [
      CALLS.replace("] }", '], capability = "yes" }') + TAIL,
      ["4:38 `capability` must be `present` or `missing`, found `yes`"],
    ],
  ])("%j", (source, expected) => {
    expect(told(source)).toEqual(expected);
  });
});

describe("faults", () => {
  it("are all told, in the order of the text", () => {
    const source = `[agnet]\n[[rules]]\nid = "a"\neffect = "no"\n[rules.when]\nsyscalls = ["x.y"]\ntol = "b"\n`;
    expect(told(source)).toEqual([
      "1:2 unknown key `agnet`",
      "3:1 the last rule must be `default-deny`",
      "4:1 `effect` must be one of `allow`, `deny`, `ask`, `transform`, `defer`, found `no`",
      "6:1 unknown syscall `x.y`",
      "7:1 unknown key `tol` in `rules.when`",
    ]);
  });

  it("stay on one line and short, whatever the file holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        const key = JSON.stringify(text).replace(/\u007f/g, "");
        const parsed = parsePolicy(`${key} = 1\n[[rules]]\nid = ${key}\neffect = ${key}\n`);
        if (parsed.ok) throw new Error("accepted");
        for (const { problem, hint = "" } of parsed.error) {
          expect(problem + hint).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(problem.length).toBeLessThan(700);
        }
      }),
    );
  });

  it("come from any text at all without an exception", () => {
    const bits = fc.constantFrom(
      "[[rules]]",
      "[",
      "]",
      "{",
      "}",
      "=",
      "id",
      '"',
      "'",
      '"""',
      "\\",
      "\n",
      ".",
      ",",
      "#",
      "1",
      "when",
      " ",
    );
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 30 }), (pieces) => {
        expect(parsePolicy(pieces.join("")).ok).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a hostile file", () => {
  it.each(["__proto__", "constructor"])("cannot use the key `%s` anywhere", (key) => {
    const places = [`${key} = 1\n${TAIL}`, `[${key}]\nx = 1\n${TAIL}`, `[labels]\n${key} = "x"\n${TAIL}`];
    const inline = `[[rules]]\nid = "a"\neffect = "allow"\nwhen = { ${key} = { syscalls = ["tool.invoke"] } }\n${TAIL}`;
    const escaped = `labels = { "${key.replace("o", "\\u006f")}" = "x" }\n${TAIL}`;
    for (const source of [...places, inline, escaped]) {
      expect(told(source)).toEqual([expect.stringContaining("the keys `__proto__` and `constructor` are not allowed")]);
    }
    expect(({} as Record<string, unknown>)["syscalls"]).toBeUndefined();
  });

  it("may name labels after members of Object, and only as text", () => {
    const { labels } = documentOf(`[labels]\ntoString = "a"\nhasOwnProperty = "b"\n${TAIL}`);
    expect(Object.entries(labels)).toEqual([
      ["toString", "a"],
      ["hasOwnProperty", "b"],
    ]);
  });

  it.each(["toString", "valueOf", "hasOwnProperty"])("has no key `%s` by inheritance", (key) => {
    expect(told(`${key} = 1\n${TAIL}`)).toEqual([`1:1 unknown key \`${key}\``]);
    expect(told(CALLS.replace("] }", `], ${key} = [] }`) + TAIL)).toEqual([
      `4:38 unknown key \`${key}\` in \`rules.when\``,
    ]);
  });

  it("is refused by its size in bytes before it is read", () => {
    const filler = "é".repeat((MAX_POLICY_BYTES - TAIL.length - 2) / 2);
    const largest = `${TAIL}#${filler}\n`;
    expect(new TextEncoder().encode(largest).length).toBeLessThanOrEqual(MAX_POLICY_BYTES);
    expect(parsePolicy(largest).ok).toBe(true);
    expect(told(`${largest}##`)).toEqual([`1:1 the policy is larger than ${String(MAX_POLICY_BYTES)} bytes`]);
  });

  it("is refused where it is not Unicode, since the log could not carry it", () => {
    expect(told(`${TAIL}# a\ud800`)).toEqual(["4:4 the text is not valid Unicode"]);
  });

  it("is refused when it nests without end, or spells out a key without end", () => {
    expect(told(`x = ${"[".repeat(5000)}`)).toEqual([expect.stringContaining("excessively nested")]);
    expect(told(`${"a.".repeat(60_000)}a = 1\n${TAIL}`)).toEqual(["1:1 unknown key `a`"]);
  });

  it("is told of thousands of faults in a time that grows with its size", () => {
    const keys = Array.from({ length: 9000 }, (_, index) => `k${String(index)} = 1\n`).join("");
    const told = faultsIn(keys + TAIL);
    expect(told).toHaveLength(9000);
    expect(told.at(-1)).toMatchObject({ line: 9000, column: 1 });
  });
});
