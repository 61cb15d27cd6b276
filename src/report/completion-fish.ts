/** Completion for fish 3.2 and newer. */
import { allCommands, choicesOf, type ShownCommand, type ShownOption, type ValueKind } from "./command-tree.js";

/** The script; `agentk completion fish | source`. */
export function fishCompletion(program: ShownCommand): string {
  const commands = allCommands(program);
  const steps = commands.filter(({ path }) => path.length > 0).map(({ path }) => single(path.join(" ")));
  return `${[
    "# fish completion for agentk. To load it: agentk completion fish | source",
    ...head(steps),
    "complete -c agentk -f",
    // What stands after -- is the server's.
    "complete -c agentk -n 'test (__agentk_at) = /' -F",
    ...commands.flatMap(linesOf),
  ].join("\n")}\n`;
}

/** `__agentk_at` prints the words of the command that has been typed so far, or `/` after `--`. */
function head(steps: readonly string[]): readonly string[] {
  return [
    "function __agentk_at",
    "  set -l at agentk",
    "  set -l words (commandline -opc)",
    "  for word in $words[2..-1]",
    '    if test "$word" = --; echo /; return; end',
    "    set -l next $word",
    '    if test "$at" != agentk; set next "$at $word"; end',
    `    switch "$next"`,
    `      case ${steps.join(" ")}`,
    "        set at $next",
    "    end",
    "  end",
    "  echo $at",
    "end",
  ];
}

function linesOf(command: ShownCommand): readonly string[] {
  const at = `complete -c agentk -n ${single(`test (__agentk_at) = ${single(keyOf(command))}`)}`;
  const value = command.arguments[0]?.value;
  return [
    ...choicesOf(command).commands.map(({ word, meaning }) => `${at} -a ${single(word)} -d ${single(meaning)}`),
    ...(value === undefined ? [] : [`${at}${offerOf(value)}`].filter((line) => line !== at)),
    ...command.options.map((option) => `${at}${flagOf(option)}`),
  ];
}

function flagOf({ long, short, description, value }: ShownOption): string {
  const names = [`-l ${long.slice(2)}`, ...(short === undefined ? [] : [`-s ${short.slice(1)}`])];
  // -x: a value, and no file.
  const takes = value === undefined ? "" : `${value.isFile ? " -r" : " -x"}${offerOf(value)}`;
  return ` ${names.join(" ")}${takes} -d ${single(description)}`;
}

function offerOf({ words, isFile }: ValueKind): string {
  return `${words.length === 0 ? "" : ` -a ${single(words.join(" "))}`}${isFile ? " -F" : ""}`;
}

function keyOf({ path }: ShownCommand): string {
  return path.length === 0 ? "agentk" : path.join(" ");
}

/** In fish's single quotes only the quote and the backslash are special. */
function single(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
