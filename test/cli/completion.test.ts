/** The completion scripts, loaded by the shells themselves: what each would offer at the end of a line. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { testFolder } from "../boundary/proxy-process.js";
import { agentk } from "../boundary/watch.js";

let folder: string;

beforeAll(async () => {
  folder = testFolder("completion");
  for (const name of ["my policy.toml", "run.jsonl", "$(touch pwned)"]) writeFileSync(join(folder, name), "");
  mkdirSync(join(folder, "runs"));
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await agentk(folder, ["completion", shell]);
    expect(code).toBe(0);
    writeFileSync(join(folder, `agentk.${shell}`), stdout);
  }
});

function isThere(shell: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((path) => existsSync(join(path, shell)));
}

/** A line, its last word being the one to complete, and what must and must not be offered. */
const LINES: readonly (readonly [line: readonly string[], offered: readonly string[], not: readonly string[]])[] = [
  [["ver"], ["verify", "verify-signatures"], ["replay", "--json"]],
  [["pins", ""], ["init", "diff", "accept", "list"], ["verify"]],
  [["pins", "init", "--acc"], ["--accept-flagged"], ["--json"]],
  [
    ["fork-replay", "--fail-on", ""],
    ["widen", "narrow", "any", "none"],
    ["run.jsonl", "--json"],
  ],
  [["fork-replay", "--policy", ""], ["strict", "guard", "run.jsonl", "my policy.toml"], ["guard.cases"]],
  [["fork-replay", "run.jsonl", "--js"], ["--json"], ["--policy"]],
  [["demo", "--client", ""], ["silent", "self-granting", "all"], ["run.jsonl"]],
  [["policy", "reach", "guard", "--to", "tool."], ["tool.invoke"], ["run.jsonl"]],
  [["verify", "ru"], ["run.jsonl"], ["my policy.toml"]],
  [["policy", "explain", "--pol"], ["--policy"], []],
  [["mcp-proxy-stdio", "--", "ver"], [], ["verify"]],
  [["mcp-proxy-stdio", "--", "ru"], ["run.jsonl"], []],
  [["completion", ""], ["bash", "zsh", "fish"], ["run.jsonl"]],
  [["help", "tra"], ["trace-inspect"], []],
  [["verify", "$("], ["$(touch pwned)"], []],
  [["`touch pwned`", ""], ["init"], []],
];

/** The offers of a shell for all lines, from one process. */
function check(offers: readonly (readonly string[])[]): void {
  expect(offers.length).toBe(LINES.length);
  LINES.forEach(([line, offered, not], i) => {
    const found = (offers[i] ?? []).map((word) => word.replaceAll("\\", "").replace(/\/$/, ""));
    for (const word of offered) expect(found, `agentk ${line.join(" ")}`).toContain(word);
    for (const word of not) expect(found, `agentk ${line.join(" ")}`).not.toContain(word);
  });
  expect(existsSync(join(folder, "pwned"))).toBe(false);
}

const MARK = "-----";

function run(shell: string, args: readonly string[], script: string): readonly (readonly string[])[] {
  const out = execFileSync(shell, [...args, script], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return out
    .split(`${MARK}\n`)
    .slice(1)
    .map((text) => text.split("\n").filter((line) => line !== ""));
}

const single = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

describe("completion", () => {
  test("in bash", () => {
    const lines = LINES.map(([line]) =>
      [
        `COMP_WORDS=(agentk ${line.map(single).join(" ")}); COMP_CWORD=${String(line.length)}; _agentk`,
        `echo ${MARK}; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ].join("\n"),
    );
    check(run("bash", ["--norc", "-uc"], `source ./agentk.bash; ${lines.join("\n")}`));
    const set = execFileSync("bash", ["--norc", "-c", "source ./agentk.bash; complete -p agentk"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(set).toBe("complete -F _agentk agentk\n");
  });

  // What zsh's own functions would show: stand-ins for them print what they are given.
  test.skipIf(!isThere("zsh"))("in zsh", () => {
    const stubs = [
      'compadd() { shift; printf "%s\\n" "$@" }',
      "_files() { local f; for f in *(N); do print -r -- $f; done }",
      '_describe() { local one; for one in "${(@P)4}"; do print -r -- ${one%%:*}; done }',
      "compdef() { registered=$1:$2 }",
    ];
    const lines = LINES.map(
      ([line]) =>
        `echo ${MARK}; words=(agentk ${line.map(single).join(" ")}); CURRENT=${String(line.length + 1)}; _agentk`,
    );
    const offers = run(
      "zsh",
      ["-fc"],
      [...stubs, "source ./agentk.zsh", "[[ $registered == _agentk:agentk ]] || exit 9", ...lines].join("\n"),
    );
    // zsh itself leaves out what does not begin with the word.
    check(offers.map((words, i) => words.filter((word) => word.startsWith(LINES[i]?.[0].at(-1) ?? ""))));
  });

  test.skipIf(!isThere("fish"))("in fish", () => {
    const lines = LINES.map(
      ([line]) => `echo ${MARK}; complete -C ${single(`agentk ${line.map(fishWord).join(" ")}`)}`,
    );
    const offers = run("fish", ["--no-config", "-c"], `source ./agentk.fish\n${lines.join("\n")}`);
    check(offers.map((words) => words.map((word) => word.split("\t")[0] ?? "")));
  });

  test("is refused for another shell, with status 1", async () => {
    const { code, stderr } = await agentk(folder, ["completion", "tcsh"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("bash, zsh, fish")]);
  });
});

/** As it would be typed, so that fish does not take it for a command to run. */
function fishWord(text: string): string {
  return text.replace(/[$()`]/g, "\\$&");
}
