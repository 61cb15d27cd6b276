/** What lint says of weak rules and of what is idle, withheld or given by nobody, and where. */
import { expect, it } from "vitest";
import { sourceOf } from "../fixture.js";
import { allFound, CALL, found, rule } from "./lint-fixture.js";

it.each([
  ['# only watched\nmode = "observe"', ["observe-mode 2:1 the policy only observes"]],
  [
    rule("ask", `${CALL}, every = [{ path = "/to", max = 1 }]`, "q") +
      rule("allow", 'syscalls = ["prompt.get", "tool.invoke"], tool = "b"', "later"),
    ["every-in-deny 4:47 `every` over `/to` in the ask rule `q`", "phase-in-part 8:52 `prompt.get` has not a tool"],
  ],
  [rule("allow", `${CALL}, tool = "a*", every = [{ path = "/to", max = 1 }, { path = "/**", max = 9 }]`, "v"), []],
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
  [
    `[labels]\npii = "a"\n[[sources]]\nserver = "s"\nlabels = ["crm"]\n` +
      rule("allow", `${CALL}, only = ["a"], tool = "a", every = [{ path = "/a", labels_none = ["pii"] }]`, "r"),
    ["ungiven-tag 9:88 no source gives the tag `pii`"],
  ],
  [`# until\nexpires = "2026-11-21T12:00:00Z"`, ["expired 2:1 expired at `2026-11-21T12:00:00Z`"]],
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

it("a rule that allows every syscall is named", () => {
  const source = sourceOf("test/fixtures/policies/allow-all.toml");
  const told = found(source.replace(/\[\[rules\]\]\s*id = "default-deny"[\s\S]*/, ""));
  expect(told).toContain("allows-everything 7:1 the rule `everything` allows every syscall");
});

it("answers that no rule hands on are told of at the first rule that lets the calls through", () => {
  const told = allFound(
    rule("deny", CALL, "no") +
      rule("transform", 'syscalls = ["resource.read"]', "t", "changes = [{ quarantine = true }]\n") +
      rule("ask", 'syscalls = ["prompt.get", "resource.read"]', "q") +
      rule("ask", 'syscalls = ["prompt.response"]', "a"),
  );
  expect(told.filter((words) => words.startsWith("withheld-answers"))).toEqual([
    "withheld-answers 9:10 `t` lets `resource.read` through, and no rule allows `resource.response`",
    "withheld-answers 13:10 `q` lets `prompt.get` through, and no rule allows `prompt.response`",
  ]);
});
