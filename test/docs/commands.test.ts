/** Every `agentk` line in the pages is one that the program takes: its command, its subcommand, its flags. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { buildProgram } from "../../src/cli/main.js";
import { ROOT } from "./printed.js";

const silent = (): undefined => undefined;
const program = buildProgram({
  ...{ stdout: silent, stderr: silent, exit: silent },
  ...{ env: {}, cwd: "/", isTty: false, columns: 80 },
});
const PAGES = ["README.md", "SECURITY.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith(".md"),
);

/** Lines of shell blocks and inline code that begin with `agentk `, without a pipe, a redirection or a comment. */
function commandLines(page: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const blocks = [...text.matchAll(/```(?:sh|)\n([^]*?)```/g)];
  const inline = [...text.replaceAll(/```[^]*?```/g, "").matchAll(/`(agentk [a-z][^`]*)`/g)];
  return [...blocks, ...inline]
    .flatMap(([, code = ""]) => code.replaceAll("\\\n", " ").split("\n"))
    .map((line) => line.trim().replace(/^\$ /, ""))
    .filter((line) => /^(?:\w+=\S+ )*agentk /.test(line))
    .map((line) => line.replace(/^.*?agentk /, "").replace(/ +(?:#|\||>|<|&&).*$/, ""));
}

/** What of a line the program would not take; `undefined` when it takes all of it. */
function faultOf(line: string): string | undefined {
  const [own = ""] = line.split(/ -- | --$/);
  let command: Command = program;
  for (const word of own.split(/\s+/).filter((word) => word !== "")) {
    const flag = /^\[?(--[a-z-]+)/.exec(word)?.[1];
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (flag !== undefined) {
      const known = ["--help", "--version", ...command.options.map(({ long }) => long)];
      if (!known.includes(flag)) return `\`${command.name()}\` has no ${flag}`;
    } else if (next !== undefined) command = next;
    else if (command.commands.length > 0) return `no command \`${word}\``;
  }
  return undefined;
}

describe("the commands in the pages", () => {
  test("are found", () => {
    expect(PAGES.flatMap(commandLines).length).toBeGreaterThan(40);
  });

  test.each(PAGES)("%s shows none that the program would not take", (page) => {
    const faults = commandLines(page).flatMap((line) => {
      const fault = faultOf(line);
      return fault === undefined ? [] : [`${line}: ${fault}`];
    });
    expect(faults).toEqual([]);
  });
});
