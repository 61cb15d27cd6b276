/** `readiness` and `release-audit` as commands: forms, files, exit statuses, and what is shown while they work. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { AUDIT_CHECKS } from "../../src/app/audit/checks.js";
import { buildProgram } from "../../src/cli/main.js";
import { Project } from "../app/audit/project.js";
import { agentk, type CommandEnd } from "../boundary/watch.js";
import { fixture } from "../boundary/proxy-process.js";

let project: Project;
beforeAll(() => {
  project = new Project();
});

function run(...words: readonly string[]): Promise<CommandEnd> {
  return agentk(project.repo, words, { ...project.env, AGENTK_SIGNING_KEY_HEX: undefined });
}

interface Report {
  readonly ok: boolean;
  readonly failed: number;
  readonly checks: readonly { readonly id: string; readonly status: string; readonly group: string }[];
}

describe("the forms", () => {
  test("0 in text and JSON for a project that is ready, with a plain line for each check on stderr", async () => {
    const [text, json] = [await run("readiness"), await run("readiness", "--json")];
    expect([text.code, json.code]).toEqual([0, 0]);
    const report = JSON.parse(json.stdout) as Report;
    expect(report).toMatchObject({ ok: true, failed: 0 });
    const wanted = AUDIT_CHECKS.filter(({ group }) => ["repository", "keys", "policies"].includes(group));
    expect(report.checks.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
    for (const { id } of wanted) expect(text.stdout).toContain(`  ${id} `);
    expect(text.stdout).toContain("passed: ");
    expect(json.stderr.split("\n").filter((line) => /^\[\d+\/\d+\] /.test(line))).toHaveLength(wanted.length);
    expect(`${text.stdout}${text.stderr}`).not.toContain("\u001b");
  });

  test("2 in all for an agentk that breaks a promise, and the place in SARIF", async () => {
    const binary = join(project.repo, "..", "faulty.mjs");
    writeFileSync(
      binary,
      `import { run } from ${JSON.stringify(fixture("audit/faulty-agentk.mjs"))};\nawait run("leaks-tools");\n`,
    );
    const words = ["release-audit", "--agentk", binary, "--only", "run.tool-shape", "--only", "run.prompt-shape"];
    const [text, json] = [await run(...words), await run(...words, "--json", "--sarif", "../audit.sarif")];
    expect([text.code, json.code]).toEqual([2, 2]);
    expect(text.stdout).toMatch(/^ {2}FAIL {2}run\.tool-shape {4}a malformed entry/m);
    expect(text.stdout).toMatch(/^ {2}ok {4}run\.prompt-shape/m);
    expect((JSON.parse(json.stdout) as Report).checks).toMatchObject([
      { id: "run.tool-shape", status: "fail" },
      { id: "run.prompt-shape", status: "ok" },
    ]);
    const sarif = JSON.parse(readFileSync(join(project.repo, "..", "audit.sarif"), "utf8")) as object;
    const uri = { artifactLocation: { uri: "package.json" } };
    expect(sarif).toMatchObject({
      version: "2.1.0",
      runs: [
        {
          results: [
            { ruleId: "run.tool-shape", level: "error", kind: "fail", locations: [{ physicalLocation: uri }] },
            { ruleId: "run.prompt-shape", level: "none", kind: "pass" },
          ],
        },
      ],
    });
  });

  test("a warning is 0, and 2 with --strict; no key is a failure where one is required", async () => {
    const words = ["readiness", "--only", "keys.configured", "--json"];
    const noKey = {
      ...project.env,
      AGENTK_DATA_DIR: join(project.repo, "..", "nothing"),
      AGENTK_SIGNING_KEY_HEX: undefined,
    };
    const [plain, strict, required] = [
      await agentk(project.repo, words, noKey),
      await agentk(project.repo, [...words, "--strict"], noKey),
      await agentk(project.repo, words, { ...noKey, AGENTK_REQUIRE_SIGNING_KEY: "1" }),
    ];
    expect([plain.code, strict.code, required.code]).toEqual([0, 2, 2]);
    expect((JSON.parse(plain.stdout) as Report).checks[0]?.status).toBe("warn");
    expect((JSON.parse(required.stdout) as Report).checks[0]?.status).toBe("fail");
  });

  test.each([
    ["a check that there is not", ["--only", "run.nothing"]],
    ["a run-time check of readiness", ["--only", "run.pins"]],
    ["a folder that is not there", ["--repo", "nowhere"]],
    ["a SARIF file that cannot be written", ["--only", "repo.docs", "--sarif", "nowhere/a.sarif"]],
  ])("1 for %s", async (_what, words) => {
    const { code, stdout, stderr } = await run("readiness", ...words, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout.slice(stdout.lastIndexOf('{\n  "error"')))).toMatchObject({ error: {} });
    expect(stderr).toMatch(/agentk: .+\n {2}\S/);
  });

  test("--list runs nothing; --sbom writes what npm made", async () => {
    const list = await run("release-audit", "--list", "--json");
    const { checks } = JSON.parse(list.stdout) as Report;
    expect(checks.map(({ id }) => id)).toEqual(AUDIT_CHECKS.map(({ id }) => id));
    expect(list.stderr).toBe("");
    expect((await run("release-audit", "--only", "supply.sbom", "--sbom", "../sbom.json")).code).toBe(0);
    const bill = JSON.parse(readFileSync(join(project.repo, "..", "sbom.json"), "utf8")) as object;
    expect(bill).toMatchObject({ bomFormat: "CycloneDX", components: [{ name: "left-out", version: "1.0.0" }] });
  });

  test("works in a folder that is no project and no repository", async () => {
    const { code, stdout } = await run("readiness", "--repo", "docs", "--only", "repository", "--json");
    expect(code).toBe(2);
    const { checks } = JSON.parse(stdout) as Report;
    expect(checks.filter(({ status }) => status === "fail").map(({ id }) => id)).toEqual(["repo.docs"]);
  });
});

describe("on a terminal", () => {
  async function shown(env: NodeJS.ProcessEnv): Promise<{ stdout: string; stderr: string }> {
    let [stdout, stderr] = ["", ""];
    const io = {
      stdout: (text: string) => void (stdout += text),
      stderr: (text: string) => void (stderr += text),
      env: { ...project.env, TERM: "xterm", NO_COLOR: "1", ...env },
      cwd: project.repo,
      isTty: false,
      isErrTty: true,
      columns: 60,
      exit: () => undefined,
    };
    await (await buildProgram(io)).parseAsync(["node", "agentk", "readiness", "--only", "policies"]);
    return { stdout, stderr };
  }

  test("one line turns and is wiped; in CI there are plain lines", async () => {
    const terminal = await shown({});
    expect(terminal.stderr.endsWith("\r\u001b[2K")).toBe(true);
    expect(terminal.stderr).not.toContain("\n");
    expect(terminal.stdout).not.toContain("\u001b");
    const ci = await shown({ CI: "true" });
    expect(ci.stderr).not.toContain("\u001b");
    expect(ci.stderr).toContain("policies.cases: ok");
  });
});
