/** The calls that wait for their outcome: what settles one, what does not, and how much is kept of a forged log. */
import { describe, expect, test } from "vitest";
import { MAX_OPEN_CALLS, OpenCalls } from "../../src/evidence/calls.js";

const call = (name: string, session = "s1"): { call: string; session: string; kind: string } => ({
  call: name,
  session,
  kind: "tool.invoke",
});

function waiting(...names: readonly string[]): OpenCalls {
  const calls = new OpenCalls();
  for (const [i, name] of names.entries()) calls.begin(call(name), i + 1);
  return calls;
}

describe("an outcome", () => {
  test("settles a call that waits, once", () => {
    const calls = waiting("c1", "c2");
    expect([calls.settle("c1", undefined), calls.count, calls.settle("c1", undefined)]).toEqual([
      "settled",
      1,
      "no-call",
    ]);
    expect(calls.settle("c3", undefined)).toBe("no-call");
  });

  test("names a page of its call, or none at all", () => {
    const calls = waiting("c1", "c2", "c3");
    expect([calls.addPage("c1", "p1"), calls.addPage("c1", "p2"), calls.addPage("c4", "p3")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(calls.settle("c1", "p1")).toBe("settled");
    expect(calls.settle("c2", "p1")).toBe("no-page");
    expect(calls.settle("c3", "")).toBe("no-page");
    expect(calls.count).toBe(0);
  });

  test("names one of the last 64 pages: earlier ones are not remembered", () => {
    const settled = (page: string): string => {
      const calls = waiting("c1");
      for (let i = 0; i <= 64; i++) calls.addPage("c1", `p${String(i)}`);
      return calls.settle("c1", page);
    };
    expect(["p0", "p1", "p64"].map(settled)).toEqual(["no-page", "settled", "settled"]);
  });
});

test("a call is taken by its own session alone, and then waits no longer", () => {
  const calls = waiting("c1");
  expect(calls.take({ call: "c1", session: "s2" })).toBeUndefined();
  expect(calls.take({ call: "c2", session: "s1" })).toBeUndefined();
  expect([calls.take({ call: "c1", session: "s1" }), calls.count]).toEqual(["tool.invoke", 0]);
  expect(calls.take({ call: "c1", session: "s1" })).toBeUndefined();
});

describe("calls without an outcome", () => {
  test("are told with their line and kind, in the order they were made", () => {
    const calls = waiting("c1", "c2", "c3");
    calls.settle("c2", undefined);
    expect(calls.unanswered()).toEqual([
      { call: "c1", line: 1, kind: "tool.invoke" },
      { call: "c3", line: 3, kind: "tool.invoke" },
    ]);
  });

  test("are told up to the hundredth, and counted all", () => {
    const calls = waiting(...Array.from({ length: 101 }, (_, i) => `c${String(i)}`));
    expect([calls.unanswered().length, calls.unanswered().at(-1)?.call, calls.count]).toEqual([100, "c99", 101]);
  });

  test("are as many as a run can have, and no more", () => {
    const calls = new OpenCalls();
    let begun = 0;
    while (begun < MAX_OPEN_CALLS && calls.begin(call(`c${String(begun)}`), begun + 1)) begun++;
    expect([begun, calls.begin(call("one more"), 1), calls.count]).toEqual([MAX_OPEN_CALLS, false, MAX_OPEN_CALLS]);
    calls.settle("c0", undefined);
    expect(calls.begin(call("one more"), 1)).toBe(true);
  });
});
