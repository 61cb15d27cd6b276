/** Which conditions of a rule failed, and which rule comes nearest. */
import { expect, it } from "vitest";
import type { PolicyRule, PolicyWhen } from "../../src/policy/ast.js";
import { failedIn, nearestRule } from "../../src/policy/explain-probe.js";
import { ask, policyOf } from "./fixture.js";

const rule = (when: Omit<PolicyWhen, "syscalls">): Omit<PolicyRule, "id"> => ({
  effect: "allow",
  when: { syscalls: ["tool.invoke"], ...when },
});

it("the nearest rule is the one that lacks least, and of equals the first", () => {
  const [far, near, equal] = [
    rule({ tool: ["x"], server: ["y"], only: ["a"] }),
    rule({ server: ["y"] }),
    rule({ tool: ["x"] }),
  ];
  const question = { ...ask(), facts: new Map([["r0.only", false]]) };
  expect(nearestRule(policyOf([far, near, equal]), question)).toEqual({
    index: 1,
    found: { id: "r1", lacks: ["the server is `y`"] },
  });
  expect(nearestRule(policyOf([equal, far, near]), question)?.index).toBe(0);
  expect(nearestRule(policyOf([near, far]), question)?.index).toBe(0);
});

it("names are said to have failed before what only the log answers", () => {
  const document = policyOf([rule({ only: ["a"], time: { from: 0, to: 1, utc_offset: 0 }, tool: ["x"] })]);
  const question = { ...ask(), facts: new Map([["r0.only", false]]) };
  expect(nearestRule(document, question)?.found.lacks).toEqual([
    "the tool is `x`",
    "it is 00:00 to 00:01 UTC",
    "the arguments are no others than `a`",
  ]);
  expect(failedIn(document, 0, question)).toBe("the tool is `x`");
});

it("what is not recorded is not said to have failed, and of several tests those that did are", () => {
  const every = [
    { path: "/a", max: 1 },
    { path: "/b", max: 2 },
  ];
  const document = policyOf([rule({}), rule({ every })]);
  expect(failedIn(document, 1, ask())).toBeUndefined();
  const held = new Map([
    ["r1.every.0", true],
    ["r1.every.1", false],
    ["r0.every.0", false],
  ]);
  expect(failedIn(document, 1, { ...ask(), facts: held })).toBe("every value at `/b` is at most 2");
  expect(failedIn(document, 0, { ...ask(), facts: held })).toBeUndefined();
  expect(failedIn(document, 7, ask())).toBeUndefined();
});
