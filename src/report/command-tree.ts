/** The command line as data: what the man page and the completions are made of. */

/** What can stand where a value is expected. */
export interface ValueKind {
  /** As help shows it: `<file>`, `[log]`. */
  readonly term: string;
  /** The only words that it may be, or those that may stand in place of a file. */
  readonly words: readonly string[];
  readonly isFile: boolean;
}

export interface ShownOption {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  /** Undefined: a flag. */
  readonly value: ValueKind | undefined;
}

export interface ShownArgument {
  readonly value: ValueKind;
  readonly description: string;
}

export interface ShownCommand {
  /** The words after `agentk`; none for the program itself. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly usage: string;
  readonly heading: string;
  readonly options: readonly ShownOption[];
  readonly arguments: readonly ShownArgument[];
  readonly commands: readonly ShownCommand[];
  /** What its help says after the options: exit statuses and examples. */
  readonly after: string;
}

/** The command and all below it. */
export function allCommands(command: ShownCommand): readonly ShownCommand[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

/** Everything that may complete one word, one a line: a word, and what it means. */
export interface Choice {
  readonly word: string;
  readonly meaning: string;
}

/** The commands and options that may follow the words of a command. */
export function choicesOf({ commands, options }: ShownCommand): {
  readonly commands: Choice[];
  readonly options: Choice[];
} {
  return {
    commands: commands.map(({ path, summary }) => ({ word: path.at(-1) ?? "", meaning: summary })),
    options: options.flatMap(({ long, short, description }) =>
      [long, ...(short === undefined ? [] : [short])].map((word) => ({ word, meaning: description })),
    ),
  };
}
