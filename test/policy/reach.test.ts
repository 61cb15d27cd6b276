import { describe, expect, test } from "vitest";
import { reach, type ReachQuestion, type ReachResult } from "../../src/policy/reach.js";
import { documentOf, sourceOf, TAIL } from "./fixture.js";

function ask(text: string, question: Partial<ReachQuestion> = {}): ReachResult {
  return reach(documentOf(`${text}\n${TAIL}`), { from: "secret", to: "tool.invoke", ...question });
}

function rule(id: string, effect: string, when: string): string {
  return `[[rules]]\nid = "${id}"\neffect = "${effect}"\nwhen = { syscalls = ["tool.invoke"], ${when} }\n`;
}

const DENY_PRIVATE = rule("no-private", "deny", 'labels_any = ["private"]');
const ALLOW = '[[rules]]\nid = "go"\neffect = "allow"\nwhen = { syscalls = ["tool.invoke"] }\n';

describe("reach", () => {
  test("what is denied by a label below it is proved, over every point that carries it", () => {
    // 3 integrities x secret x 2 origins.
    expect(ask(DENY_PRIVATE + ALLOW)).toEqual({ outcome: "proved", states: 6 });
  });

  test("a way through is shown with its labels, rule and conditions", () => {
    const { outcome, witness } = ask(
      rule("no-private", "deny", 'labels_any = ["private"], server = "bank"') + rule("go", "allow", 'tool = "get_*"'),
    );
    expect(outcome).toBe("reached");
    expect(witness).toMatchObject({ rule: "go", verdict: "allow" });
    expect(witness?.labels).toContain("secret");
    expect(witness?.conditions).toEqual([
      { says: "the server is `bank`", holds: false },
      { says: "the tool is `get_*`", holds: true },
    ]);
  });

  test("names that cannot both be are no way through", () => {
    const text = rule("no", "deny", 'tool = "get_*"') + rule("go", "allow", 'tool = "get_mail"');
    expect(ask(text).outcome).toBe("proved");
    expect(ask(text.replace("get_mail", "*_mail")).outcome).toBe("reached");
  });

  test("only tools that fit the asked glob", () => {
    const text = rule("go", "allow", 'tool = "send_*"');
    expect(ask(text, { tool: "get_*" }).outcome).toBe("proved");
    expect(ask(text, { tool: "*_mail" }).outcome).toBe("reached");
  });

  test("a capability without a grant is never present; with one, it may be", () => {
    const text = rule("go", "allow", 'capability = "present"');
    expect(ask(text).outcome).toBe("proved");
    expect(ask(`[[grants]]\ncapability = "tool.invoke:a"\n${text}`).outcome).toBe("reached");
  });

  test("a human is no proof and no free way", () => {
    expect(ask(rule("human", "ask", 'labels_any = ["secret"]') + ALLOW).outcome).toBe("with-a-human");
    expect(ask(rule("human", "ask", 'tool = "a"') + ALLOW).outcome).toBe("reached");
  });

  test("what only observes lets everything through", () => {
    expect(ask(`mode = "observe"\n${DENY_PRIVATE}`).outcome).toBe("reached");
  });

  test("tags count when the rules test them", () => {
    const text = rule("no", "deny", 'labels_any = ["pii"]') + ALLOW;
    expect(ask(text, { from: "pii" }).outcome).toBe("proved");
    expect(ask(text).outcome).toBe("reached");
    const many = Array.from({ length: 9 }, (_, i) => `"t${String(i)}"`).join(", ");
    expect(ask(rule("no", "deny", `labels_any = [${many}]`)).outcome).toBe("undecided");
  });

  test("too many states are not claimed to be searched", () => {
    const text = Array.from({ length: 20 }, (_, i) =>
      rule(`no-${String(i)}`, "deny", `server = "*s${String(i)}*", tool = "*t${String(i)}*"`),
    ).join("");
    expect(ask(text)).toEqual({ outcome: "undecided", states: 50_000, why: "more than 50000 states" });
  });

  test("a policy that judges by the session: nothing secret goes into a tool", () => {
    const guard = documentOf(sourceOf("test/fixtures/policies/by-session.toml"));
    expect(reach(guard, { from: "secret", to: "tool.invoke" }).outcome).toBe("proved");
    expect(reach(guard, { from: "untrusted", to: "tool.invoke" }).outcome).toBe("reached");
    expect(reach(guard, { from: "untrusted", to: "network.send" }).outcome).toBe("proved");
  });

  test("a policy that tests too many tags says why", () => {
    const tags = Array.from({ length: 9 }, (_, i) => `"t${String(i)}"`);
    const of = (names: readonly string[]): ReachResult => ask(rule("no", "deny", `labels_any = [${names.join(", ")}]`));
    expect(of(tags)).toEqual({ outcome: "undecided", states: 0, why: "the rules test 9 tags, more than 8" });
    expect(of(tags.slice(1)).outcome).toBe("proved");
  });

  test("a way through carries the label and all that it implies, and a call is looked at in each place of the lattice", () => {
    expect(ask(ALLOW, { from: "poisoned-suspect" }).witness).toEqual({
      labels: ["untrusted", "poisoned-suspect"],
      rule: "go",
      verdict: "allow",
      conditions: [],
    });
    expect(ask(ALLOW).witness?.labels).toEqual(["trusted", "private", "secret"]);
    expect(ask(rule("no", "deny", 'labels_any = ["pii", "secret"]'), { from: "pii" })).toEqual({
      outcome: "proved",
      states: 18,
    });
    expect(ask(rule("human", "ask", 'labels_none = ["external"]') + ALLOW, { from: "external" }).outcome).toBe(
      "reached",
    );
    expect(ask(rule("go", "allow", 'labels_all = ["external"], labels_none = ["private"]')).outcome).toBe("proved");
  });

  test("tags are found within `any` and `not`", () => {
    const text = rule("go", "allow", 'any = [{ labels_all = ["a"] }, { not = { labels_none = ["b"] } }]');
    expect(ask(text).witness?.labels).toEqual(["trusted", "private", "secret", "b"]);
    const other = rule("go", "allow", 'any = [{ labels_all = ["a"] }, { labels_all = ["b", "c"] }]');
    expect(ask(other).witness?.labels).toEqual(["trusted", "private", "secret", "b", "c"]);
  });

  test("a condition that was taken for true or false is so for the rules after it", () => {
    const no = rule("no", "deny", 'tool = "a", server = "s"');
    const text = no + rule("go", "allow", 'tool = "a", server = "s", labels_any = ["secret"]');
    expect(ask(text).outcome).toBe("proved");
    expect(ask(text.replace('"deny"', '"ask"')).outcome).toBe("with-a-human");
    expect(ask(text.replace('"deny"', '"ask"')).witness).toMatchObject({ rule: "no", verdict: "ask" });
    const either = rule("no", "deny", 'any = [{ tool = "a" }, { server = "s" }]');
    expect(ask(either + rule("go", "allow", 'tool = "a"')).outcome).toBe("proved");
    expect(ask(either + rule("go", "allow", 'tool = "b"')).witness?.conditions).toEqual([
      { says: "the tool is `a`", holds: false },
      { says: "the server is `s`", holds: false },
      { says: "the tool is `b`", holds: true },
    ]);
  });
});
