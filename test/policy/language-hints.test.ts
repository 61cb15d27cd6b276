/** What is told of conditions that cannot be: which keys and values could stand there, and how far numbers go. */
import { describe, expect, it } from "vitest";
import { documentOf, faultsIn, TAIL } from "./fixture.js";

const rule = (when: string): string =>
  `[[rules]]\nid = "it"\neffect = "deny"\nwhen = { ${when}, syscalls = ["tool.invoke"] }\n${TAIL}`;

/** Problem and hint of each fault. */
const told = (source: string): readonly (readonly [string, string | undefined])[] =>
  faultsIn(source).map(({ problem, hint }) => [problem, hint]);

const NESTED =
  "`agent`, `server`, `tool`, `target`, `url`, `under`, `act`, `risk`, `labels_any`, `labels_all`, `labels_none`, " +
  "`time`, `history`, `descriptor`, `only`, `every`, `some`, `intent`, `budget`, `all`, `any`, `not`";
const OUTERMOST = `\`syscalls\`, ${NESTED.replace("`time`", "`capability`, `time`")}`;
const LEAF =
  "`path`, `from`, `from_none`, `tokens_from`, `words_from`, `said_with`, `named`, `labels_any`, `labels_all`, " +
  "`labels_none`, `equals`, `in`, `min`, `max`, `min_length`, `max_length`, `matches`, `url`, `under`";

it.each([
  ["zzzzzz = 1", "rules.when", OUTERMOST],
  ["not = { zzzzzz = 1 }", "rules.when.not", NESTED],
  ["all = [{ zzzzzz = 1 }]", "rules.when.all", NESTED],
  ["any = [{ not = { zzzzzz = 1 } }]", "rules.when.any.not", NESTED],
  ["time = { from = '08:00', to = '09:00', zzzzzz = 1 }", "rules.when.time", "`from`, `to`, `days`, `utc_offset`"],
  [
    "any = [{ budget = { path = '/a', over = 1, zzzzzz = 1 } }]",
    "rules.when.any.budget",
    "`path`, `over`, `tool`, `within`",
  ],
  [
    "history = [{ zzzzzz = 1 }]",
    "rules.when.history",
    "`syscalls`, `server`, `tool`, `target`, `act`, `at_least`, `at_most`, `within`",
  ],
  ["under = { under = '/srv', zzzzzz = 1 }", "rules.when.under", "`under`, `case`"],
  ["url = { host = 'a', zzzzzz = 1 }", "rules.when.url", "`scheme`, `host`, `port`"],
  ["every = [{ path = '/a', zzzzzz = 1 }]", "rules.when.every", LEAF],
  ["some = [{ path = '/a', under = { under = '/', zzzzzz = 1 } }]", "rules.when.some.under", "`under`, `case`"],
])("%s: the keys of %s", (when, table, keys) => {
  expect(told(rule(when))).toEqual([[`unknown key \`zzzzzz\` in \`${table}\``, `the keys here are ${keys}`]]);
});

describe("a value that is none of a list", () => {
  it.each([
    ['descriptor = ["unknwn"]', "unknown descriptor state `unknwn`", "did you mean `unknown`?"],
    ["descriptor = []", "a list of descriptor states must hold at least one", undefined],
    ['history = [{ syscalls = ["tool.invok"] }]', "unknown syscall `tool.invok`", "did you mean `tool.invoke`?"],
    ["history = [{ syscalls = [] }]", "a list of syscalls must hold at least one", undefined],
    ["history = []", "`history` must hold at least one test", undefined],
    ["some = []", "`some` must hold at least one test", undefined],
    ["any = []", "`any` must hold at least one table", undefined],
    [
      'some = [{ path = "/a", named = false }]',
      "`named` can only be `true`: leave it out to demand nothing",
      undefined,
    ],
    ['time = { from = "08:00", to = "09:00", days = [] }', "a list of days must hold at least one", undefined],
    ['under = { under = "/srv", case = "any" }', "`case` must be `sensitive` or `insensitive`, found `any`", undefined],
  ])("%s", (when, problem, hint) => {
    expect(told(rule(when))).toEqual([[problem, hint]]);
  });
});

describe("a path, an expression or a folder that cannot be read", () => {
  it.each([
    ['every = [{ path = "a", max = 1 }]', "the path `a` is not valid: "],
    ['under = ["~/a"]', "`~/a` starts with `~`, which is not expanded: write the whole path"],
  ])("%s is told with what is wrong with it", (when, problem) => {
    const [[said, hint] = ["", ""], ...others] = told(rule(when));
    expect(others).toEqual([]);
    expect(said.startsWith(problem)).toBe(true);
    expect(hint).toBeUndefined();
  });
});

describe("numbers go as far as is said", () => {
  it.each([
    [
      "history = [{ at_least = 1 }]",
      "history = [{ at_least = 0 }]",
      "`at_least` must be a whole number from 1 to 10000",
    ],
    [
      "history = [{ at_least = 10000 }]",
      "history = [{ at_least = 10001 }]",
      "`at_least` must be a whole number from 1 to 10000",
    ],
    ["history = [{ at_most = 0 }]", "history = [{ at_most = -1 }]", "`at_most` must be a whole number from 0 to 10000"],
    [
      "history = [{ at_most = 10000 }]",
      "history = [{ at_most = 1.5 }]",
      "`at_most` must be a whole number from 0 to 10000",
    ],
    ["budget = { path = '/a', over = 0 }", "budget = { path = '/a', over = -0.1 }", "`over` must not be negative"],
    [
      "budget = { path = '/a', over = 0.5 }",
      "budget = { path = '/a', over = inf }",
      "`over` must be a finite number, found a number",
    ],
    [
      "every = [{ path = '/a', max_length = 2147483647 }]",
      "every = [{ path = '/a', max_length = 2147483648 }]",
      "`max_length` must be a whole number from 0 to 2147483647",
    ],
    [
      "time = { from = '23:59', to = '24:00' }",
      "time = { from = '24:00', to = '23:59' }",
      "`from` must be before `24:00`",
    ],
  ])("%s, and not %s", (good, bad, problem) => {
    expect(documentOf(rule(good)).rules).toHaveLength(2);
    expect(told(rule(bad))).toEqual([[problem, undefined]]);
  });
});

describe("rules that are no rules", () => {
  const TAIL_HINT = 'end the file with `[[rules]]`, `id = "default-deny"`, `effect = "deny"`';

  it("a policy without any is told how it ends", () => {
    expect(told("")).toEqual([["the policy has no rules", TAIL_HINT]]);
  });

  it("an id of the wrong kind is told as that, and not as one that is there twice", () => {
    const seven = '[[rules]]\nid = 7\neffect = "deny"\nwhen = { syscalls = ["tool.invoke"] }\n';
    expect(told(seven + seven + TAIL)).toEqual([
      ["`id` must be a string, found a number", undefined],
      ["`id` must be a string, found a number", undefined],
    ]);
  });

  it("conditions of the wrong kind are told as that, and not as ones that name no syscall", () => {
    const source = `[[rules]]\nid = "it"\neffect = "deny"\nwhen = 3\n${TAIL}`;
    expect(told(source)).toEqual([["`when` must be a table, found a number", undefined]]);
  });
});
