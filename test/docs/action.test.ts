/** The GitHub Action: read strictly, and its steps run here in order, with the inputs filled in as GitHub does. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { POISON } from "../../src/app/audit/runtime/sessions.js";
import { Project } from "../app/audit/project.js";
import { ProxyProcess, testFolder } from "../boundary/proxy-process.js";
import { parseYaml } from "./action-yaml.js";

const FOLDER = fileURLToPath(new URL("../../.github/actions/agentk", import.meta.url));
const source = readFileSync(join(FOLDER, "action.yml"), "utf8");

interface Step {
  readonly name: string;
  readonly id?: string;
  readonly shell: string;
  readonly env: Readonly<Record<string, string>>;
  readonly run: string;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string; readonly description: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const action = parseYaml(source) as unknown as Action;

/** `${{ ... }}` of an action, for the contexts that ours uses; any other is a fault. */
function filled(text: string, inputs: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{ ([\w.]+) \}\}/g, (_all, name: string) => {
    if (name === "github.action_path") return FOLDER;
    const input = name.replace(/^inputs\./, "");
    const value = inputs[input] ?? action.inputs[input]?.default;
    if (!name.startsWith("inputs.") || value === undefined) throw new Error(`there is no ${name}`);
    return value;
  });
}

interface Ended {
  /** Of the last step that ran. */
  readonly step: string;
  readonly status: number | null;
  readonly output: string;
  readonly outputs: string;
}

/** As a runner does: each step a shell of its own, the variables of one handed to the next, until one fails. */
function runAction(cwd: string, env: NodeJS.ProcessEnv, inputs: Readonly<Record<string, string>>): Ended {
  const temp = testFolder("runner");
  const [envFile, outputFile] = [join(temp, "env"), join(temp, "output")];
  for (const file of [envFile, outputFile]) writeFileSync(file, "");
  let last: Ended = { step: "", status: 0, output: "", outputs: "" };
  for (const { name, run, env: own } of action.runs.steps) {
    const given = Object.entries(own).map(([key, text]) => [key, filled(text, inputs)]);
    const earlier = readFileSync(envFile, "utf8")
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [line.split("=", 2)]));
    const all = { ...env, ...(Object.fromEntries([...earlier, ...given]) as NodeJS.ProcessEnv) };
    const world = { ...all, GITHUB_ENV: envFile, GITHUB_OUTPUT: outputFile, RUNNER_TEMP: temp, CI: "true" };
    const { status, stdout, stderr } = spawnSync("bash", ["-c", run], { cwd, env: world, encoding: "utf8" });
    last = {
      step: name,
      status,
      output: `${last.output}${stdout}${stderr}`,
      outputs: readFileSync(outputFile, "utf8"),
    };
    if (status !== 0) break;
  }
  return last;
}

describe("the file", () => {
  test("is a composite action whose inputs reach the shell as variables alone", () => {
    expect(action.runs.using).toBe("composite");
    expect(Object.keys(action.inputs)).toEqual(["policy", "logs", "strict", "groups"]);
    for (const { run, shell } of action.runs.steps) {
      expect(shell).toBe("bash");
      expect(run).not.toContain("${{");
      expect(run.split("\n")[0]).toBe("set -euo pipefail");
    }
    const ids = action.runs.steps.flatMap(({ id }) => id ?? []);
    for (const { value } of Object.values(action.outputs)) expect(ids).toContain(/steps\.(\w+)\./.exec(value)?.[1]);
  });

  test.each(["a:\n   b: c\n  d: e", "a: b\na: c", "a: {b: c}", "- a", "a:\nb: c", "a: x: y"])(
    "a slip is found: %j",
    (text) => {
      expect(() => parseYaml(text)).toThrow(/^line \d/);
    },
  );

  test("docs/ci.md shows the inputs that there are", () => {
    const page = readFileSync(new URL("../../docs/ci.md", import.meta.url), "utf8");
    for (const input of Object.keys(action.inputs)) expect(page).toContain(`| \`${input}\` |`);
    const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const workflow = parseYaml(yaml) as {
      jobs: { agentk: { steps: { uses?: string; with?: Record<string, string> }[] } };
    };
    const used = workflow.jobs.agentk.steps.find(({ uses }) => uses?.includes("/.github/actions/agentk@"));
    for (const given of Object.keys(used?.with ?? {})) expect(Object.keys(action.inputs)).toContain(given);
    expect(Object.keys(used?.with ?? {}).length).toBeGreaterThan(1);
  });
});

