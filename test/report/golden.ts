/** Golden files: what a report prints, kept and compared exactly. UPDATE_GOLDEN=1 writes them anew. Their suffix keeps formatters off. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

const FOLDER = new URL("golden/", import.meta.url);

export function expectGolden(name: string, text: string): void {
  const file = new URL(`${name}.golden`, FOLDER);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
}
