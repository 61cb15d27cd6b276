/** What the objects of a verb add to it. */
import { describe, expect, it } from "vitest";
import { liftsOf } from "../../../src/policy/classify/risk.js";

describe("liftsOf", () => {
  it("gives no reason to take a tool for worse where there is none", () => {
    expect(liftsOf(["get", "file"], "read")).toEqual([]);
  });

  it("gives every reason that there is", () => {
    expect(liftsOf(["update", "user", "salary", "token"], "write")).toEqual([
      { risk: "high", why: "touches credentials" },
      { risk: "high", why: "concerns money" },
      { risk: "high", why: "changes who may do what" },
    ]);
    expect(liftsOf(["get", "url", "salary"], "read")).toEqual([
      { act: "send", risk: "medium", why: "reaches over the network" },
    ]);
  });
});
