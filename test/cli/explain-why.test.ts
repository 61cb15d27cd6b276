/** `policy explain` and `trace-inspect --why` as commands: how a line is named, exit statuses, one JSON document. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Io } from "../../src/cli/io.js";
import { policyCommands } from "../../src/cli/policy.js";
import { registerTraceInspect } from "../../src/cli/trace-inspect.js";
import { fileOf } from "../evidence/fixture.js";
import { MAIL_POLICY, mailLog } from "../evidence/poisoned-run.js";

let cwd = "";
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "agentk-why-"));
  mkdirSync(join(cwd, ".agentk/runs"), { recursive: true });
  const lines = mailLog();
  const broken = lines.map((line, seq) => (seq === 2 ? line.replace('"user"', '"uset"') : line));
  writeFileSync(join(cwd, ".agentk/runs/latest.jsonl"), fileOf(lines));
  writeFileSync(join(cwd, "a#b.jsonl"), fileOf(lines));
  writeFileSync(join(cwd, "broken.jsonl"), fileOf(broken));
  writeFileSync(join(cwd, "open.toml"), MAIL_POLICY.replace('tool = "read_*"', 'tool = "*"'));
  writeFileSync(join(cwd, "bad.toml"), "[[rules]]\nid = 7\n");
});
afterAll(() => {
  rmSync(cwd, { recursive: true });
});

interface Ran {
  readonly out: string;
  readonly err: string;
  readonly status: number | undefined;
  readonly code: string;
}

async function run(...args: readonly string[]): Promise<Ran> {
  let [out, err] = ["", ""];
  let status: number | undefined;
  const io: Io = {
    stdout: (text) => (out += text),
    stderr: (text) => (err += text),
    env: { FORCE_COLOR: "0" },
    cwd,
    isTty: false,
    columns: 80,
    exit: (given) => (status = given),
  };
  const program = new Command("agentk").exitOverride().configureOutput({ writeErr: () => undefined });
  registerTraceInspect(program, io);
  policyCommands(() => Promise.reject(new Error("not asked for")))(program, io);
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(args, { from: "user" });
    return { out, err, status, code: "" };
  } catch (error) {
    return { out, err, status, code: error instanceof Error && "code" in error ? String(error.code) : "" };
  }
}

describe("policy explain", () => {
  test.each(["latest#c6", "latest#6", ".agentk/runs/latest.jsonl#c6", "a#b.jsonl#c6"])("%s", async (line) => {
    const { out, status } = await run("policy", "explain", line);
    expect(status).toBe(0);
    expect(out).toContain("\ndeny:default-deny  no rule of the policy allows it\n");
    expect(out).toContain("p4  web/read_page tools/call#result  /content/0/text 4..24");
    expect(out).toContain("with these lines at the end of the policy, the call is decided allow:mail-granted");
  });

  test("as JSON, under another policy", async () => {
    const { out, status } = await run("policy", "explain", "latest#c6", "--policy", "open.toml", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      format: "agentk-explain-log/1",
      log: ".agentk/runs/latest.jsonl",
      decision: "deny:default-deny",
      line: { call: "c6", children: [{ path: "/to", children: [{ on: "page", page: "p4" }] }, {}, {}, {}] },
      proof: { decision: "allow:mail-granted" },
      under: { decision: "allow:reading" },
      approval: null,
    });
  });

  test.each([
    [["latest"], "usage"],
    [["#c6"], "usage"],
    [["latest#"], "usage"],
    [["latest#c7"], "usage"],
    [["none.jsonl#c6"], "file-unreadable"],
    [["latest#c6", "--policy", "none.toml"], "file-unreadable"],
    [["latest#c6", "--policy", "bad.toml"], "policy-invalid"],
  ] as const)("%j explains nothing", async (args, code) => {
    expect(await run("policy", "explain", ...args)).toMatchObject({ out: "", status: undefined, code });
  });

  test("a broken line before it: 2, and which", async () => {
    const { out, err, status } = await run("policy", "explain", "broken.jsonl#c6");
    expect([out, status]).toEqual(["", 2]);
    expect(err).toMatch(/broken\.jsonl: line 3 does not hash/);
    const json = await run("policy", "explain", "broken.jsonl#c6", "--json");
    expect(json.status).toBe(2);
    expect(JSON.parse(json.out)).toMatchObject({ error: { code: "log-invalid", line: 3 } });
  });
});

describe("trace-inspect --why", () => {
  test("the newest log by default, or one that is named", async () => {
    const { out, status } = await run("trace-inspect", "--why", "6");
    expect(status).toBe(0);
    expect(out).toContain("├─ /to  exact  from same-server, server:web, untrusted");
    expect(out).toContain("│     └─ c3  tool.invoke web/read_page  allow:reading");
    expect((await run("trace-inspect", "a#b.jsonl", "--why", "c6")).status).toBe(0);
  });

  test("as deep as is asked for", async () => {
    const { out } = await run("trace-inspect", "--why", "c6", "--depth", "1");
    expect(out).toContain("(brought by c3)");
    expect(out).not.toContain("tool.invoke web/read_page");
    for (const depth of ["0", "-1", "x", "1.5", "10000"]) {
      expect((await run("trace-inspect", "--why", "6", "--depth", depth)).code).toBe("commander.invalidArgument");
    }
  });

  test("as JSON", async () => {
    const { out, status } = await run("trace-inspect", "--why", "6", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ format: "agentk-why/1", why: { on: "call", call: "c6", more: 0 } });
  });

  test.each([["5"], ["7"], ["x"]])("%s: no such call", async (line) => {
    expect(await run("trace-inspect", "--why", line)).toMatchObject({ out: "", code: "usage" });
  });

  test("a broken line before it: 2; behind it, it is not looked at", async () => {
    expect((await run("trace-inspect", "broken.jsonl", "--why", "6")).status).toBe(2);
    expect((await run("trace-inspect", "broken.jsonl", "--why", "c6", "--json")).status).toBe(2);
  });
});
