/** What the newer parts of the language may say: the document they become, and each fault at its place. */
import { beforeAll, describe, expect, it } from "vitest";
import { loadRegexFor } from "../../src/policy/match/regex.js";
import { directoryLeaves } from "../../src/policy/directory.js";
import { documentOf, faultsIn, TAIL } from "./fixture.js";

const WHOLE = `
expires = "2027-01-01T00:00:00Z"
mode = "observe"
[agent]
id = "agent://x"
[trust]
client_prompt = "_meta"
context_socket = true
[labels]
pii = "personal data"
[[sources]]
server = "bank"
tool = ["get_*"]
method = "tools/call"
path = ["/*/sender", "/*/amount"]
when = { path = "sender", equals = "me" }
labels = ["trusted", "private", "pii", "internal"]
[[sources]]
when = { path = "kind", in = ["a", 1, true] }
labels = ["external"]
[[directory]]
name = "vendors"
values = ["DE89 3704 0044 0532 0130 00", "billing@acme.example"]
[[grants]]
capability = "tool.invoke:bank/send_money"
agent = "*"
uses = 1
expires = "not a date, and no fault: it has expired"
[[rules]]
id = "pay-known"
effect = "allow"
[rules.when]
syscalls = ["tool.invoke"]
tool = "send_money"
act = ["send"]
risk = ["medium", "high"]
every = [
  { path = "/recipient", from = ["user", "directory:vendors"], from_none = ["pii"], matches = "[A-Z]+" },
  { path = "/amount", min = 1, max = 1000, labels_none = ["secret"] },
  { path = "/subject", tokens_from = ["user", "trusted"], words_from = ["user"], max_length = 80, min_length = 1 },
]
some = [{ path = "/**", equals = "x", in = ["x", 2.5, false], url = { scheme = "https", host = ["*.a.example"], port = 443 } }]
only = ["recipient", "amount", "subject"]
intent = ["pay", "refund*"]
history = [{ tool = "send_money", at_most = 4, within = "24h" }, { syscalls = ["tool.invoke"], act = ["read"], at_least = 2 }]
budget = { path = "/amount", over = 5000, within = "24h", tool = ["send_*"] }
time = { from = "22:00", to = "06:00", days = ["mon", "sun"], utc_offset = "+01:00" }
url = { host = "api.example" }
under = { under = ["/srv"], case = "insensitive" }
all = [{ tool = "a" }, { any = [{ server = "b" }], not = { some = [{ path = "/x", under = "/tmp" }] } }]
[[rules]]
id = "hide-tokens"
effect = "transform"
when = { syscalls = ["tool.invoke"], tool = "post" }
changes = [{ path = "/body", redact = true }, { path = "/to", substitute = "ops@acme.example" }, { quarantine = true }]
`;

/** A rule of these conditions, which start at column 10 of line 4. */
function ruleOf(conditions: string): string {
  return `[[rules]]\nid = "it"\neffect = "deny"\nwhen = { ${conditions}, syscalls = ["tool.invoke"] }\n${TAIL}`;
}

function told(source: string): readonly string[] {
  return faultsIn(source).map(({ line, column, problem }) => `${String(line)}:${String(column)} ${problem}`);
}

beforeAll(async () => {
  await loadRegexFor("matches");
});

