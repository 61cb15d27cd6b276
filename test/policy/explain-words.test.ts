import { describe, expect, it } from "vitest";
import type { ArgumentTest, PolicyWhen } from "../../src/policy/ast.js";
import { partsOf } from "../../src/policy/check/parts.js";
import { allWords } from "../../src/policy/explain-words.js";

type When = Omit<PolicyWhen, "syscalls">;
const when = (conditions: When): PolicyWhen => ({ syscalls: [], ...conditions });
const words = (conditions: When): string => allWords(partsOf(when(conditions)));

describe("a condition in words", () => {
  it.each<readonly [When, string]>([
    [{}, "always"],
    [{ tool: ["a", "b*"] }, "the tool is `a` or `b*`"],
    [{ agent: ["a"], server: ["s"] }, "the agent is `a` and the server is `s`"],
    [{ target: ["t"] }, "the target is `t`"],
    [{ labels_all: ["a", "b"] }, "the call is labelled `a` and the call is labelled `b`"],
    [{ labels_none: ["a"] }, "the call is not labelled `a`"],
    [{ labels_any: ["a", "b"] }, "the call is labelled `a` or `b`"],
    [{ act: ["read", "send"] }, "the act is `read` or `send`"],
    [{ risk: ["low"] }, "the risk is `low`"],
    [{ capability: "present" }, "a live grant covers the call"],
    [{ capability: "missing" }, "no live grant covers the call"],
    [
      { url: { scheme: ["https"], host: ["a", "b"], port: [443] } },
      "the target is a URL with the scheme `https` and the host `a` or `b` and the port `443`",
    ],
    [{ url: { host: ["a"] } }, "the target is a URL with the host `a`"],
    [{ under: { under: ["/a", "/b"] } }, "the target is a path under `/a` or `/b`"],
    [{ every: [{ path: "/a", max: 1 }] }, "every value at `/a` is at most 1"],
    [{ some: [{ path: "/a", max: 1 }] }, "some value at `/a` is at most 1"],
    [{ descriptor: ["changed", "unlisted"] }, "the server's listings call the tool `changed` or `unlisted`"],
    [{ only: ["a", "b"] }, "the arguments are no others than `a` or `b`"],
    [{ intent: ["pay *", "send"] }, "the user said `pay *` or `send`"],
    [{ history: [{}] }, "at least 1 earlier calls passed in this session"],
    [{ history: [{ at_least: 2 }] }, "at least 2 earlier calls passed in this session"],
    [{ history: [{ at_most: 3, within_ms: 1500 }] }, "at most 3 earlier calls passed within 1.5 s"],
    [{ history: [{ at_least: 0, at_most: 3 }] }, "at most 3 earlier calls passed in this session"],
    [{ history: [{ at_least: 1, at_most: 3 }] }, "1 to 3 earlier calls passed in this session"],
    [
      { history: [{ syscalls: ["tool.invoke"], server: ["s"], tool: ["t"], target: ["u"], act: ["read", "send"] }] },
      "at least 1 earlier calls of syscalls `tool.invoke`, server `s`, tool `t`, target `u`, act `read` or `send` passed in this session",
    ],
    [{ budget: { path: "/a", over: 5 } }, "the sum of `/a` in this session is over 5"],
    [{ budget: { path: "/a", over: 5, within_ms: 60_000 } }, "the sum of `/a` within 60 s is over 5"],
    [{ time: { from: 485, to: 1440, utc_offset: 0 } }, "it is 08:05 to 24:00 UTC"],
    [{ time: { from: 0, to: 600, utc_offset: 90 } }, "it is 00:00 to 10:00 UTC+01:30"],
    [
      { time: { from: 0, to: 61, utc_offset: -570, days: ["mon", "sun"] } },
      "it is 00:00 to 01:01 UTC-09:30 on `mon` or `sun`",
    ],
    [
      { any: [when({ tool: ["a"], act: ["read"] }), when({})] },
      "one of these holds: (the tool is `a` and the act is `read`) or (always)",
    ],
    [{ not: when({ tool: ["a"] }) }, "it is not so that the tool is `a`"],
  ])("%j", (conditions, says) => {
    expect(words(conditions)).toBe(says);
  });

  it.each<readonly [Omit<ArgumentTest, "path">, string]>([
    [{}, "is there"],
    [{ from: ["user", "trusted"] }, "comes from `user` or `trusted`"],
    [{ from_none: ["nowhere"] }, "comes from none of `nowhere`"],
    [{ tokens_from: ["user"] }, "has only addresses, numbers and links from `user`"],
    [{ words_from: ["user"] }, "has only words from `user`"],
    [{ said_with: ["pay"] }, "stands in a sentence of the user's with `pay`"],
    [{ named: true }, "is named by the user's words"],
    [{ labels_any: ["a", "b"] }, "is labelled `a` or `b`"],
    [{ labels_all: ["a"] }, "is labelled with all of `a`"],
    [{ labels_none: ["a"] }, "is labelled with none of `a`"],
    [{ equals: true }, "is `true`"],
    [{ in: [1, "x"] }, "is `1` or `x`"],
    [{ min: 1, max: 2 }, "is at least 1 and is at most 2"],
    [{ min_length: 1, max_length: 2 }, "has at least 1 characters and has at most 2 characters"],
    [{ matches: "a+" }, "matches `a+`"],
    [{ url: { port: [1] } }, "is a URL with the port `1`"],
    [{ under: { under: ["/a"] } }, "is a path under `/a`"],
  ])("of a value: %j", (test, says) => {
    expect(words({ some: [{ path: "/x", ...test }] })).toBe(`some value at \`/x\` ${says}`);
  });
});
