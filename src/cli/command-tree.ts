/** Reads the program that commander has built into the data that the man page and the completions are made of. */
import { EventEmitter } from "node:events";
import type { Argument, Command, Option } from "commander";
import { shippedPolicies } from "../app/package-info.js";
import type { ShownCommand, ShownOption, ValueKind } from "../report/command-tree.js";

/** Placeholders that stand for a file or a folder; `command...` is a program. */
const FILES = new Set(["file", "log", "path", "policy", "old", "new", "bundle", "command", "words", "folder", "line"]);

/** The command and all below it, without the `help` that commander adds to each. */
export function commandTree(command: Command, path: readonly string[] = []): ShownCommand {
  const help = command.createHelp();
  const isRoot = path.length === 0;
  const commands = help.visibleCommands(command).filter((one) => isRoot || one.name() !== "help");
  const shown: ShownCommand = {
    path,
    summary: command.summary() === "" ? command.description() : command.summary(),
    description: command.description(),
    usage: [...path, command.usage()].join(" "),
    heading: command.helpGroup(),
    options: help.visibleOptions(command).map(optionOf),
    arguments: command.registeredArguments.map((one) => ({
      value: kindOf(termOf(one), one.argChoices),
      description: described(one.description, one.defaultValue),
    })),
    commands: commands.map((one) => commandTree(one, [...path, one.name()])),
    after: afterHelp(command),
  };
  // `help` takes the name of a command, which completions can offer.
  if (!isRoot || shown.commands.length === 0) return shown;
  const names = shown.commands.map(({ path: words }) => words.join(" "));
  return { ...shown, commands: shown.commands.map((one) => (one.path[0] === "help" ? withNames(one, names) : one)) };
}

function withNames(command: ShownCommand, words: readonly string[]): ShownCommand {
  return { ...command, arguments: command.arguments.map((one) => ({ ...one, value: { ...one.value, words } })) };
}

function optionOf(option: Option): ShownOption {
  const { long, short, flags, description } = option;
  const placeholder = /[<[].*$/.exec(flags)?.[0];
  return {
    ...{ long: long ?? flags, short },
    description: described(description, option.defaultValue),
    value: placeholder === undefined ? undefined : kindOf(placeholder, option.argChoices),
  };
}

/** A default that help shows too; an empty list is none. */
function described(description: string, defaultValue: unknown): string {
  const isShown = typeof defaultValue === "string" || typeof defaultValue === "number";
  return isShown ? `${description} (default: ${String(defaultValue)})` : description;
}

function termOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function kindOf(term: string, choices: readonly string[] | undefined): ValueKind {
  const name = term.replace(/[^a-z-]/g, "");
  return {
    term,
    words: choices ?? (name === "policy" ? shippedPolicies() : []),
    isFile: choices === undefined && FILES.has(name),
  };
}

/** What `addHelpText("after")` was given: commander keeps it in listeners, which are asked here as a help page asks. */
function afterHelp(command: Command): string {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  if (command instanceof EventEmitter) command.emit("afterHelp", { error: false, command, write });
  return text.trim();
}
