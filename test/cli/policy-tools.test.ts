/** `policy-check`, `policy test` and `policy reach` as commands: files, exit statuses, one JSON document. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Decision } from "../../src/abi/decision.js";
import type { Io } from "../../src/cli/io.js";
import { policyCommands } from "../../src/cli/policy.js";
import { registerPolicyCheck } from "../../src/cli/policy-check.js";
import type { OpenCaseWorld } from "../../src/policy/cases-run.js";

const TAIL = '[[rules]]\nid = "default-deny"\neffect = "deny"\n';
const CLEAN = `[[rules]]\nid = "read"\neffect = "allow"\nwhen = { syscalls = ["tool.describe"] }\n${TAIL}`;
const WARNED = `[[rules]]\neffect = "allow"\nwhen = { syscalls = ["tool.describe"] }\n${TAIL}`;
const WRONG = `[[rules]]\nid = "x"\neffect = "deny"\nwhen = { syscalls = ["network.send"], tool = "a" }\n${TAIL}`;
const CASES = '[[cases]]\nname = "one"\nexpect = "deny:default-deny"\n';

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agentk-policy-"));
  const files = { "clean.toml": CLEAN, "clean.cases.toml": CASES, "warned.toml": WARNED, "wrong.toml": WRONG };
  const more = { "bad.toml": "[[rules]]\nid = 7\n", "empty.cases.toml": 'policy = "clean.toml"\n' };
  for (const [name, text] of Object.entries({ ...files, ...more })) writeFileSync(join(folder, name), text);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Stands for the kernel: denies everything, or allows it. */
function always(decision: Decision): OpenCaseWorld {
  return () => ({ page: () => undefined, user: () => undefined, call: () => decision });
}
const denies = always({ verdict: "deny", rule: "default-deny", reason: "no-rule" });
const allows = always({ verdict: "allow", rule: "go", reason: "policy-allow" });

async function run(args: readonly string[], world = denies): Promise<{ status: number; out: string; code: string }> {
  let out = "";
  let status = -1;
  const io: Io = {
    stdout: (text) => (out += text),
    stderr: () => undefined,
    env: {},
    cwd: folder,
    isTty: false,
    columns: 80,
    exit: (given) => (status = given),
  };
  const program = new Command("agentk").exitOverride().configureOutput({ writeErr: () => undefined });
  registerPolicyCheck(program, io);
  policyCommands(() => Promise.resolve(world))(program, io);
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(["node", "agentk", ...args]);
    return { status, out, code: "" };
  } catch (error) {
    return { status: 1, out, code: error instanceof Error && "code" in error ? String(error.code) : "" };
  }
}

describe("policy-check", () => {
  test.each([
    [["clean.toml"], 0],
    [["clean.toml", "--strict"], 0],
    [["warned.toml"], 0],
    [["warned.toml", "--strict"], 2],
    [["wrong.toml"], 2],
    [["bad.toml"], 2],
    [["missing.toml"], 1],
  ] as const)("%j: %i", async (args, status) => {
    expect((await run(["policy-check", ...args])).status).toBe(status);
  });

  test("a clean policy reads as it always did; a finding has its place", async () => {
    expect((await run(["policy-check", "clean.toml"])).out).toBe("clean.toml: valid, 2 rules, 0 grants\n");
    expect((await run(["policy-check", "wrong.toml"])).out).toMatch(/^wrong\.toml:4:\d+: error: .*\[phase\]\n/);
    expect(JSON.parse((await run(["policy-check", "warned.toml", "--json"])).out)).toMatchObject({
      ok: true,
      rules: 2,
      faults: [],
      findings: [{ code: "no-id", severity: "warning", line: 1, column: 3 }],
    });
  });
});

describe("policy test", () => {
  test("a file, the policy beside it, a folder", async () => {
    for (const path of ["clean.cases.toml", "clean.toml"]) {
      const { status, out } = await run(["policy", "test", path]);
      expect([status, out]).toEqual([0, expect.stringContaining("1 passed, 0 failed")]);
    }
    // The folder holds a file without a case as well.
    expect((await run(["policy", "test", "."])).status).toBe(2);
  });

  test("a failing case, no case, a faulty policy and a missing file do not pass", async () => {
    const failed = await run(["policy", "test", "clean.cases.toml", "--json"], allows);
    expect(failed.status).toBe(2);
    expect(JSON.parse(failed.out)).toMatchObject({ ok: false, passed: 0, failed: 1, faults: 0 });
    expect((await run(["policy", "test", "empty.cases.toml"])).status).toBe(2);
    writeFileSync(join(folder, "bad.cases.toml"), CASES);
    expect((await run(["policy", "test", "bad.cases.toml"])).out).toContain("bad.toml:1:");
    rmSync(join(folder, "bad.cases.toml"));
    expect((await run(["policy", "test", "none.cases.toml"])).code).toBe("file-unreadable");
    expect((await run(["policy", "test", "warned.toml"])).code).toBe("file-unreadable");
    // What has no end, such as /dev/zero behind a link, is not begun.
    execFileSync("mkfifo", [join(folder, "pipe.cases.toml")]);
    expect((await run(["policy", "test", "pipe.cases.toml"])).code).toBe("file-unreadable");
  });
});

describe("policy reach", () => {
  test("a tag is known that a source gives, that is described, or that a rule tests", async () => {
    const given = '[labels]\npii = "p"\n[[sources]]\nlabels = ["crm"]\n';
    const tested =
      '[[rules]]\nid = "x"\neffect = "deny"\nwhen = { syscalls = ["tool.invoke"], labels_any = ["acme"] }\n';
    writeFileSync(join(folder, "tags.toml"), `${given}${tested}${TAIL}`);
    for (const tag of ["pii", "crm", "acme"]) {
      const args = ["policy", "reach", "tags.toml", "--from", tag, "--to", "tool.invoke"];
      expect((await run(args)).status).toBe(0);
    }
    rmSync(join(folder, "tags.toml"));
  });

  test.each([
    [["--from", "secret", "--to", "tool.invoke"], 0, "proved"],
    [["--from", "secret", "--to", "tool.describe"], 2, "reached"],
  ] as const)("%j: %i", async (args, status, outcome) => {
    const { status: got, out } = await run(["policy", "reach", "clean.toml", ...args, "--json"]);
    expect([got, (JSON.parse(out) as { outcome: string }).outcome]).toEqual([status, outcome]);
  });

  test.each([
    [["--from", "secret", "--to", "tool.invok"]],
    [["--from", "public", "--to", "tool.invoke"]],
    [["--from", "Se cret", "--to", "tool.invoke"]],
    [["--from", "secret", "--to", "network.send", "--tool", "a"]],
    [["--from", "secert", "--to", "tool.invoke"]],
    [["--from", "pii", "--to", "tool.invoke"]],
  ])("%j is no question", async (args) => {
    expect(await run(["policy", "reach", "clean.toml", ...args])).toMatchObject({ status: 1, code: "usage", out: "" });
  });
});
