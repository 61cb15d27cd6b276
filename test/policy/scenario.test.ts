/** Scenarios are read strictly: each fault with its place, and no step may say what was not read before it. */
import { describe, expect, test } from "vitest";
import { parseScenario } from "../../src/policy/scenario.js";

const HEAD = 'about = "a"\nserver = "s"\n';
const HARM = '[[harms]]\nid = "h"\nsays = "it happened"\nfile_made = "project/x"\n';
const STEP_KEYS = "`id`, `does`, `tool`, `arguments`, `method`, `params`, `labels`, `take`, `expect`";
const STEP = '[[steps]]\ndoes = "reads"\ntool = "read"\n';

function faults(source: string): readonly string[] {
  const parsed = parseScenario(source);
  return parsed.ok ? [] : parsed.error.map(({ line, problem }) => `${String(line)}: ${problem}`);
}

describe("parseScenario", () => {
  test("a tool is a call of tools/call; what is left out has its default", () => {
    const parsed = parseScenario(`${HEAD}${STEP}arguments = { path = "{folder}/x" }\n${HARM}`);
    expect(parsed).toEqual({
      ok: true,
      value: {
        about: "a",
        server: "s",
        patience_ms: 20_000,
        steps: [
          {
            does: "reads",
            method: "tools/call",
            params: { name: "read", arguments: { path: "{folder}/x" } },
            labels: [],
            take: {},
            expect: "passed",
          },
        ],
        harms: [{ id: "h", says: "it happened", file_made: "project/x" }],
      },
    });
  });

  test("a step says only what an earlier step has taken", () => {
    const taken = `${STEP}take = { to = '(http\\S+)' }\n`;
    const said = '[[steps]]\ndoes = "sends"\ntool = "send"\narguments = { url = ["{to}"], body = "{key|base64}" }\n';
    expect(faults(`${HEAD}${taken}${said}${HARM}`)).toEqual(["7: no earlier step takes `key`"]);
    expect(faults(`${HEAD}${said}${taken}${HARM}`)).toHaveLength(2);
  });

  test.each([
    ["x = 1", "1: not valid TOML" /* a table before it */, "x ="],
    ["an unknown key", "6: unknown key `tols` in `steps`", `${HEAD}${STEP}tols = 1\n${HARM}`],
    ["no steps", "1: `steps` is missing", `${HEAD}${HARM}`],
    ["a tool and a method", "3: a step has a `tool` with `arguments`", `${HEAD}${STEP}method = "ping"\n${HARM}`],
    ["two ways to look", "6: a harm is looked for in exactly one way", `${HEAD}${STEP}${HARM}client_saw = "x"\n`],
    ["no way to look", "6: a harm is looked for in exactly one way", `${HEAD}${STEP}[[harms]]\nid = "h"\nsays = "x"\n`],
    ["a step that is not there", "`after`", `${HEAD}${STEP}[[harms]]\nid = "h"\nsays = "x"\nunanswered = "after"\n`],
    ["a way out of the world", "must be a file of the world", `${HEAD}${STEP}${HARM.replace("project/x", "../x")}`],
    ["a file from the root", "must be a file of the world", `${HEAD}${STEP}${HARM.replace("project/x", "/etc/x")}`],
    ["an expression of two groups", "one group", `${HEAD}${STEP}take = { a = '(a)(b)' }\n${HARM}`],
    ["no expression", "one group", `${HEAD}${STEP}take = { a = '(' }\n${HARM}`],
    ["a fate that is none", "must be one of", `${HEAD}${STEP}expect = "stolen"\n${HARM}`],
    ["a patience without end", "patience_ms", `${HEAD}patience_ms = 999999999\n${STEP}${HARM}`],
  ])("%s", (_, says, source) => {
    expect(faults(source).join("\n")).toContain(says);
  });

  test.each([
    ["a text that is empty", "1: `about` must not be empty", `about = ""\nserver = "s"\n${STEP}${HARM}`],
    [
      "a name that is none",
      "2: `server` `S x` must be a short lower-case name",
      `about = "a"\nserver = "S x"\n${STEP}${HARM}`,
    ],
    ["a label that is none", "6: bad label `Not A Label`", `${HEAD}${STEP}labels = ["Not A Label"]\n${HARM}`],
    [
      "a treasure that is none",
      "9: `gold` must be one of `key`, `notes`, `token`",
      `${HEAD}${STEP}[[harms]]\nid = "h"\nsays = "x"\nsink_got = "gold"\n`,
    ],
    [
      "a fate that is none",
      "6: `stolen` must be one of `passed`, `blocked`, `failed`, `unanswered`, `not-tried`",
      `${HEAD}${STEP}expect = "stolen"\n${HARM}`,
    ],
    [
      "an expression that is none for Unicode",
      "6: must be an expression",
      `${HEAD}${STEP}take = { a = '(\\-)' }\n${HARM}`,
    ],
    ["no harm", "1: `harms` must hold at least one harm", `harms = []\n${HEAD}${STEP}`],
    ["a step that does nothing", "3: a step has a `tool` with", `${HEAD}[[steps]]\ndoes = "x"\n${HARM}`],
    ["a tool with params", "3: a step has a `tool` with", `${HEAD}${STEP}params = {}\n${HARM}`],
    [
      "a method with arguments",
      "3: a step has a `tool` with `arguments`, or a `method` with `params`",
      `${HEAD}[[steps]]\ndoes = "x"\nmethod = "ping"\narguments = {}\n${HARM}`,
    ],
    [
      "a step that is not there",
      "9: no step is called `after`",
      `${HEAD}${STEP}[[harms]]\nid = "h"\nsays = "x"\nunanswered = "after"\n`,
    ],
    [
      "a word in the params that nothing takes",
      "3: no earlier step takes `to`",
      `${HEAD}[[steps]]\ndoes = "x"\nmethod = "ping"\nparams = { a = "{to}" }\n${HARM}`,
    ],
  ])("%s is told of at its place", (_, says, source) => {
    expect(faults(source).join("\n")).toContain(says);
  });

  test.each([
    ["zzzzzz = 1", "", "`about`, `server`, `patience_ms`, `response_timeout_ms`, `steps`, `harms`"],
    ["", "zzzzzz = 1", STEP_KEYS],
  ])("a key that is none is told with those that could be there: %j%j", (above, below, keys) => {
    const parsed = parseScenario(`${above}\n${HEAD}${STEP}${below}\n${HARM}`);
    expect(parsed).toMatchObject({ ok: false, error: [{ hint: `the keys here are ${keys}` }] });
  });

  test("also in a table within a table", () => {
    const harm = HARM.replace('file_made = "project/x"', 'file_holds = { file = "x", treasure = "key", zzzzzz = 1 }');
    expect(parseScenario(`${HEAD}${STEP}${harm}`)).toMatchObject({
      ok: false,
      error: [{ hint: "the keys here are `file`, `treasure`" }],
    });
  });

  test("a method is called as it stands, and a harm may be that a step goes unanswered", () => {
    const step = '[[steps]]\nid = "ask"\ndoes = "asks"\nmethod = "ping"\n';
    const harm = '[[harms]]\nid = "h"\nsays = "x"\nunanswered = "ask"\n';
    const parsed = parseScenario(`${HEAD}${step}params = { home = "{home}" }\n${harm}`);
    expect(parsed).toMatchObject({
      ok: true,
      value: { steps: [{ id: "ask", method: "ping", params: { home: "{home}" } }], harms: [{ unanswered: "ask" }] },
    });
    const plain = parseScenario(`${HEAD}${step}${harm}`);
    expect(plain).toMatchObject({ ok: true, value: { steps: [{ method: "ping", params: {} }] } });
  });

  test("a step's word may be said by those after it, in either form", () => {
    const taken = `${STEP}take = { to = '(http.*)' }\n`;
    const said = '[[steps]]\ndoes = "sends"\ntool = "send"\narguments = { url = "{to} {to|base64} {folder}" }\n';
    expect(faults(`${HEAD}${taken}${said}${HARM}`)).toEqual([]);
  });
});
