/** The tools for policies as a user runs them: what is shipped, real files, exit statuses, one JSON document. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { fixture, testFolder } from "./proxy-process.js";
import { agentk, asked } from "./watch.js";

const POLICIES = fileURLToPath(new URL("../../policies", import.meta.url));
const BROKEN = fixture("policies/broken");

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly line: number;
}

interface Checked {
  readonly ok: boolean;
  readonly faults: readonly { readonly line: number; readonly column: number; readonly problem: string }[];
  readonly findings: readonly Finding[];
}

async function check(file: string, ...flags: readonly string[]): Promise<{ code: number; told: Checked }> {
  const { code, stdout } = await asked(testFolder("check"), ["policy-check", "--json", ...flags, file]);
  return { code, told: JSON.parse(stdout) as Checked };
}

describe("policy-check", () => {
  test.each(readdirSync(BROKEN))("broken/%s is refused, with line and column", async (name) => {
    const { code, told } = await check(join(BROKEN, name));
    expect([code, told.ok]).toEqual([2, false]);
    expect(told.faults.length).toBeGreaterThan(0);
    for (const { line, column, problem } of told.faults) {
      expect(Math.min(line, column, problem.length)).toBeGreaterThan(0);
    }
    const { code: inWords, stdout } = await asked(BROKEN, ["policy-check", name]);
    expect(inWords).toBe(2);
    expect(stdout).toMatch(new RegExp(`^${name}:\\d+:\\d+: `));
  });

  test("a policy with a rule that cannot hold is an error, one that is only broad a warning", async () => {
    const wrong = await check(fixture("policies/weak-spots.toml"));
    expect([wrong.code, wrong.told.ok, wrong.told.faults]).toEqual([2, false, []]);
    const of = (severity: string): readonly string[] =>
      wrong.told.findings.filter((one) => one.severity === severity).map((one) => `${one.code} ${String(one.line)}`);
    expect(of("error")).toEqual(["phase 15"]);
    expect(of("warning")).toEqual(expect.arrayContaining(["unnarrowed-allow 5", "unreachable 7"]));
    const broad = await check(fixture("policies/office.toml"));
    expect([broad.code, broad.told.ok]).toEqual([0, true]);
    expect(broad.told.findings.map(({ severity }) => severity)).toEqual(["warning"]);
    expect((await check(fixture("policies/office.toml"), "--strict")).code).toBe(2);
    expect(await check(fixture("policies/deny-all.toml"), "--strict")).toMatchObject({
      code: 0,
      told: { findings: [] },
    });
  });

  test.each(readdirSync(POLICIES).filter((name) => name.endsWith(".toml") && !name.endsWith(".cases.toml")))(
    "the shipped %s has no error",
    async (name) => {
      const { code, told } = await check(join(POLICIES, name));
      expect([code, told.ok, told.faults]).toEqual([0, true, []]);
    },
  );

  test("a file that is not there is no verdict on it", async () => {
    const { code, stderr } = await asked(testFolder("check"), ["policy-check", "missing.toml"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("cannot read the policy")]);
  });
});

describe("policy test", () => {
  test("the cases of the shipped policies pass", async () => {
    const { code, stdout } = await asked(testFolder("cases"), ["policy", "test", POLICIES, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, failed: 0, faults: 0 });
    expect(code).toBe(0);
  });

  test("a case that the policy does not meet fails, with what it says instead", async () => {
    const cwd = testFolder("cases");
    copyFileSync(fixture("policies/office.toml"), join(cwd, "office.toml"));
    const page = 'pages = [{ tool = "read_file", result = "Ada Example, tax number 12345678901" }]';
    const post = 'tool = "http_post"\narguments = { body = "tax number 12345678901" }';
    const kept = `[[cases]]\nname = "kept"\n${post}\n${page}\nexpect = "deny:stays-here"\n`;
    writeFileSync(join(cwd, "office.cases.toml"), kept);
    const passed = await asked(cwd, ["policy", "test", "office.toml"]);
    expect([passed.code, passed.stdout]).toEqual([0, expect.stringContaining("1 passed, 0 failed")]);
    writeFileSync(
      join(cwd, "office.cases.toml"),
      `${kept}\n${kept.replace("deny:stays-here", "allow").replace("kept", "let out")}`,
    );
    const failed = await asked(cwd, ["policy", "test", "office.toml"]);
    expect([failed.code, failed.stdout]).toEqual([2, expect.stringContaining("1 passed, 1 failed")]);
    expect(failed.stdout).toContain("deny:stays-here");
    writeFileSync(join(cwd, "office.cases.toml"), "[[cases]]\nnam = 1\n");
    expect((await asked(cwd, ["policy", "test", "office.toml"])).code).toBe(2);
    expect((await asked(cwd, ["policy", "test", "nothing.toml"])).code).toBe(1);
  });
});

describe("policy reach", () => {
  const reach = (policy: string, ...words: readonly string[]): ReturnType<typeof agentk> =>
    asked(testFolder("reach"), ["policy", "reach", policy, ...words, "--json"]);

  test("what no rule lets through is proved", async () => {
    const words = ["--from", "secret", "--to", "network.send"];
    const { code, stdout } = await reach(fixture("policies/office.toml"), ...words);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { ok: true, outcome: "proved", witness: null }]);
  });

  test("what one lets through is shown, with the rule", async () => {
    const words = ["--from", "poisoned-suspect", "--to", "tool.invoke"];
    const { code, stdout } = await reach(fixture("policies/allow-all.toml"), ...words);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      outcome: "reached",
      witness: {
        rule: "everything",
        verdict: "allow",
        labels: expect.arrayContaining(["poisoned-suspect"]) as unknown,
      },
    });
  });

  test("a shipped policy goes by its name, here and in the other tools", async () => {
    const { code, stdout } = await reach("strict", "--from", "secret", "--to", "network.send");
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { outcome: "proved" }]);
    const folder = testFolder("named");
    expect(await asked(folder, ["policy-check", "guard"])).toMatchObject({ code: 0, stderr: "" });
    expect((await asked(folder, ["policy", "test", "strict"])).stdout).toContain(" 0 failed");
    const none = await asked(folder, ["policy-check", "gaurd"]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("the names are browser-agent")]);
  });

  test("a label that the policy does not know is no question, and the one that was meant is named", async () => {
    const asked = await reach("guard", "--from", "secert", "--to", "tool.invoke");
    expect([asked.code, JSON.parse(asked.stdout)]).toMatchObject([
      1,
      { error: { code: "usage", hint: "did you mean `secret`?" } },
    ]);
    const tagged = await reach("guard", "--from", "pii", "--to", "tool.invoke");
    expect(tagged.code).toBe(1);
  });

  test("what is no question is not answered", async () => {
    const { code, stdout } = await reach(fixture("policies/office.toml"), "--from", "secret", "--to", "network.sent");
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { error: { code: "usage" } }]);
  });
});

test("init drafts a policy for a real server that policy-check takes and the proxy runs under", async () => {
  const cwd = testFolder("init");
  mkdirSync(join(cwd, "data"));
  const memory = createRequire(import.meta.url).resolve("@modelcontextprotocol/server-memory/package.json");
  const server = ["--", process.execPath, join(dirname(memory), "dist/index.js")];
  const env = { MEMORY_FILE_PATH: join(cwd, "data", "memory.jsonl") };
  const words = ["init", "--server-id", "memory", "--allow-env", "MEMORY_FILE_PATH"];
  const drafted = await agentk(cwd, [...words, ...server], env);
  // The last words say what is closed, and which line opens it.
  expect([drafted.code, drafted.stderr]).toEqual([0, expect.stringContaining('`#client_prompt = "_meta"`')]);
  const file = join(cwd, "agentk.policy.toml");
  const source = readFileSync(file, "utf8");
  for (const tool of ["create_entities", "read_graph", "delete_entities"]) expect(source).toContain(tool);
  // No tool was called.
  expect(existsSync(env.MEMORY_FILE_PATH)).toBe(false);
  const checked = await asked(cwd, ["policy-check", file]);
  expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining("valid")]);
  // What is there is not written over.
  expect((await agentk(cwd, [...words, ...server], env)).code).toBe(1);
  expect(readFileSync(file, "utf8")).toBe(source);
  expect((await agentk(cwd, [...words, "--force", ...server], env)).code).toBe(0);
});

test.each([
  [["policy-check"], ["0 ", "1 ", "2 "]],
  [
    ["policy", "test"],
    ["0 ", "1 ", "2 "],
  ],
  [
    ["policy", "reach"],
    ["0 ", "1 ", "2 "],
  ],
  [["init"], ["0 ", "1 "]],
  [
    ["context", "add"],
    ["0 ", "1 "],
  ],
  [
    ["policy", "explain"],
    ["0 ", "1 ", "2 "],
  ],
  [
    ["context", "release"],
    ["0 ", "1 "],
  ],
  [
    ["context", "status"],
    ["0 ", "1 "],
  ],
] as const)("%j --help says what its exit statuses mean, and has an example", async (words, statuses) => {
  const { code, stdout } = await agentk(testFolder("help"), [...words, "--help"]);
  expect(code).toBe(0);
  const [, said = ""] = stdout.split("Exit status: ");
  for (const status of statuses) expect(said).toContain(status);
  expect(stdout).toContain(`\nExample:\n  agentk ${words.join(" ")} `);
});
