/** The page of the demos keeps up with the program: its scenario is one, and it has every story. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CLIENT_KINDS } from "../../src/abi/story.js";
import { shippedStories } from "../../src/app/story/story.js";
import { parseScenario } from "../../src/policy/scenario.js";

const page = readFileSync(new URL("../../docs/demos.md", import.meta.url), "utf8");

test("the scenario on the page is one", () => {
  const [, source = ""] = /```toml\n([^]*?)```/.exec(page) ?? [];
  expect(parseScenario(source)).toMatchObject({
    ok: true,
    value: { server: "web", steps: [{}, { expect: "blocked" }] },
  });
});

test("every story and every kind of client is on the page", () => {
  for (const name of [...shippedStories(), ...CLIENT_KINDS]) expect(page).toMatch(new RegExp(`[\` ]${name}\``));
});
