/** docs/import.md lists every finding and every weakness as the code has them. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LEGACY_FINDINGS } from "../../src/evidence/legacy/legacy-findings.js";
import { LEGACY_WEAKNESSES } from "../../src/evidence/legacy/weaknesses.js";

const PAGE = new URL("../../docs/import.md", import.meta.url);

const PARTS: Readonly<Record<string, readonly string[]>> = {
  findings: [
    "| code | severity | meaning | the Rust AgentK's own check |",
    "|---|---|---|---|",
    ...Object.entries(LEGACY_FINDINGS).map(
      ([code, { severity, means, theirs }]) =>
        `| \`${code}\` | ${severity} | ${means} | ${theirs === "caught" ? "fails" : "passes"} |`,
    ),
  ],
  weaknesses: [
    "| code | meaning |",
    "|---|---|",
    ...Object.entries(LEGACY_WEAKNESSES).map(([code, { means }]) => `| \`${code}\` | ${means} |`),
  ],
};

function withTables(page: string): string {
  return Object.entries(PARTS).reduce(
    (text, [name, rows]) =>
      text.replace(
        new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`),
        () => `<!-- ${name} -->\n\n${rows.join("\n")}\n\n<!-- /${name} -->`,
      ),
    page,
  );
}

test("the page has the tables of the code", () => {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(PAGE, withTables(readFileSync(PAGE, "utf8")));
  const page = readFileSync(PAGE, "utf8");
  for (const rows of Object.values(PARTS)) expect(page).toContain(`\n${rows.join("\n")}\n`);
  expect(withTables(page)).toBe(page);
});