describe("its steps on a user's project", () => {
  let project: Project;
  const groups = "repository keys policies run.env-isolation";
  const inputs = { logs: "recorded", policy: "guard", groups };

  beforeAll(async () => {
    project = new Project();
    project.put("agents.txt", "");
    const server = [
      process.execPath,
      fileURLToPath(new URL("../../examples/hostile-server/server.mjs", import.meta.url)),
    ];
    const proxy = new ProxyProcess({ server });
    await proxy.handshake();
    await proxy.call("read_page", { text: POISON });
    await proxy.call("write_note", { text: "a" });
    await proxy.close();
    mkdirSync(join(project.repo, "recorded"));
    cpSync(proxy.log, join(project.repo, "recorded", "run.jsonl"));
    project.commit();
  });

  test("pass, and leave a SARIF file", () => {
    const { repo, env } = project;
    const { step, status, output, outputs } = runAction(repo, env, inputs);
    expect({ step, status, output }).toMatchObject({ step: "Audit the project", status: 0 });
    expect(output).toContain("1 recorded runs verify");
    const [, file = ""] = /^sarif=(.*)$/m.exec(outputs) ?? [];
    const { runs } = JSON.parse(readFileSync(file, "utf8")) as { runs: { results: { ruleId: string }[] }[] };
    expect(runs[0]?.results.map(({ ruleId }) => ruleId)).toContain("run.env-isolation");
    expect(readdirSync(join(repo, "recorded"))).toEqual(["run.jsonl"]);
  });

  test.each([
    ["a policy that widens a recorded decision", { ...inputs, policy: "observe" }, "Ask the policy about them", 2],
    ["a folder without runs", { ...inputs, logs: "docs" }, "Verify recorded runs", 1],
    ["a strict that is neither", { ...inputs, strict: "yes" }, "Audit the project", 1],
    ["an input that would be code", { ...inputs, logs: "$(touch broken-in)" }, "Verify recorded runs", 1],
  ])("stop at %s", (_what, given, step, status) => {
    const end = runAction(project.repo, project.env, given);
    expect(end).toMatchObject({ step, status });
    expect(readdirSync(project.repo)).not.toContain("broken-in");
  });

  test("stop at a run that was cut, and at a secret that was committed", () => {
    const cut = new Project();
    mkdirSync(join(cut.repo, "tampered"));
    const lines = readFileSync(join(project.repo, "recorded", "run.jsonl"), "utf8").split("\n");
    cut.put("tampered/run.jsonl", `${lines.slice(0, -2).join("\n")}\n`);
    const end = runAction(cut.repo, cut.env, { ...inputs, logs: "tampered" });
    expect(end).toMatchObject({ step: "Verify recorded runs", status: 2 });
    const leaky = new Project();
    leaky.put("deploy.sh", `export AWS_KEY=${["AKIA", "ABCDEFGH23456789"].join("")}\n`);
    leaky.commit();
    const leaked = runAction(leaky.repo, leaky.env, { groups: "repository" });
    expect(leaked).toMatchObject({ step: "Audit the project", status: 2 });
    expect(leaked.output).toContain("deploy.sh:1: an AWS access key id");
    expect(execFileSync("git", ["status", "--porcelain"], { cwd: leaky.repo, encoding: "utf8" })).toBe("");
  });
});
