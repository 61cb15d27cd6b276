/** `agentk init` as a command: what it prints, and what it refuses before a server is started. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { testFolder } from "../boundary/proxy-process.js";
import { runCommand } from "./in-process.js";

const HOSTILE = fileURLToPath(new URL("../fixtures/servers/hostile-descriptors.mjs", import.meta.url));

interface Ended {
  readonly cwd: string;
  readonly stdout: string;
  readonly status: number | undefined;
}

async function run(...words: readonly string[]): Promise<Ended> {
  const cwd = testFolder("init");
  const { stdout, status } = await runCommand(cwd, ["init", ...words]);
  return { cwd, stdout, status };
}

describe("agentk init", () => {
  it("says where the policy is and what becomes of the tools", async () => {
    const { cwd, stdout, status } = await run("--", process.execPath, HOSTILE, "names");
    expect(status).toBe(0);
    expect(existsSync(join(cwd, "agentk.policy.toml"))).toBe(true);
    expect(stdout.split("\n")).toEqual([
      "agentk.policy.toml: a policy for 16 tools of downstream-mcp",
      "  1 read and are allowed",
      "  5 write or send: allowed when what they act on was named by the user or something trusted",
      "  5 ask a human",
      "  5 are denied",
      "It is a draft: read it before you use it.",
      "",
    ]);
  });

  it("says it in JSON, one row a tool, without a character that acts on a terminal", async () => {
    const { cwd, stdout, status } = await run("--json", "--out", "p.toml", "--", process.execPath, HOSTILE, "names");
    expect(status).toBe(0);
    expect(existsSync(join(cwd, "p.toml"))).toBe(true);
    const told = JSON.parse(stdout) as { tools: readonly { name: string }[] };
    expect(told).toMatchObject({ format: "agentk-init/1", file: "p.toml", server: "downstream-mcp", left_out: 0 });
    expect(told.tools).toHaveLength(16);
    expect(told.tools.find(({ name }) => name === "delete_all")).toEqual({
      name: "delete_all",
      act: "write",
      risk: "high",
      reason: "destroys",
      effect: "ask",
    });
    expect(stdout).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
  });

  it.each([
    [[], "no server is named"],
    [["--server-id", "a/b", "--", "true"], "letters, digits"],
    [["--allow-env", "AGENTK_NOT_THERE", "--", "true"], "`AGENTK_NOT_THERE` is not set"],
  ])("refuses %j", async (words, says) => {
    await expect(run(...words)).rejects.toThrow(says);
  });
});
