/** What each finding says, and where: one that stood at another place, or named another rule, would mislead. */
import { expect, it } from "vitest";
import { lintPolicy } from "../../../src/policy/check/lint.js";
import { documentOf, TAIL } from "../fixture.js";
import { CALL, found, rule } from "./lint-fixture.js";

it.each([
  [
    rule("deny", `${CALL}, tool = "a*"`, "first") + rule("allow", `${CALL}, tool = "ab"`, "second"),
    ["unreachable 5:3 the rule `second` is never reached: `first` holds first"],
  ],
  [
    rule("deny", `${CALL}, capability = "present"`, "has") +
      rule("deny", `${CALL}, capability = "missing"`, "lacks") +
      rule("allow", `${CALL}, tool = "ab"`, "second"),
    ["unreachable 9:3 the rule `second` is never reached: `has` and `lacks` hold first"],
  ],
  [
    rule("deny", CALL, "calls") +
      rule("deny", 'syscalls = ["prompt.get"]', "prompts") +
      rule("allow", 'syscalls = ["tool.invoke", "prompt.get", "tool.invoke"], tool = "x"', "both"),
    [
      "unreachable 9:3 the rule `both` is never reached: `calls` and `prompts` hold first",
      "phase-in-part 12:67 `prompt.get` has not a tool",
    ],
  ],
  [
    rule("deny", CALL, "calls") + rule("allow", 'syscalls = ["tool.invoke", "prompt.get"]', "both"),
    [
      "shadowed 8:10 `calls` decides every `tool.invoke` before the rule `both`",
      "unnarrowed-allow 8:10 the rule `both` allows every `tool.invoke`",
    ],
  ],
  [
    rule("allow", `${CALL}, tool = "a"`, "calls") +
      rule("allow", 'syscalls = ["tool.invoke", "prompt.get"], tool = "a"', "both"),
    ["phase-in-part 8:52 `prompt.get` has not a tool"],
  ],
  [
    rule("deny", `${CALL}, tool = "a*"`, "calls") + rule("allow", `${CALL}, tool = ["ab", "b"]`, "list"),
    ["shadowed 8:38 `calls` decides every call whose tool fits `ab` before the rule `list`"],
  ],
  [
    rule("deny", `${CALL}, tool = "a*"`, "calls") +
      rule("allow", 'syscalls = ["tool.invoke", "tool.response"], tool = ["ab", "b"]', "list"),
    [],
  ],
  [
    rule("deny", `${CALL}, tool = "a*"`, "calls") +
      rule("allow", `${CALL}, tool = ["ab", "b"], labels_all = ["secret"], labels_none = ["private"]`, "clash") +
      rule("allow", `${CALL}, tool = "c"`, "c"),
    ["contradictory 8:1 the rule `clash` can never hold: no call has such labels"],
  ],
  [
    rule("deny", `${CALL}, history = [{ at_least = 3, at_most = 2 }]`, "h"),
    ["contradictory 4:49 the rule `h` can never hold: `at_least` is above `at_most`"],
  ],
  [rule("deny", `${CALL}, history = [{ at_least = 2, at_most = 2 }]`, "h"), []],
  [
    rule("deny", `${CALL}, tool = "a", not = { tool = "a*" }`, "n"),
    ["contradictory 4:38 the rule `n` can never hold: `tool` contradicts the other conditions"],
  ],
  [
    rule("deny", 'syscalls = ["network.send", "file.patch"], act = ["read"]', "n"),
    ["contradictory 4:53 the rule `n` can never hold: no `act` of its syscalls is one of these"],
  ],
  [
    rule("deny", 'syscalls = ["network.send"], risk = ["low"]', "n"),
    ["contradictory 4:39 the rule `n` can never hold: no `risk` of its syscalls is one of these"],
  ],
  [rule("deny", 'syscalls = ["network.send", "tool.response"], act = ["execute"]', "n"), []],
  [
    rule("deny", `${CALL}, some = [{ path = "/a", max = 9 }, { path = "/a", min = 5, max = 4 }]`, "s"),
    ["contradictory 4:72 the rule `s` can never hold: `min` is above `max`"],
  ],
  [
    rule("allow", `${CALL}, tool = "*", every = [{ path = "/a", max = 9 }, { path = "/a", min = 5, max = 4 }]`, "s"),
    [
      "vacuous-every 4:50 the rule `s` also allows a call without `/a`",
      "contradictory 4:85 no value passes this test of `/a`: `min` is above `max`",
    ],
  ],
  [
    rule("deny", `${CALL}, not = { some = [{ path = "/a", min = 5, max = 4 }] }`, "s"),
    ["every-in-deny 4:54 `some` over `/a` in the deny rule `s`"],
  ],
  [
    rule("deny", 'syscalls = ["network.send", "file.patch"], tool = "a"', "p"),
    ["phase 4:53 `network.send`, `file.patch` have not a tool"],
  ],
  [
    rule("deny", 'syscalls = ["tool.invoke", "network.send"], tool = "a"', "p"),
    ["phase-in-part 4:54 `network.send` has not a tool"],
  ],
  [
    rule("deny", `${CALL}, url = { scheme = "http" }`, "p"),
    ["phase 4:38 `tool.invoke` has not a target that is a URL"],
  ],
  [rule("deny", `${CALL}, under = "/a"`, "p"), ["phase 4:38 `tool.invoke` has not a target that is a path"]],
  [
    rule("deny", 'syscalls = ["prompt.response"], capability = "missing"', "p"),
    ["phase 4:42 `prompt.response` has not a capability: what was allowed is only handed on"],
  ],
  [
    rule("deny", 'syscalls = ["network.send"], descriptor = ["changed"]', "p"),
    ["phase 4:39 `network.send` has not a tool that a listing describes"],
  ],
  [
    rule("deny", 'syscalls = ["tool.response"], any = [{ intent = ["pay"] }, { only = ["a"] }]', "p"),
    [
      "phase 4:49 `tool.response` has not arguments that the user's words could be about",
      "no-user-channel 4:49 `intent` asks for the user's words",
      "phase 4:71 `tool.response` has not arguments",
    ],
  ],
  [
    rule(
      "deny",
      'syscalls = ["tool.response"], some = [{ path = "/a", max = 1 }], budget = { path = "/a", over = 1 }',
      "p",
    ),
    ["phase 4:48 `tool.response` has not arguments", "phase 4:75 `tool.response` has not arguments"],
  ],
  [
    rule(
      "allow",
      `${CALL}, every = [{ path = "/a", said_with = ["pay"], named = true, max = 1 }, { path = "/b", from = ["user"], tokens_from = ["user"], from_none = ["user"] }], some = [{ path = "/**", words_from = ["user"] }], not = { intent = ["pay"] }`,
      "u",
    ),
    [
      "no-user-channel 4:62 `said_with` asks for the user's words",
      "no-user-channel 4:83 `named` asks for the user's words",
      "contradictory 4:108 no value passes this test of `/b`: every origin in `from` is ruled out by `from_none`",
      "no-user-channel 4:123 `from` demands the user's words",
      "no-user-channel 4:140 `tokens_from` demands the user's words",
      "some-in-allow 4:197 `some` over `/**` in the allow rule `u`",
      "no-user-channel 4:213 `words_from` demands the user's words",
      "no-user-channel 4:247 `intent` asks for the user's words",
    ],
  ],
  ["[trust]\ncontext_socket = true\n" + rule("allow", `${CALL}, intent = ["pay"]`, "u"), []],
  [
    rule(
      "transform",
      'syscalls = ["resource.read", "context.read"]',
      "t",
      `changes = [{ path = "/a", redact = true }, { quarantine = true }]\n`,
    ),
    [
      "idle-change 4:12 `resource.read`, `context.read` carry nothing that could be changed",
      "idle-change 4:44 `resource.read`, `context.read` carry no page that could be quarantined",
    ],
  ],
  [
    rule(
      "transform",
      'syscalls = ["tool.invoke", "context.read"]',
      "t",
      `changes = [{ path = "/a", redact = true }]\n`,
    ),
    ["idle-change 4:12 `context.read` carries nothing that could be changed"],
  ],
  [
    rule("transform", CALL, "t", "changes = [{ quarantine = true }]\n"),
    ["idle-change 4:12 `tool.invoke` carries no page that could be quarantined"],
  ],
  [
    rule("deny", `${CALL}, capability = "present"`, "granted") +
      rule("deny", `${CALL}, tool = "a*"`, "all") +
      rule("allow", `${CALL}, tool = "ab"`, "second"),
    ["unreachable 9:3 the rule `second` is never reached: `all` holds first"],
  ],
  [rule("deny", `${CALL}, capability = "missing"`, "lacks") + rule("allow", `${CALL}, tool = "ab"`, "second"), []],
  [rule("allow", `${CALL}, tool = "a*"`, "first") + rule("allow", `${CALL}, tool = ["ab", "b"]`, "list"), []],
  [
    rule("deny", `${CALL}, tool = "a*", server = "s"`, "first") +
      rule("allow", `${CALL}, tool = ["ab", "b"], server = "s"`, "list"),
    ["shadowed 8:38 `first` decides every call whose tool fits `ab` before the rule `list`"],
  ],
  [
    rule("deny", `${CALL}, some = [{ path = "/a", said_with = ["pay"] }]`, "said"),
    ["no-user-channel 4:61 `said_with` asks for the user's words"],
  ],
])("of\n%s", (text, findings) => {
  expect(found(text)).toEqual(findings);
});

it("a directory that the document does not declare is named where a rule asks for it", () => {
  const text = rule("deny", `${CALL}, some = [{ path = "/a", from_none = ["nowhere", "directory:x"] }]`, "r");
  const source = `${text}[[directory]]\nname = "x"\nvalues = ["a"]\n${TAIL}`;
  const told = lintPolicy({ ...documentOf(source), directory: [] }, source);
  expect(told.map(({ code, line, column, problem }) => [code, line, column, problem])).toEqual([
    ["undeclared-directory", 4, 61, "there is no directory `x`"],
  ]);
});
