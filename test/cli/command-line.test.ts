/** The command line as a whole: what every command's help must say, and that nothing made from it has drifted. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { CommanderError, type Command } from "commander";
import { describe, expect, test } from "vitest";
import { commandTree } from "../../src/cli/command-tree.js";
import { ENVIRONMENT, FILES } from "../../src/cli/environment.js";
import { COMMAND_GROUPS, groupOf } from "../../src/cli/commands.js";
import type { Io } from "../../src/cli/io.js";
import { buildProgram, run } from "../../src/cli/main.js";
import { packageVersion } from "../../src/app/package-info.js";
import { AGENTK, testFolder } from "../boundary/proxy-process.js";
import { capture } from "./capture.js";
import { allCommands } from "../../src/report/command-tree.js";
import { manPage } from "../../src/report/man-page.js";

/** Commands whose stdout is a protocol or a text for another program; why each has no --json. */
const WITHOUT_JSON: Readonly<Record<string, string>> = {
  "mcp-proxy-stdio": "stdout is the MCP client",
  "mcp-server": "stdout is the MCP client",
  completion: "stdout is a script",
  man: "stdout is a page for man",
  help: "prints the help of a command",
  ...{ policy: "has commands", pins: "has commands", proof: "has commands", context: "has commands" },
};

function silentIo(say: (text: string) => void = () => undefined): Io {
  const env = {};
  return { stdout: say, stderr: say, env, cwd: "/", isTty: false, columns: 0, exit: () => undefined };
}

const program = await buildProgram(silentIo());
const tree = commandTree(program);
const COMMANDS = allCommands(tree).filter(({ path }) => path.length > 0);
const NAMES = COMMANDS.map(({ path }) => path.join(" "));

