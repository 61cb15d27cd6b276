/** What a session's context holds: what its agent has seen and the operator's directory, and nothing of another session. */
import { describe, expect, it } from "vitest";
import { ALLOW_ALL, labelsIn, policyOf, ruled, Run, source } from "./fixture.js";

const IBAN = "GB33 BUKB 2020 1555 5555 55";
const DIRECTORY = `[[directory]]\nname = "vendors"\nvalues = ["${IBAN}", "billing@acme.example"]\n`;
const NO_SECRETS = policyOf(
  { id: "no-secrets", effect: "deny", syscalls: ["tool.response"], more: 'labels_any = ["secret"]' },
  {
    id: "hidden",
    effect: "transform",
    syscalls: ["tool.response"],
    more: 'labels_any = ["private"]\n[[rules.changes]]\nquarantine = true',
  },
  { id: "all", effect: "allow", syscalls: ["tool.invoke", "tool.response", "tool.describe"] },
);

describe("the operator's directory", () => {
  it("is known from the start, as a whole and within a text", () => {
    const run = new Run(DIRECTORY + ALLOW_ALL);
    expect(run.found("billing@acme.example")).toMatchObject({
      match: "exact",
      classes: ["directory", "directory:vendors", "trusted"],
      labels: ["trusted"],
      origins: [{ page: "directory:vendors", path: "/1" }],
    });
    // An account number is the same however it is grouped.
    expect(run.found("GB33BUKB20201555555555").classes).toContain("directory:vendors");
    expect(run.found("mallory@acme.example")).toMatchObject({ match: "nowhere", classes: ["nowhere"] });
  });

  it("holds texts, and no boolean of the same letters", () => {
    const run = new Run(`[[directory]]\nname = "words"\nvalues = ["true"]\n${ALLOW_ALL}`);
    expect(run.found("true").classes).toContain("directory:words");
    expect(run.found(true)).toMatchObject({ match: "nowhere", classes: ["nowhere"] });
  });

  it("is every session's", () => {
    const run = new Run(DIRECTORY + ALLOW_ALL);
    for (const session of ["s1", "s2"]) expect(run.found(IBAN, { session }).classes).toContain("directory");
  });
});

describe("composed text", () => {
  it("carries the labels of all that the session has read", () => {
    const run = new Run(source("/pin", ["trusted", "secret", "pii"]) + ALLOW_ALL);
    expect(run.found("never seen before")).toMatchObject({ match: "nowhere", labels: ["trusted"], origins: [] });
    run.reads("read", { pin: "4711-xyz", note: "a stranger's" });
    expect(run.found("never seen before")).toMatchObject({
      match: "nowhere",
      labels: ["untrusted", "secret", "external", "pii"],
    });
  });

  it("and what the client claims", () => {
    const run = new Run(ALLOW_ALL);
    const claims = { labels: ["private"], capabilities: 0 };
    expect(run.found("never seen before", { claims }).labels).toEqual(["trusted", "private"]);
  });
});

describe("sides", () => {
  it("are seen from the server that is called", () => {
    const run = new Run(ALLOW_ALL);
    run.reads("read", { a: "orchid-7731" }, { server: "mail" });
    expect(run.found("orchid-7731", { server: "mail" }).classes).toEqual(["same-server", "server:mail", "untrusted"]);
    expect(run.found("orchid-7731", { server: "bank" }).classes).toEqual(["other-server", "server:mail", "untrusted"]);
    run.reads("read", { a: "orchid-7731" }, { server: "bank" });
    const both = ["other-server", "same-server", "server:bank", "server:mail", "untrusted"];
    expect(run.found("orchid-7731", { server: "bank" }).classes).toEqual(both);
  });
});

describe("what the agent did not get to see", () => {
  const sources = source("/pin", ["untrusted", "secret"]) + source("/note", ["untrusted", "private"]);

  it("by a denied delivery is not remembered, and does not raise the session", () => {
    const run = new Run(sources + NO_SECRETS);
    expect(ruled(run.reads("read", { pin: "orchid-7731" }))).toBe("deny:no-secrets");
    expect(labelsIn(run.state, "s1").confidentiality).toBe("public");
    expect(run.found("orchid-7731").match).toBe("nowhere");
    run.reads("read", { other: "orchid-7731" });
    expect(run.found("orchid-7731").match).toBe("exact");
  });

  it("because a stub stood in its place, neither", () => {
    const run = new Run(sources + NO_SECRETS);
    const page = run.reads("read", { note: "orchid-7731" });
    expect(ruled(page)).toBe("transform:hidden");
    expect(page.event.value.changes).toEqual([{ kind: "quarantine" }]);
    expect(run.found("orchid-7731").match).toBe("nowhere");
    expect(labelsIn(run.state, "s1").confidentiality).toBe("public");
  });

  it("because it came too late, or for another session's call", () => {
    const run = new Run(ALLOW_ALL);
    const made = run.call("read", {});
    run.ends(made, { content: [] });
    const { call } = made.event.value;
    expect(ruled(run.page("tools/call#result", { a: "orchid-7731" }, { call }))).toBe("deny:lifecycle");
    const waiting = run.call("read", {}).event.value.call;
    const stray = run.page("tools/call#result", { a: "orchid-7731" }, { call: waiting, session: "s2" });
    expect(ruled(stray)).toBe("deny:lifecycle");
    for (const session of ["s1", "s2"]) expect(run.found("orchid-7731", { session }).match).toBe("nowhere");
  });

  it("because another session did", () => {
    const run = new Run(ALLOW_ALL);
    run.reads("read", { a: "orchid-7731" }, { session: "s1" });
    expect(run.found("orchid-7731", { session: "s2" })).toMatchObject({ match: "nowhere", labels: ["trusted"] });
  });
});
