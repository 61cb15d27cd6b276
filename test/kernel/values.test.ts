/** The values' side of the state: before a policy, before a run, and once a call is over. */
import { describe, expect, it } from "vitest";
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import { echoOf, newContext } from "../../src/kernel/context.js";
import { INITIAL_STATE } from "../../src/kernel/state.js";
import { contextOf, settleContext, tracksValues, withoutCallContext } from "../../src/kernel/values.js";
import { ALLOW_ALL, arrive, at, kernel, pageOf, Run, runFacts, SECRET } from "./fixture.js";

describe("a session's context", () => {
  it("is sealed before there is a run", () => {
    expect([contextOf(INITIAL_STATE, "s1"), tracksValues(INITIAL_STATE)]).toEqual(["sealed", false]);
  });

  it("holds nothing before there is a policy", () => {
    const run = runFacts({ format: FLIGHT_FORMAT });
    const { state } = kernel(INITIAL_STATE, { type: "open", at, run, secret: SECRET });
    expect(contextOf(state, "s1")).toEqual(newContext([]));
    expect(arrive(state, pageOf("lily", { method: "initialize" })).event.value).toMatchObject({
      labels: ["untrusted", "external"],
      delivery: { verdict: "deny" },
    });
  });

  it("knows what a call sent until its outcome, and no longer", () => {
    const run = new Run(ALLOW_ALL);
    const { call } = run.call("send", { to: "me" }).event.value;
    const isEcho = (): boolean => {
      const context = contextOf(run.state, "s1");
      return context !== "sealed" && echoOf(context, call, "me") !== undefined;
    };
    expect(isEcho()).toBe(true);
    run.step({ type: "outcome", outcome: { call: "c99", session: "s1", status: "ok" } });
    expect(isEcho()).toBe(true);
    run.step({ type: "outcome", outcome: { call, session: "s1", status: "ok" } });
    expect(isEcho()).toBe(false);
  });

  it("is not opened by an outcome of a session that has none, nor unsealed", () => {
    const { state } = new Run(ALLOW_ALL);
    expect(withoutCallContext(state, { call: "c2", session: "s9" }).contexts.size).toBe(0);
    const sealed = { ...state, contexts: new Map([["s1", "sealed"]] as const) };
    expect(withoutCallContext(sealed, { call: "c2", session: "s1" }).contexts.get("s1")).toBe("sealed");
  });

  it("can be indexed ahead of any look-up, what it read and what was sent, and no other session's", () => {
    const run = new Run(ALLOW_ALL);
    run.call("send", { to: "mark@x.com" });
    run.step({ type: "page", page: pageOf("lily") });
    run.step({ type: "page", page: pageOf("anna", { session: "s2" }) });
    const indexed: string[] = [];
    for (const session of ["s1", "s2"]) {
      const context = contextOf(run.state, session);
      if (context === "sealed") throw new Error("sealed");
      for (const [what, { spans }] of [["read", context.memory] as const, ["sent", context.sent] as const]) {
        for (const { segment } of spans) segment.settle = () => void indexed.push(`${session} ${what}`);
      }
    }
    settleContext(run.state, "s1");
    expect(indexed).toEqual(["s1 read", "s1 sent"]);
  });

  it("has nothing to index where it is sealed, or was never opened", () => {
    const { state } = new Run(ALLOW_ALL);
    const sealed = { ...state, contexts: new Map([["s1", "sealed"]] as const) };
    expect(() => {
      settleContext(state, "s9");
      settleContext(sealed, "s1");
    }).not.toThrow();
  });
});