/** The text that `--help` prints, and how it ends. */
async function helpOf(path: readonly string[]): Promise<{ readonly text: string; readonly status: number }> {
  let text = "";
  try {
    const own = await buildProgram(silentIo((more) => (text += more)));
    own.parse([...path, "--help"], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return { text, status: error.exitCode };
    throw error;
  }
  throw new Error("--help did not end the program");
}

const NAMED = COMMANDS.map((command) => [command.path.join(" "), command] as const);

describe.each(NAMED.filter(([name]) => name !== "help"))("%s", (name, command) => {
  test("its help says what it does, how it ends, and shows an example that holds", async () => {
    const { text, status } = await helpOf(command.path);
    expect(status).toBe(0);
    expect(text.startsWith(`Usage: agentk ${name}`)).toBe(true);
    expect(command.description).toMatch(/^[A-Z].*\.$/s);
    expect(command.summary).not.toBe("");
    expect(text).toMatch(/\nExit status: 0 /);
    expect(text).not.toMatch(/\(default:\s+[[{]/);
    expect(text).toMatch(/\n\nExamples?:\n {2}agentk /);
    const examples = [...text.matchAll(/^ {2}agentk (.*)$/gm)].map(([, line = ""]) => line);
    expect(examples.some((line) => line.startsWith(name))).toBe(true);
    for (const line of examples) expect([line, unknownFlags(line)]).toEqual([line, []]);
  });

  test("has --json, or a reason not to", () => {
    const hasJson = command.options.some(({ long }) => long === "--json");
    expect(hasJson).toBe(WITHOUT_JSON[name] === undefined);
  });
});

/** The flags of an example that its command does not have; what stands after `--` is a server's. */
function unknownFlags(line: string): readonly string[] {
  const words = (line.split(" -- ")[0] ?? "").split(/\s+[|<>]\s+/)[0]?.split(" ") ?? [];
  const found = COMMANDS.filter(({ path }) => path.every((word, i) => word === words[i])).at(-1);
  const known = new Set(found?.options.flatMap(({ long, short }) => [long, short]));
  return words.filter((word) => /^--?[a-z]/.test(word) && !known.has(word));
}

test("each command stands under a heading, and the program's help shows the headings in order", async () => {
  const { text } = await helpOf([]);
  expect(
    program.commands.map((command: Command) => command.name()).filter((name) => groupOf(name) === undefined),
  ).toEqual([]);
  const headings = [...text.matchAll(/^(\S.*:)$/gm)].map(([, heading]) => heading);
  const used = COMMAND_GROUPS.filter(([, commands]) => Object.keys(commands).some((name) => NAMES.includes(name)));
  expect(headings).toEqual(["Options:", ...used.map(([heading]) => heading), "Examples:"]);
  for (const name of NAMES.filter((one) => !one.includes(" "))) expect(text).toMatch(new RegExp(`^ {2}${name} `, "m"));
});

test("the man page holds every command, option and variable, and groff has nothing to say about it", () => {
  const page = manPage(tree, { version: packageVersion(), environment: ENVIRONMENT, files: FILES });
  expect(page).toMatch(/^[\x20-\x7e\n]*$/);
  const shown = page.replaceAll("\\-", "-");
  for (const { path, options } of COMMANDS) {
    expect(shown).toContain(`.SS agentk ${path.join(" ")}\n`);
    for (const { long } of options) expect(shown).toContain(long);
  }
  const source = readdirSync(join(import.meta.dirname, "../../src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(import.meta.dirname, "../../src", file), "utf8"))
    .join("\n");
  // Those of the audit are set by it, for the processes that it starts.
  const variables = new Set(source.match(/\bAGENTK_(?!AUDIT_)[A-Z_]+\b/g));
  expect(variables.size).toBeGreaterThan(4);
  for (const name of variables) expect(page).toContain(`.B ${name}\n`);
  const built = join(import.meta.dirname, "../../dist/bundle/agentk.1");
  expect(readFileSync(built, "utf8")).toBe(page);
  if (!existsSync("/usr/bin/groff")) return;
  const said = execFileSync("groff", ["-mandoc", "-ww", "-Tutf8"], {
    input: page,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "pipe"],
  });
  expect(said).toContain("agentk fork-replay");
  const complaints = execFileSync("sh", ["-c", "groff -mandoc -ww -Tutf8 2>&1 >/dev/null"], {
    input: page,
    encoding: "utf8",
  });
  expect(complaints).toBe("");
});

describe("what the system refuses is an error as any other, and no stack", () => {
  const folder = testFolder("refused");
  symlinkSync("loop", join(folder, "loop"));

  test.each([
    ["recover", "loop"],
    ["replay", "loop"],
    ["fork-replay", "loop", "--policy", "strict"],
    ["keygen", "--out", "k".repeat(5000)],
  ])("%s %s", async (...words) => {
    const { io, ran } = capture(folder);
    await run(["node", "agentk", ...words, "--json"], io);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/^agentk: [^\n]*`[^\n]*\((?:ELOOP|ENAMETOOLONG)\)\n$/);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      error: { code: expect.stringMatching(/^(?:file-unreadable|unsafe-file)$/) as string },
    });
  });

  test("a folder that is gone", () => {
    // The shell removes the folder it stands in, and becomes the command.
    const script = 'rmdir "$PWD" && exec "$0" "$@"';
    const cwd = mkdtempSync(join(folder, "gone-"));
    const end = spawnSync("sh", ["-c", script, process.execPath, AGENTK, "verify"], { cwd, encoding: "utf8" });
    expect(end).toMatchObject({ status: 1, stdout: "" });
    expect(end.stderr).toBe(
      "agentk: the folder that this was started in is gone\n  change to a folder that is there\n",
    );
  });
});

test("a name in what a command wrote, or in the word at the end of a run, does not act on the terminal", () => {
  const cwd = testFolder("names");
  const named = "x\u001b[31m";
  const told = spawnSync(process.execPath, [AGENTK, "mcp-lines", "--trace-out", named], { cwd, encoding: "utf8" });
  const proved = spawnSync(process.execPath, [AGENTK, "proof", "inclusion", named, "0", "--out", `${named}.json`], {
    ...{ cwd, encoding: "utf8" },
  });
  expect([told.status, proved.status]).toEqual([0, 0]);
  expect(told.stderr).toMatch(/; log .*x\\u\{1b\}\[31m\n$/);
  expect(proved.stdout).toBe("wrote x\\u{1b}[31m.json\n");
});

test("a name in an error does not act on the terminal, and begins no line of its own", async () => {
  const { io, ran } = capture("/");
  await run(["node", "agentk", "verify", "none\u001b[31m\nagentk: all is well"], io);
  expect(ran).toEqual({
    status: 1,
    stdout: "",
    stderr:
      "agentk: cannot read `/none\\u{1b}[31m\\u{a}agentk: all is well` (ENOENT)\n  a run's log is in `.agentk/runs` of the folder that it was begun in\n",
  });
});
