/**
 * Every command as a user has it: packed, installed elsewhere without anything of ours beside it, and run from an empty
 * folder by the transcripts of this folder.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandTree } from "../../src/cli/command-tree.js";
import { buildProgram } from "../../src/cli/main.js";
import { allCommands, type ShownCommand } from "../../src/report/command-tree.js";
import { Engine } from "./engine.js";
import { parseScript, type Script } from "./script.js";

const ROOT = join(import.meta.dirname, "../..");
const SCRIPTS: ReadonlyMap<string, Script> = new Map(
  readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".txt"))
    .map((file) => [basename(file, ".txt"), parseScript(readFileSync(join(import.meta.dirname, file), "utf8"))]),
);
let folder: string;

beforeAll(() => {
  // Not below the root of the other tests' folders: the logs of transcripts are sealed under keys of their own.
  folder = mkdtempSync(join(realpathSync(tmpdir()), "agentk-packed-"));
  const run = (args: readonly string[], cwd: string): string =>
    execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--offline"];
  const [packed] = JSON.parse(run(["pack", ...quiet, "--json", "--pack-destination", folder], ROOT)) as [
    { filename: string },
  ];
  run(["install", "--global", "--prefix", join(folder, "installed"), ...quiet, join(folder, packed.filename)], folder);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function pathThere(): string {
  return [join(folder, "installed/bin"), dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(":");
}

describe.concurrent("transcript", () => {
  test.each([...SCRIPTS.keys()])(
    "%s",
    async (name) => {
      const own = join(folder, "runs", name);
      mkdirSync(own, { recursive: true, mode: 0o700 });
      await new Engine(own, pathThere()).run(SCRIPTS.get(name) ?? { lines: [], files: new Map() });
      // Tens of processes one after another; a busy machine takes its time.
    },
    300_000,
  );
});

test("what a transcript claims wrongly fails, with its line", async () => {
  const own = join(folder, "wrong");
  mkdirSync(own);
  writeFileSync(join(own, "there"), "a\n");
  const lies = [
    ...[
      "exec sh -c 'exit 3'",
      "! exec true",
      "exec sh -c 'echo a'\nstdout b",
      "exec true\nexit 1",
      "exists none",
      "! exists there",
    ],
    ...[
      "exec cat there\ncmp stdout run",
      "exec echo '{\"a\":1}'\njson /a 2",
      "exec echo '{\"a\":1}'\njson /b",
      "exec echo x\njson /a",
      "nonsense",
    ],
    ...["start one true\nready one X never", "exec sh -c 'echo \"    at x (y.js:1)\" >&2'", "exec echo $NOT_SET"],
  ];
  const runs = lies.map((lie) => new Engine(own, pathThere()).run(parseScript(`# a lie\n${lie}\n-- run --\nb\n`)));
  for (const [i, { status }] of (await Promise.allSettled(runs)).entries())
    expect([lies[i], status]).toEqual([lies[i], "rejected"]);
  const first = await new Engine(own, pathThere()).run(parseScript("\nexec true\nexec false")).catch(String);
  expect(first).toContain("line 3: exec false");
});

const io = {
  stdout: () => undefined,
  stderr: () => undefined,
  env: {},
  cwd: "/",
  isTty: false,
  columns: 0,
  exit: () => undefined,
};

/** Commands that do something; one with commands below it only groups them. */
const COMMANDS = allCommands(commandTree(await buildProgram(io))).filter(({ commands }) => commands.length === 0);

/** `verify 2`, `verify 2 --json`: a run of a command, and how it ended. */
function shownRuns(): ReadonlySet<string> {
  const shown = new Set<string>();
  for (const { lines } of SCRIPTS.values()) {
    lines.forEach(({ command, words, isNegated }, i) => {
      const texts = words.map(({ text }) => text);
      const at = texts.indexOf("agentk");
      if (!["exec", "start"].includes(command) || at < 0) return;
      const after = lines.slice(i + 1).find((line) => line.command === "exit" || line.command === "exec");
      const status = isNegated ? (after?.command === "exit" ? (after.words[0]?.text ?? "?") : "?") : "0";
      const path = pathOf(texts.slice(at + 1));
      if (path === undefined) return;
      shown.add(`${path} ${status}`);
      if (texts.includes("--json")) shown.add(`${path} ${status} --json`);
    });
  }
  return shown;
}

function pathOf(words: readonly string[]): string | undefined {
  return COMMANDS.find(({ path }) => path.every((word, i) => word === words[i]))?.path.join(" ");
}

/** The statuses that a command's help speaks of. */
function statusesOf({ after }: ShownCommand): readonly string[] {
  const [, said = ""] = /^Exit status:([^]*?)(?:\n\n|$)/m.exec(after) ?? [];
  return ["0", "1", "2"].filter((status) => new RegExp(`(?:^|[ ,;])${status} [a-z-]`, "m").test(said));
}

test.each(COMMANDS.map((command) => [command.path.join(" "), command] as const))(
  "%s is shown with every exit status that its help names, in text and as JSON",
  (name, command) => {
    const hasJson = command.options.some(({ long }) => long === "--json");
    const wanted = statusesOf(command).flatMap((status) => [
      `${name} ${status}`,
      ...(hasJson ? [`${name} ${status} --json`] : []),
    ]);
    const shown = shownRuns();
    expect(wanted.filter((run) => !shown.has(run))).toEqual([]);
    expect([...shown].some((run) => run.startsWith(`${name} `))).toBe(true);
  },
);
