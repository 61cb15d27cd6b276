import { describe, expect, it } from "vitest";
import type { BudgetTest, PolicyWhen } from "../../../src/policy/ast.js";
import { factKey, partsOf, sayingOf, withInner, type Part } from "../../../src/policy/check/parts.js";

const when = (conditions: Omit<PolicyWhen, "syscalls">): PolicyWhen => ({ syscalls: ["tool.invoke"], ...conditions });
const parts = (conditions: Omit<PolicyWhen, "syscalls">): readonly Part[] => partsOf(when(conditions));

function only(conditions: Omit<PolicyWhen, "syscalls">): Part {
  const [part] = parts(conditions);
  if (part === undefined) throw new Error("no part");
  return part;
}

const [ONE, TWO] = [
  { path: "/a", max: 1 },
  { path: "/b", max: 2 },
] as const;

describe("the parts of a condition", () => {
  it.each<readonly [Omit<PolicyWhen, "syscalls">, readonly Part[]]>([
    [{ agent: ["a"] }, [{ on: "globs", field: "agent", globs: ["a"], at: ["agent"] }]],
    [{ server: ["a"] }, [{ on: "globs", field: "server", globs: ["a"], at: ["server"] }]],
    [{ tool: ["a", "b"] }, [{ on: "globs", field: "tool", globs: ["a", "b"], at: ["tool"] }]],
    [{ target: ["a"] }, [{ on: "globs", field: "target", globs: ["a"], at: ["target"] }]],
    [{ url: { port: [1] } }, [{ on: "url", pattern: { port: [1] }, at: ["url"] }]],
    [{ under: { under: ["/a"] } }, [{ on: "under", pattern: { under: ["/a"] }, at: ["under"] }]],
    [{ act: ["read"] }, [{ on: "act", acts: ["read"], at: ["act"] }]],
    [{ risk: ["low"] }, [{ on: "risk", risks: ["low"], at: ["risk"] }]],
    [{ labels_any: ["a", "b"] }, [{ on: "has-any", labels: ["a", "b"], at: ["labels_any"] }]],
    [{ labels_any: [] }, []],
    [
      { labels_all: ["a", "b"] },
      [
        { on: "has", label: "a", at: ["labels_all"] },
        { on: "has", label: "b", at: ["labels_all"] },
      ],
    ],
    [{ labels_none: ["a"] }, [{ on: "lacks", label: "a", at: ["labels_none"] }]],
    [{ capability: "present" }, [{ on: "capability", state: "present", at: ["capability"] }]],
    [
      { time: { from: 1, to: 2, utc_offset: 0 } },
      [{ on: "time", window: { from: 1, to: 2, utc_offset: 0 }, at: ["time"] }],
    ],
    [
      { history: [{ at_least: 1 }, { at_most: 2 }] },
      [
        { on: "history", test: { at_least: 1 }, at: ["history", 0] },
        { on: "history", test: { at_most: 2 }, at: ["history", 1] },
      ],
    ],
    [
      { all: [when({ act: ["read"] }), when({ every: [ONE] })] },
      [
        { on: "act", acts: ["read"], at: ["all", 0, "act"] },
        { on: "every", test: ONE, at: ["all", 1, "every", 0] },
      ],
    ],
    [
      { any: [when({ act: ["read"] }), when({ risk: ["low"] })] },
      [
        {
          on: "any",
          options: [
            [{ on: "act", acts: ["read"], at: ["any", 0, "act"] }],
            [{ on: "risk", risks: ["low"], at: ["any", 1, "risk"] }],
          ],
          at: ["any"],
        },
      ],
    ],
    [
      { not: when({ every: [ONE] }) },
      [{ on: "not", parts: [{ on: "every", test: ONE, at: ["not", "every", 0] }], at: ["not"] }],
    ],
    [
      { every: [ONE, TWO] },
      [
        { on: "every", test: ONE, at: ["every", 0] },
        { on: "every", test: TWO, at: ["every", 1] },
      ],
    ],
    [
      { some: [ONE, TWO] },
      [
        { on: "some", test: ONE, at: ["some", 0] },
        { on: "some", test: TWO, at: ["some", 1] },
      ],
    ],
    [{ descriptor: ["changed"] }, [{ on: "descriptor", states: ["changed"], at: ["descriptor"] }]],
    [{ only: ["a"] }, [{ on: "only", names: ["a"], at: ["only"] }]],
    [{ intent: ["pay"] }, [{ on: "intent", words: ["pay"], at: ["intent"] }]],
    [{ budget: { path: "/a", over: 1 } }, [{ on: "budget", test: { path: "/a", over: 1 }, at: ["budget"] }]],
    [{}, []],
  ])("%j", (conditions, expected) => {
    expect(parts(conditions)).toEqual(expected);
  });

  it("are found within `any` and `not`, however deep", () => {
    const inner = when({ any: [when({ not: when({ act: ["read"] }) }), when({ only: ["a"] })] });
    expect(
      parts({ not: inner })
        .flatMap(withInner)
        .map(({ on }) => on),
    ).toEqual(["not", "any", "not", "act", "only"]);
  });
});

describe("what a part says", () => {
  it("is the same wherever it stands", () => {
    const [outer] = parts({ tool: ["a"] });
    const [inner] = parts({ all: [when({ tool: ["a"] })] });
    expect(outer && sayingOf(outer)).toBe(inner && sayingOf(inner));
    expect(sayingOf(only({ tool: ["a"] }))).not.toBe(sayingOf(only({ tool: ["b"] })));
    expect(sayingOf(only({ tool: ["a"] }))).not.toBe(sayingOf(only({ server: ["a"] })));
  });

  it("is a budget's own, for each has an account of its own", () => {
    const budget: BudgetTest = { path: "/a", over: 1 };
    expect(sayingOf(only({ budget }))).toBe(sayingOf(only({ budget })));
    expect(sayingOf(only({ budget }))).not.toBe(sayingOf(only({ budget: { ...budget } })));
    expect(sayingOf(only({ not: when({ budget }) }))).not.toBe(
      sayingOf(only({ not: when({ budget: { ...budget } }) })),
    );
  });
});

it("a decision records a part under its rule and its place", () => {
  expect(factKey(3, ["not", "every", 0])).toBe("r3.not.every.0");
  expect(factKey(0, [])).toBe("r0");
});
