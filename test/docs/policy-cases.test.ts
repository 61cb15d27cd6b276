/** The page on policy cases names every key, and its example is a file of cases. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CASE_KEYS } from "../../src/policy/cases-schema.js";
import { parseCases } from "../../src/policy/cases.js";

const page = readFileSync(new URL("../../docs/policy-cases.md", import.meta.url), "utf8");

it("names every key of a file of cases", () => {
  for (const key of [...CASE_KEYS.values()].flat().filter((name) => name !== "cases")) {
    expect(page).toContain(`\`${key}`);
  }
});

it("shows an example that parses", () => {
  const [, example = ""] = /```toml\n([\s\S]*?)```/.exec(page) ?? [];
  const parsed = parseCases(example);
  expect(parsed).toMatchObject({ ok: true, value: { cases: [{ expect: { verdict: "allow", rule: "pay-known" } }] } });
});
