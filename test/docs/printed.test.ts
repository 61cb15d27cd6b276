/** Tables in docs/ that are printed from code have not drifted from it. `UPDATE_GOLDEN=1` prints them anew. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PRINTED, ROOT } from "./printed.js";

const OPEN = (section: string): string => `<!-- printed from code: ${section} -->`;
const CLOSE = "<!-- end -->";

function parts(page: string, section: string): { before: string; table: string; after: string } {
  const text = readFileSync(join(ROOT, page), "utf8");
  const from = text.indexOf(OPEN(section));
  const to = text.indexOf(CLOSE, from);
  if (from < 0 || to < 0) throw new Error(`${page} has no section \`${section}\``);
  const start = from + OPEN(section).length;
  return { before: text.slice(0, start), table: text.slice(start, to).trim(), after: text.slice(to) };
}

describe("what is printed from code", () => {
  test.each(PRINTED)("$page: $section", ({ page, section, print }) => {
    const { before, table, after } = parts(page, section);
    const printed = print();
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(join(ROOT, page), `${before}\n\n${printed}\n\n${after}`);
    else expect(table).toBe(printed);
  });

  test("no page has a section that nothing prints", () => {
    const pages = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
    const marked = pages.flatMap((name) =>
      [...readFileSync(join(ROOT, "docs", name), "utf8").matchAll(/<!-- printed from code: (.*?) -->/g)].map(
        ([, section = ""]) => `docs/${name}: ${section}`,
      ),
    );
    expect(marked.sort()).toEqual(PRINTED.map(({ page, section }) => `${page}: ${section}`).sort());
  });
});
