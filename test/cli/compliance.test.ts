import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { CLAIM_IDS } from "../../src/abi/claims.js";
import { DOMAINS } from "../../src/abi/domains.js";
import { ROOT } from "../docs/printed.js";
import { runCommand } from "./in-process.js";

const folder = mkdtempSync(join(tmpdir(), "agentk-compliance-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A checkout whose tests are these, each file a text. */
function checkout(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  mkdirSync(join(path, "test/deep"), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, "test", file), text);
  return path;
}

async function run(...args: readonly string[]): Promise<{ status: number | undefined; out: string }> {
  const { status, stdout } = await runCommand(folder, ["compliance", ...args]);
  return { status, out: stdout };
}

const ALL = CLAIM_IDS.map((id) => `// Claim: ${id}\ntest("shows ${id}", () => {});\n`).join("");

describe("agentk compliance", () => {
  test("in this repository: every claim is cited by a test, and every citation is of a claim", async () => {
    const { status, out } = await run("--repo", ROOT, "--json");
    expect(JSON.parse(out)).toMatchObject({ ok: true, checked: true, uncited: [], strays: [] });
    expect(status).toBe(0);
  });

  test("every claim belongs to a domain", () => {
    expect(new Set(DOMAINS.flatMap(({ claims }) => claims))).toEqual(new Set(CLAIM_IDS));
    expect(DOMAINS).toHaveLength(12);
  });

  test("names the tests of a claim, also of a table and over two lines", async () => {
    const repo = checkout("whole", {
      "a.test.ts": ALL,
      "deep/b.test.ts":
        '  // Claim: M1, E2\n  test.each([1])("%i of a table", () => {});\n// Claim: A1\ntest(\n  `on its own line`,\n',
    });
    const report = JSON.parse((await run("--repo", repo, "--json")).out) as {
      claims: { id: string; tests: { file: string; line: number; title: string }[] }[];
    };
    const testsOf = (id: string): unknown => report.claims.find((claim) => claim.id === id)?.tests.at(-1);
    expect(testsOf("M1")).toEqual({ file: "test/deep/b.test.ts", line: 2, title: "%i of a table" });
    expect(testsOf("E2")).toEqual(testsOf("M1"));
    expect(testsOf("A1")).toMatchObject({ title: "on its own line" });
  });

  test.each([
    ["a claim that nobody cites", ALL.replace("// Claim: T1\n", ""), "no test cites T1"],
    ["a citation of no claim", `${ALL}// Claim: Z9\ntest("x", () => {});\n`, "`Z9` is no claim"],
    ["a citation above no test", `${ALL}// Claim: M1\nconst x = 1;\n`, "stands above no test"],
  ])("%s fails, in text and as JSON", async (name, text, says) => {
    const repo = checkout(name, { "a.test.ts": text });
    const told = await run("--repo", repo);
    expect(told.status).toBe(2);
    expect(told.out).toContain(says);
    const json = await run("--repo", repo, "--json");
    expect(json.status).toBe(2);
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, checked: true });
  });

  test.each(["none", "not-there", "a-file"])("a folder that is named and has no tests is no pass: %s", async (name) => {
    const repo = name === "none" ? checkout(name, {}) : join(folder, name);
    if (name === "a-file") writeFileSync(repo, "");
    await expect(run("--repo", repo)).rejects.toMatchObject({
      code: "usage",
      message: `there are no tests in \`${repo}\``,
    });
  });
});