describe("a document that says everything", () => {
  const read = (): ReturnType<typeof documentOf> => documentOf(WHOLE + TAIL);

  it("is read into durations in milliseconds, minutes, and lists", () => {
    const when = read().rules[0]?.when;
    expect(when?.history).toEqual([
      { tool: ["send_money"], at_most: 4, within_ms: 86_400_000 },
      { syscalls: ["tool.invoke"], act: ["read"], at_least: 2 },
    ]);
    expect(when?.budget).toEqual({ path: "/amount", over: 5000, within_ms: 86_400_000, tool: ["send_*"] });
    expect(when?.time).toEqual({ from: 1320, to: 360, days: ["mon", "sun"], utc_offset: 60 });
    expect(when?.some?.[0]?.url).toEqual({ scheme: ["https"], host: ["*.a.example"], port: [443] });
    expect(when?.under).toEqual({ under: ["/srv"], case: "insensitive" });
    expect(when?.all?.[1]).toEqual({
      syscalls: [],
      any: [{ syscalls: [], server: ["b"] }],
      not: { syscalls: [], some: [{ path: "/x", under: { under: ["/tmp"] } }] },
    });
  });

  it("keeps its head, sources, directories, grants and changes", () => {
    const document = read();
    expect(document).toMatchObject({
      expires: "2027-01-01T00:00:00Z",
      mode: "observe",
      trust: { client_prompt: "_meta", context_socket: true, release: false },
    });
    expect(document.sources[0]?.when).toEqual({ path: "sender", in: ["me"] });
    expect(document.sources[1]).toEqual({
      path: ["/**"],
      when: { path: "kind", in: ["a", 1, true] },
      labels: ["external"],
    });
    expect(document.grants[0]).toMatchObject({ uses: 1, agent: "*" });
    expect(document.rules[1]?.changes).toEqual([
      { kind: "redact", path: "/body" },
      { kind: "substitute", path: "/to", value: "ops@acme.example" },
      { kind: "quarantine" },
    ]);
    expect([...directoryLeaves(document)]).toEqual([
      ["vendors", ["DE89 3704 0044 0532 0130 00", "billing@acme.example"]],
    ]);
  });

  it("is plain JSON", () => {
    const document = read();
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});

describe("an unknown key", () => {
  it.each([
    [`[trust]\nclient = 1\n${TAIL}`, "2:1 unknown key `client` in `trust`"],
    [
      `[[sources]]\nlabels = ["pii"]\nwhen = { path = "a", equals = 1, or = 2 }\n${TAIL}`,
      "3:34 unknown key `or` in `sources.when`",
    ],
    [`[[directory]]\nname = "a"\nvalues = ["b"]\nx = 1\n${TAIL}`, "4:1 unknown key `x` in `directory`"],
    [ruleOf('every = [{ path = "/a", form = ["user"] }]'), "4:34 unknown key `form` in `rules.when.every`"],
    [ruleOf('some = [{ path = "/a", url = { hots = "a" } }]'), "4:41 unknown key `hots` in `rules.when.some.url`"],
    [ruleOf('budget = { path = "/a", over = 1, under = 2 }'), "4:44 unknown key `under` in `rules.when.budget`"],
    [ruleOf('time = { from = "08:00", to = "09:00", zone = "Z" }'), "4:49 unknown key `zone` in `rules.when.time`"],
    [ruleOf("history = [{ at_leats = 1 }]"), "4:23 unknown key `at_leats` in `rules.when.history`"],
    [ruleOf('all = [{ not = { tol = "a" } }]'), "4:27 unknown key `tol` in `rules.when.all.not`"],
    [ruleOf('not = { syscalls = ["tool.invoke"] }'), "4:18 unknown key `syscalls` in `rules.when.not`"],
    [ruleOf('any = [{ capability = "present" }]'), "4:19 unknown key `capability` in `rules.when.any`"],
    [ruleOf('any = [{ every = [{ path = "/a", mx = 1 }] }]'), "4:43 unknown key `mx` in `rules.when.any.every`"],
    [
      `[[rules]]\nid = "it"\neffect = "transform"\nchanges = [{ path = "/a", redacted = true }]\nwhen = { syscalls = ["tool.invoke"] }\n${TAIL}`,
      "4:27 unknown key `redacted` in `rules.changes`",
    ],
  ])("%#: is a fault at its place", (source, expected) => {
    expect(told(source)[0]).toBe(expected);
  });

  it("is told with the key that was meant, at any depth", () => {
    expect(faultsIn(ruleOf('all = [{ not = { tol = "a" } }]'))[0]?.hint).toBe("did you mean `tool`?");
    expect(faultsIn(ruleOf('not = { every = [{ path = "/a", form = ["user"] }] }'))[0]?.hint).toBe(
      "did you mean `from`?",
    );
  });
});

describe("a value that means nothing", () => {
  it.each([
    ['every = [{ path = "/a" }]', "4:19 a test needs a condition beside its `path`"],
    ["every = []", "4:10 `every` must hold at least one test"],
    ['every = [{ from = ["user"] }]', "4:19 `path` is missing"],
    ['every = [{ path = "/a", from = [] }]', "4:34 `from` must name at least one origin"],
    ['every = [{ path = "/a", from = ["private"] }]', "4:34 `private` is a label and no origin"],
    ['every = [{ path = "/a", from = ["User"] }]', "4:34 bad origin `User`"],
    ['every = [{ path = "/a", from = ["usr"] }]', "4:34 `usr` is close to the origin `user`"],
    ['every = [{ path = "/a", from = ["directory:x"] }]', "4:34 there is no directory `x`"],
    ['not = { some = [{ path = "/a", tokens_from = ["trustd"] }] }', "4:41 `trustd` is close to the origin `trusted`"],
    ['any = [{ labels_any = ["secrt"] }]', "4:19 `secrt` is close to the label `secret`"],
    ['some = [{ path = "/a", labels_all = ["privat"] }]', "4:33 `privat` is close to the label `private`"],
    ['some = [{ path = "/a", max = nan }]', "4:33 `max` must be a finite number, found a number"],
    ['some = [{ path = "/a", max = "7" }]', "4:33 `max` must be a finite number, found `7`"],
    ['some = [{ path = "/a", min_length = -1 }]', "4:33 `min_length` must be a whole number from 0 to 2147483647"],
    ['some = [{ path = "/a", in = [] }]', "4:33 `in` must hold at least one value"],
    [
      'some = [{ path = "/a", in = [[1]] }]',
      "4:33 a value must be a string, a finite number, true or false, found a list",
    ],
    ['some = [{ path = "/a", url = {} }]', "4:33 `url` must name a scheme, a host or a port"],
    ['some = [{ path = "/a", url = { port = 70000 } }]', "4:41 a port must be a whole number up to 65535"],
    ['url = { scheme = "HTTPS:" }', "4:18 the scheme `HTTPS:` must be lower case, without the colon"],
    ["under = []", "4:10 a list of folders must hold at least one"],
    ['act = ["reed"]', "4:10 unknown act `reed`"],
    ["act = []", "4:10 a list of acts must hold at least one"],
    ['risk = ["severe"]', "4:10 unknown risk `severe`"],
    ['intent = ["send  money"]', "4:10 `send  money` must be words with one space between them"],
    ["intent = []", "4:10 `intent` must hold at least one phrase"],
    ['history = [{ within = "1 day" }]', "4:23 the duration `1 day` must be like `30s`, `10m`, `24h` or `7d`"],
    ["only = []", "4:10 `only` must hold at least one name"],
    ["history = [{ at_least = 0 }]", "4:23 `at_least` must be a whole number from 1 to 10000"],
    ["history = [{ at_most = 20000 }]", "4:23 `at_most` must be a whole number from 0 to 10000"],
    ['budget = { path = "/a", over = -1 }', "4:34 `over` must not be negative"],
    ['budget = { path = "/a" }', "4:10 `over` is missing"],
    ['time = { from = "8", to = "09:00" }', "4:19 `8` must be a time of day such as `08:00`"],
    [
      'time = { from = "09:00", to = "09:00" }',
      "4:10 `from` and `to` must differ: the window would be empty, or never end",
    ],
    ['time = { from = "24:00", to = "09:00" }', "4:19 `from` must be before `24:00`"],
    ['time = { from = "08:00", to = "09:00", days = ["day"] }', "4:49 unknown weekday `day`"],
    [
      'time = { from = "08:00", to = "09:00", utc_offset = "CET" }',
      "4:49 `CET` must be an offset such as `+01:00` or `Z`",
    ],
    ["all = []", "4:10 `all` must hold at least one table"],
    ["any = [{}]", "4:17 a nested table needs a condition"],
    ["not = {}", "4:10 a nested table needs a condition"],
  ])("%s", (conditions, expected) => {
    expect(told(ruleOf(conditions))).toEqual([expected]);
  });

  it("is a path or an expression that cannot be compiled, told on one line", () => {
    for (const conditions of ['every = [{ path = "a\\nb", max = 1 }]', 'every = [{ path = "/a", matches = "(\\n" }]']) {
      const [problem = ""] = told(ruleOf(conditions));
      expect(problem).toMatch(/^4:\d+ the (path|expression) `.*` is not valid: /);
      expect(problem).not.toContain("\n");
    }
  });

  it("is a condition nested deeper than eight levels", () => {
    const nest = (depth: number): string => (depth === 0 ? 'tool = "a"' : `not = { ${nest(depth - 1)} }`);
    expect(documentOf(ruleOf(nest(8))).rules).toHaveLength(2);
    expect(told(ruleOf(nest(9)))).toEqual([expect.stringContaining("conditions are nested deeper than 8 levels")]);
  });
});

describe("a table that means nothing", () => {
  const transform = (changes: string): string =>
    `[[rules]]\nid = "it"\neffect = "transform"\nwhen = { syscalls = ["tool.invoke"] }\n${changes}${TAIL}`;
  it.each([
    [`mode = "watch"\n${TAIL}`, "1:1 `mode` must be `enforce` or `observe`, found `watch`"],
    [`expires = 2027-01-01\n${TAIL}`, "1:1 `expires` must be a string, found a date"],
    [`[trust]\nclient_prompt = "meta"\n${TAIL}`, "2:1 `client_prompt` must be `none` or `_meta`, found `meta`"],
    [`[trust]\ncontext_socket = "yes"\n${TAIL}`, "2:1 `context_socket` must be true or false, found a string"],
    [`[[sources]]\nlabels = []\n${TAIL}`, "2:1 `labels` must hold at least one label"],
    [`[[sources]]\nserver = "a"\n${TAIL}`, "1:3 `labels` is missing"],
    [`[[sources]]\nlabels = ["trustd"]\n${TAIL}`, "2:1 `trustd` is close to the label `trusted`"],
    [`[[sources]]\nlabels = ["public"]\n${TAIL}`, "2:1 `public` is the absence of a label: leave it out"],
    [`[[sources]]\nlabels = ["pii"]\nwhen = { path = "a" }\n${TAIL}`, "3:1 `when` must say either `equals` or `in`"],
    [
      `[[sources]]\nlabels = ["pii"]\nwhen = { path = "/a", equals = 1 }\n${TAIL}`,
      "3:10 `path` names a member beside the leaf, without a slash",
    ],
    [
      `[[directory]]\nname = "a"\nvalues = ["x"]\n[[directory]]\nname = "a"\nvalues = ["y"]\n${TAIL}`,
      "5:1 there is a directory `a` already",
    ],
    [`[[directory]]\nname = "a"\nvalues = []\n${TAIL}`, "3:1 `values` must hold at least one value"],
    [`[[directory]]\nname = "a"\nvalues = [" "]\n${TAIL}`, "3:1 a value must not be empty"],
    [
      `[[directory]]\nname = "A b"\nvalues = ["x"]\n${TAIL}`,
      "2:1 the directory name `A b` must be 1 to 48 of `a-z`, `0-9`, `.`, `_`, `-`",
    ],
    [
      `[[grants]]\ncapability = "tool.invoke:a"\nuses = 0\n${TAIL}`,
      "3:1 `uses` must be a whole number from 1 to 9007199254740991",
    ],
    [transform(""), "3:1 a `transform` must say its `changes`, as in `changes = [{ quarantine = true }]`"],
    [transform("changes = []\n"), "5:1 `changes` must hold at least one change"],
    [transform("changes = [{ redact = true }]\n"), "5:12 the change needs a `path`"],
    [
      transform('changes = [{ path = "/a" }]\n'),
      "5:12 a change must say one of `redact`, `substitute` and `quarantine`",
    ],
    [
      transform('changes = [{ path = "/a", redact = true, substitute = "x" }]\n'),
      "5:12 a change must say one of `redact`, `substitute` and `quarantine`",
    ],
    [transform('changes = [{ path = "/a", redact = false }]\n'), "5:27 must be `true`, or left out"],
    [
      transform('changes = [{ path = "/a", quarantine = true }]\n'),
      "5:12 `quarantine` takes no `path`: it is about the whole",
    ],
    [
      transform("changes = [{ quarantine = true }]\n").replace('"transform"', '"allow"'),
      "5:1 only a rule whose effect is `transform` makes changes",
    ],
  ])("%#: is told at its place", (source, expected) => {
    expect(told(source)).toEqual([expected]);
  });

  it("is no misspelling once its names are declared", () => {
    const conditions = ruleOf('every = [{ path = "/a", from = ["usr", "directory:vendor"], labels_any = ["secrt"] }]');
    const head = '[labels]\nusr = "ours"\nsecrt = "ours"\n[[directory]]\nname = "vendor"\nvalues = ["x"]\n';
    expect(documentOf(head + conditions).rules).toHaveLength(2);
    const fault = faultsIn(conditions.replace("directory:vendor", "directory:vendr").replace("usr", "user"));
    expect(fault.map(({ problem }) => problem)).toContain("there is no directory `vendr`");
  });
});
