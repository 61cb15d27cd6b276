/** What lint and reach claim of a policy holds for every call that can be made. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lintPolicy } from "../../../src/policy/check/lint.js";
import { reach } from "../../../src/policy/reach.js";
import { grants } from "../random.js";
import { decided, policyOf, related } from "./random.js";

describe("what is called dead", () => {
  test("never decides any of 2000 calls", () => {
    let dead = 0;
    fc.assert(
      fc.property(related, grants, (bodies, granted) => {
        const document = policyOf(bodies, { grants: granted });
        const names = lintPolicy(document, "")
          .filter(({ problem }) => /is never reached|can never hold/.test(problem))
          .flatMap(({ problem }) => /the rule `(r\d+)`/.exec(problem)?.[1] ?? []);
        dead += names.length;
        if (names.length === 0) return;
        const rules = new Set(decided(document).map(([, decision]) => decision.split(":")[1]));
        expect(names.filter((name) => rules.has(name))).toEqual([]);
      }),
      { numRuns: 60 },
    );
    // The property must not hold for want of findings.
    expect(dead).toBeGreaterThan(30);
  });
});

describe("what is called proved", () => {
  test("no call that carries the label passes", () => {
    let proved = 0;
    fc.assert(
      fc.property(
        related,
        grants,
        fc.constantFrom("private", "poisoned-suspect", "pii", "untrusted", "trusted"),
        fc.constantFrom("tool.invoke" as const, "network.send" as const),
        (bodies, granted, from, to) => {
          const document = policyOf(bodies, { grants: granted });
          const { outcome } = reach(document, { from, to });
          if (outcome !== "proved") return;
          proved++;
          const passing = decided(document, false).filter(
            ([{ kind, labels }, decision]) =>
              kind === to && labels.has(from) && /^(allow|transform|ask):/.test(decision),
          );
          expect(passing).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
    expect(proved).toBeGreaterThan(10);
  });
});
