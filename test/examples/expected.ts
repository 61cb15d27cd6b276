/** The log of a story beside the one that is expected of it. UPDATE_GOLDEN=1 writes the expectation anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { shippedFile } from "../../src/app/package-info.js";

export function expectLog(story: string, judged: string): void {
  const file = join(shippedFile("examples"), story, "expected.txt");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, judged);
  expect(judged).toBe(readFileSync(file, "utf8"));
}
