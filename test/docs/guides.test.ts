/** The guides for newcomers: what they tell a client to start is started, and what they show of a policy loads. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, test } from "vitest";
import { parsePolicy } from "../../src/policy/parse.js";
import { AGENTK, testFolder } from "../boundary/proxy-process.js";
import { ROOT } from "./printed.js";

const guide = (name: string): string => readFileSync(join(ROOT, "docs", name), "utf8");
const blocks = (text: string, language: string): readonly string[] =>
  [...text.matchAll(/^## (.*)$|```(\w+)\n([^]*?)```/gm)].flatMap(([, , kind, block]) =>
    kind === language && block !== undefined ? [block] : [],
  );

interface Entry {
  readonly command: string;
  readonly args: readonly string[];
}

const SERVER = join(
  dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-filesystem/package.json")),
  "dist/index.js",
);

/** The entry on this machine: agentk and the server as they are installed here, the folders of the page under `home`. */
function here({ command, args }: Entry, home: string): Entry {
  const own = args.slice(0, args.indexOf("--"));
  const [npx, yes, name, folder = ""] = args.slice(own.length + 1);
  expect([command, npx, yes, name]).toEqual(["agentk", "npx", "-y", "@modelcontextprotocol/server-filesystem"]);
  const placed = [...own, "--", process.execPath, SERVER, folder];
  return {
    command: process.execPath,
    args: [AGENTK, ...placed.map((arg) => arg.replace(/^(?:\/Users\/me|\/home\/me|\$\{workspaceFolder\})/, home))],
  };
}

describe("docs/getting-started.md", () => {
  const configurations = blocks(guide("getting-started.md"), "json");

  test("has a configuration for each of four clients", () => {
    expect(configurations).toHaveLength(4);
  });

  test.each(configurations)("what it tells a client to start gives the client its tools: %#", async (text) => {
    const { mcpServers, servers } = JSON.parse(text) as Record<"mcpServers" | "servers", { files: Entry } | undefined>;
    const entry = (mcpServers ?? servers)?.files;
    if (entry === undefined) throw new Error("no entry `files`");
    const home = testFolder("guide");
    mkdirSync(join(home, "notes"));
    const { command, args } = here(entry, home);
    const client = new Client({ name: "guide", version: "1.0.0" });
    const env = { PATH: process.env["PATH"] ?? "", AGENTK_DATA_DIR: process.env["AGENTK_DATA_DIR"] ?? "" };
    await client.connect(new StdioClientTransport({ command, args: [...args], env, cwd: home, stderr: "ignore" }));
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("read_text_file");
    await client.close();
    const runs = args.find((arg) => arg.endsWith("/")) ?? join(home, ".agentk/runs/");
    expect(readFileSync(join(runs, "latest.jsonl"), "utf8").includes('"target":"files/tools"')).toBe(true);
  });
});

describe("docs/policy-guide.md", () => {
  test("what it shows of a policy is one that loads", () => {
    const parts = blocks(guide("policy-guide.md"), "toml");
    expect(parts.length).toBeGreaterThanOrEqual(2);
    const rest = [
      '[agent]\nid = "agent://guide"\n',
      '[[directory]]\nname = "vendors"\nvalues = ["billing@acme.example"]\n',
      '[[rules]]\nid = "default-deny"\neffect = "deny"\n',
    ];
    const source = [rest[0], rest[1], ...parts, rest[2]].join("\n");
    writeFileSync(join(testFolder("guide"), "policy.toml"), source);
    expect(parsePolicy(source)).toMatchObject({ ok: true });
  });
});
