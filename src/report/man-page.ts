/** The manual page, in the man macros that groff and mandoc both read; ASCII only. */
import { allCommands, type ShownCommand, type ShownOption } from "./command-tree.js";

/** A name and what it means, for the page's lists. */
export type Meaning = readonly [name: string, meaning: string];

export interface ManParts {
  readonly version: string;
  readonly environment: readonly Meaning[];
  readonly files: readonly Meaning[];
}

/** The page of the whole program. It holds no date: the same program prints the same page. */
export function manPage(program: ShownCommand, { version, environment, files }: ManParts): string {
  const commands = allCommands(program).filter(({ path }) => path.length > 0);
  const headings = [...new Set(program.commands.map(({ heading }) => heading))];
  return `${[
    `.TH AGENTK 1 "" "agentk ${roff(version)}" "User Commands"`,
    ...[".SH NAME", `agentk \\- ${roff(lowered(program.description))}`],
    ...[".SH SYNOPSIS", ".B agentk", roff("COMMAND [options] [arguments]")],
    ...[".SH DESCRIPTION", roff(program.description), ...headings.flatMap((heading) => overview(program, heading))],
    ...[".SH OPTIONS", ...program.options.flatMap(optionLines)],
    ...[".SH COMMANDS", ...commands.flatMap(commandLines)],
    ...[".SH ENVIRONMENT", ...environment.flatMap(entry)],
    ...[".SH FILES", ...files.flatMap(entry)],
    ...[".SH EXIT STATUS AND EXAMPLES", ...verbatim(program.after)],
  ].join("\n")}\n`;
}

function overview({ commands }: ShownCommand, heading: string): readonly string[] {
  const named = commands.filter((command) => command.heading === heading);
  return [
    `.SS ${roff(heading.replace(/:$/, ""))}`,
    ...named.flatMap(({ path, summary }) => entry([path.join(" "), summary])),
  ];
}

function commandLines({ path, usage, description, arguments: words, options, after }: ShownCommand): readonly string[] {
  return [
    `.SS ${roff(`agentk ${path.join(" ")}`)}`,
    ...[".RS 0", `.B ${roff(`agentk ${usage}`)}`, ".RE", ".PP", roff(description)],
    ...words.flatMap(({ value, description: meaning }) => entry([value.term, meaning])),
    ...options.flatMap(optionLines),
    ...verbatim(after),
  ];
}

function optionLines({ long, short, value, description }: ShownOption): readonly string[] {
  const flags = [short, long].filter((flag) => flag !== undefined).join(", ");
  return entry([value === undefined ? flags : `${flags} ${value.term}`, description]);
}

function entry([name, meaning]: Meaning): readonly string[] {
  return [".TP", `.B ${roff(name)}`, roff(meaning)];
}

/** Help texts are laid out by hand, with examples to copy. */
function verbatim(text: string): readonly string[] {
  return text === "" ? [] : [".PP", ".nf", ...text.split("\n").map(roff), ".fi"];
}

/** A line of text: nothing in it is a request, an escape or a hyphen that could be broken or turned. */
function roff(text: string): string {
  const safe = text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("`", "\\(ga")
    .replaceAll("'", "\\(aq")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll('"', "\\(dq")
    .replace(
      /[^\x20-\x7e]/gu,
      (character) => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
    );
  return safe.startsWith(".") ? `\\&${safe}` : safe;
}

function lowered(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
