/** Release: the operator's act lowers one axis of one session, and stands in the log. */
import { describe, expect, it } from "vitest";
import { replay, recordingOf, sourceOf } from "../replay/tape-deck.js";
import { labelsIn, policyOf, ruled, Run, source, typesOf } from "./fixture.js";

const POLICY =
  source("/pin", ["untrusted", "external", "secret", "pii"]) +
  policyOf(
    {
      id: "tainted",
      effect: "deny",
      syscalls: ["tool.invoke"],
      more: 'tool = "send"\nlabels_any = ["untrusted", "private"]',
    },
    { id: "all", effect: "allow", syscalls: ["tool.invoke", "tool.response", "tool.describe"] },
  );

function tainted(): Run {
  const run = new Run(POLICY);
  for (const session of ["s1", "s2"]) run.reads("read", { pin: "orchid-7731" }, { session });
  return run;
}

describe("a release", () => {
  it("of integrity lowers integrity alone", () => {
    const run = tainted();
    const { event, durable } = run.step({
      type: "release",
      release: { session: "s1", axis: "integrity", by: "socket" },
    });
    expect(event).toEqual({
      type: "release",
      value: {
        ...{ session: "s1", axis: "integrity", by: "socket" },
        before: ["untrusted", "secret", "external", "pii"],
        after: ["trusted", "secret", "external", "pii"],
      },
    });
    expect(durable).toBe(true);
    expect(labelsIn(run.state, "s1")).toEqual({
      ...{ integrity: "trusted", confidentiality: "secret", origin: "external", tags: ["pii"] },
    });
  });

  it("of confidentiality lowers confidentiality alone", () => {
    const run = tainted();
    run.step({ type: "release", release: { session: "s1", axis: "confidentiality", by: "socket" } });
    expect(labelsIn(run.state, "s1")).toEqual({
      ...{ integrity: "untrusted", confidentiality: "public", origin: "external", tags: ["pii"] },
    });
  });

  it("frees the session, no other, and only until it reads again", () => {
    const run = tainted();
    for (const axis of ["integrity", "confidentiality"] as const) {
      expect(ruled(run.call("send", {}))).toBe("deny:tainted");
      run.step({ type: "release", release: { session: "s1", axis, by: "socket" } });
    }
    const freed = run.call("send", {});
    expect(ruled(freed)).toBe("allow:all");
    expect(ruled(run.call("send", {}, { session: "s2" }))).toBe("deny:tainted");
    run.result(freed, { pin: "lily-42" });
    expect(ruled(run.call("send", {}))).toBe("deny:tainted");
  });

  it("leaves the leaves as they were labelled", () => {
    const run = tainted();
    for (const axis of ["integrity", "confidentiality"] as const) {
      run.step({ type: "release", release: { session: "s1", axis, by: "socket" } });
    }
    expect(run.found("orchid-7731").labels).toEqual(["untrusted", "secret", "external", "pii"]);
    expect(run.found("never seen before").labels).toEqual(["trusted", "external", "pii"]);
  });

  it("of a session that has read nothing changes nothing", () => {
    const run = new Run(POLICY);
    run.step({ type: "release", release: { session: "s9", axis: "integrity", by: "socket" } });
    expect(labelsIn(run.state, "s9")).toEqual({
      integrity: "trusted",
      confidentiality: "public",
      origin: "internal",
      tags: [],
    });
  });

  it("is replayed, with the values and without", () => {
    const run = tainted();
    run.step({ type: "release", release: { session: "s1", axis: "integrity", by: "socket" } });
    run.call("send", { to: "orchid-7731" });
    expect(typesOf(run.lines)).toContain("release");
    const recording = recordingOf(
      run.lines,
      run.steps.flatMap(({ payloads }) => payloads),
    );
    expect(replay(run.lines, sourceOf(recording))).toMatchObject({ ok: true, sealed: 0 });
    expect(replay(run.lines)).toMatchObject({ ok: true, opened: 0 });
  });
});
