/** What each finding says, and where: one that stood at another place, or named another rule, would mislead. */
import { expect, it } from "vitest";
import { lintPolicy } from "../../../src/policy/check/lint.js";
import { documentOf, NOON, TAIL } from "../fixture.js";

const CALL = 'syscalls = ["tool.invoke"]';

function rule(effect: string, when: string, id: string, more = ""): string {
  return `[[rules]]\nid = "${id}"\neffect = "${effect}"\n${more}when = { ${when} }\n`;
}

/** All findings but that answers are withheld, which most of these short policies do. */
function found(text: string): readonly string[] {
  const source = `${text}\n${TAIL}`;
  return lintPolicy(documentOf(source), source, NOON)
    .filter(({ code }) => code !== "withheld-answers")
    .map(({ code, line, column, problem }) => `${code} ${String(line)}:${String(column)} ${problem}`);
}

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
  [`mode = "observe"`, ["observe-mode 1:1 the policy only observes"]],
  [`[[rules]]\neffect = "deny"\nwhen = { syscalls = ["tool.invoke"] }`, ["no-id 1:3 rule 1 has no id"]],
  [
    rule("allow", 'syscalls = ["tool.invoke", "prompt.get", "file.patch", "tool.invoke"], server = "*"', "w"),
    ["unnarrowed-allow 4:10 the rule `w` allows every `tool.invoke`, `file.patch`"],
  ],
  [
    rule(
      "deny",
      `${CALL}, any = [{ every = [{ path = "/to", max = 1 }] }, { not = { some = [{ path = "/b", max = 1 }] } }]`,
      "q",
    ),
    [
      "every-in-deny 4:56 `every` over `/to` in the deny rule `q`",
      "every-in-deny 4:104 `some` over `/b` in the deny rule `q`",
    ],
  ],
  [
    rule(
      "allow",
      `${CALL}, tool = "x*", some = [{ path = "/to", max = 1 }, { path = "/b", max = 2 }], every = [{ path = "/b", max = 9 }]`,
      "q",
    ),
    ["some-in-allow 4:59 `some` over `/to` in the allow rule `q`"],
  ],
  [
    rule(
      "transform",
      `${CALL}, every = [{ path = "/to", max = 1 }], some = [{ path = "/b", max = 1 }]`,
      "q",
      `changes = [{ path = "/a", redact = true }]\n`,
    ),
    [],
  ],
  [
    rule(
      "allow",
      `${CALL}, tool = ["pay", "send"], every = [{ path = "/to", max = 1 }, { path = "/to", min = 0 }, { path = "/b", max = 1 }]`,
      "o",
    ),
    ["open-arguments 4:62 the rule `o` tests `/to`, `/b` and no other argument"],
  ],
  [
    rule(
      "allow",
      `${CALL}, tool = ["pay*", "send?"], every = [{ path = "/to", max = 1 }, { path = "/b", max = 1 }]`,
      "o",
    ),
    ["vacuous-every 4:64 the rule `o` also allows a call without `/to`, `/b`"],
  ],
  [rule("allow", `${CALL}, tool = ["pay", "send*"], every = [{ path = "/to", max = 1 }]`, "o"), []],
  [
    rule("deny", `${CALL}, labels_any = [], labels_all = [], labels_none = []`, "e"),
    [
      "empty-labels 4:38 `labels_any` of the rule `e` is empty",
      "empty-labels 4:55 `labels_all` of the rule `e` is empty",
      "empty-labels 4:72 `labels_none` of the rule `e` is empty",
    ],
  ],
  [
    rule("ask", `${CALL}, tool = "a*", every = [{ path = "/to", max = 1 }]`, "q") +
      rule("allow", `${CALL}, tool = "b*"`, "later"),
    [],
  ],
  [
    rule("ask", `${CALL}, tool = "a*", every = [{ path = "/to", max = 1 }]`, "q") +
      rule("allow", `${CALL}, tool = "*b"`, "later"),
    ["every-in-deny 4:60 `every` over `/to` in the ask rule `q`"],
  ],
  [
    rule("ask", `${CALL}, tool = "a*", every = [{ path = "/to", max = 1 }]`, "q") +
      rule("allow", `${CALL}, server = "b"`, "later"),
    ["every-in-deny 4:60 `every` over `/to` in the ask rule `q`"],
  ],
  [
    rule("ask", `${CALL}, tool = "a*", every = [{ path = "/to", max = 1 }]`, "q") +
      rule("allow", 'syscalls = ["prompt.get"]', "later"),
    [],
  ],
  [rule("allow", `${CALL}, tool = "a*"`, "q1") + rule("ask", `${CALL}, every = [{ path = "/to", max = 1 }]`, "q"), []],
  [`expires = "2026-11-21T12:00:00Z"`, ["expired 1:1 expired at `2026-11-21T12:00:00Z`"]],
  [`expires = "soon"`, ["bad-expiry 1:1 `soon` is not a time"]],
  [
    `[[grants]]\ncapability = "secret.open:a"\nexpires = "2020-01-01T00:00:00Z"\n[[grants]]\ncapability = "file.patch:b"\n[[grants]]\ncapability = "agent.spawn:b"\nuses = 1\n`,
    [
      "unused-grant 1:3 the grant `secret.open:a` is never asked for",
      "expired 3:1 expired at `2020-01-01T00:00:00Z`",
      "unused-grant 4:3 the grant `file.patch:b` is never asked for",
      "unbounded-grant 4:3 the grant `file.patch:b` has no bound",
      "unused-grant 6:3 the grant `agent.spawn:b` is never asked for",
    ],
  ],
  [
    `[[grants]]\ncapability = "tool.invoke:a"\n` +
      rule("allow", 'syscalls = ["prompt.get"], capability = "present"', "g"),
    ["unused-grant 1:3 the grant `tool.invoke:a` is never asked for"],
  ],
  [
    `[[grants]]\ncapability = "tool.invoke:a"\n` +
      rule("allow", `${CALL}, tool = "x", all = [{ tool = "x" }], capability = "missing"`, "g"),
    [],
  ],
  [
    `[[directory]]\nname = "x"\nvalues = ["a"]\n[[directory]]\nname = "y"\nvalues = ["a"]\n` +
      rule("deny", `${CALL}, some = [{ path = "/a", from_none = ["directory:x"] }]`, "r"),
    ["unused-directory 4:3 `y` is never used"],
  ],
  [
    `[[directory]]\nname = "x"\nvalues = ["a"]\n` +
      rule("deny", `${CALL}, some = [{ path = "/a", from_none = ["directory"] }]`, "r"),
    [],
  ],
  [
    `[[directory]]\nname = "x"\nvalues = ["a"]\n` +
      rule("deny", `${CALL}, some = [{ path = "/a", from_none = ["trusted"] }]`, "r"),
    [],
  ],
  [
    `[labels]\nt1 = "a"\nt2 = "a"\nt3 = "a"\nt4 = "a"\nt5 = "a"\nt6 = "a"\nt7 = "a"\nt8 = "a"\nt9 = "a"\n[[sources]]\nserver = "s"\nlabels = ["t1"]\n` +
      rule(
        "deny",
        `${CALL}, labels_any = ["t2"], labels_all = ["t3"], labels_none = ["t4"], some = [{ path = "/a", labels_any = ["t5"], labels_all = ["t6"], labels_none = ["t7"], from = ["t8"] }]`,
        "r",
      ),
    [
      "unused-label 10:1 the tag `t9` is never used",
      "ungiven-tag 17:38 no source gives the tag `t2`; did you mean `t1`?",
      "ungiven-tag 17:59 no source gives the tag `t3`; did you mean `t1`?",
      "ungiven-tag 17:80 no source gives the tag `t4`; did you mean `t1`?",
      "ungiven-tag 17:125 no source gives the tag `t5`; did you mean `t1`?",
      "ungiven-tag 17:146 no source gives the tag `t6`; did you mean `t1`?",
      "ungiven-tag 17:167 no source gives the tag `t7`; did you mean `t1`?",
      "ungiven-tag 17:189 no source gives the tag `t8`; did you mean `t1`?",
    ],
  ],
  [
    rule(
      "deny",
      `${CALL}, some = [{ path = "/a", labels_any = ["a1"], labels_all = ["a2"], labels_none = ["a3"], from = ["a4"], from_none = ["a5"] }], labels_all = ["a6"], not = { labels_none = ["a7", "a8"] }`,
      "r",
    ),
    [
      "ungiven-tag 4:61 no source gives the tag `a1`",
      "ungiven-tag 4:82 no source gives the tag `a2`",
      "ungiven-tag 4:103 no source gives the tag `a3`",
      "ungiven-tag 4:125 no source gives the tag `a4`",
      "ungiven-tag 4:140 no source gives the tag `a5`",
      "ungiven-tag 4:163 no source gives the tag `a6`",
      "ungiven-tag 4:192 no source gives the tag `a7`",
      "ungiven-tag 4:192 no source gives the tag `a8`",
    ],
  ],
  [
    rule(
      "allow",
      `${CALL}, tool = "x*", every = [{ path = "/**", from = ["user", "directory"], tokens_from = ["directory", "nowhere"], words_from = ["trusted", "server:x"] }]`,
      "r",
    ),
    ["no-origin 4:76 `from` wants `user` or `directory`, and no value can be that"],
  ],
])("of\n%s", (text, findings) => {
  expect(found(text)).toEqual(findings);
});

it("answers that no rule hands on are told of at the first rule that lets the calls through", () => {
  const text =
    rule("deny", CALL, "no") +
    rule("transform", 'syscalls = ["resource.read"]', "t", "changes = [{ quarantine = true }]\n") +
    rule("ask", 'syscalls = ["prompt.get", "resource.read"]', "q") +
    rule("ask", 'syscalls = ["prompt.response"]', "a");
  const source = `${text}${TAIL}`;
  const told = lintPolicy(documentOf(source), source, NOON).filter(({ code }) => code === "withheld-answers");
  expect(told.map(({ line, column, problem }) => `${String(line)}:${String(column)} ${problem}`)).toEqual([
    "9:10 `t` lets `resource.read` through, and no rule allows `resource.response`",
    "13:10 `q` lets `prompt.get` through, and no rule allows `prompt.response`",
  ]);
});
