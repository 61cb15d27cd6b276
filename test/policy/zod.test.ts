/** What zod is told before the first schema must be told in the bundle too, which leaves out modules that only hand on. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "../../src/policy/zod.js";

const BUNDLE = new URL("../../dist/bundle/", import.meta.url);

test("schemas are not compiled to code, here and in what is shipped", () => {
  expect(z.config().jitless).toBe(true);
  const chunks = readdirSync(BUNDLE).filter((name) => name.endsWith(".js"));
  const telling = chunks.filter((name) =>
    /\bconfig\(\{ jitless: true \}\)/.test(readFileSync(new URL(name, BUNDLE), "utf8")),
  );
  expect(telling).toHaveLength(1);
});
