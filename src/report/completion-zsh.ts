/** Completion for zsh: a file `_agentk` in a folder of `$fpath`, or a script to source after `compinit`. */
import { allCommands, choicesOf, type Choice, type ShownCommand, type ValueKind } from "./command-tree.js";

export function zshCompletion(program: ShownCommand): string {
  const commands = allCommands(program);
  const steps = commands.filter(({ path }) => path.length > 0).map(({ path }) => single(path.join(" ")));
  return `${[
    "#compdef agentk",
    "# zsh completion for agentk. To load it: source <(agentk completion zsh), after compinit",
    ...HEAD,
    ...[`      ${steps.join("|")}) at=$next ;;`, "    esac", "  done"],
    '  case "${at:-agentk} ${words[CURRENT-1]}" in',
    ...commands.flatMap(valueCases),
    ...["  esac", '  case "${at:-agentk}" in'],
    ...commands.map(restCase),
    ...["  esac", "}"],
    // Autoloaded, this file is the function's body at its first call; sourced, it only registers it.
    ...["compdef _agentk agentk", 'if [[ "${funcstack[1]}" == _agentk ]]; then _agentk "$@"; fi'],
  ].join("\n")}\n`;
}

const HEAD = [
  "_agentk() {",
  "  local at next i cur=${words[CURRENT]}",
  "  local -a choices",
  "  for ((i = 2; i < CURRENT; i++)); do",
  "    # What stands after -- is the server's.",
  '    if [[ ${words[i]} == "--" ]]; then _files; return; fi',
  "    next=${at:+$at }${words[i]}",
  '    case "$next" in',
];

function valueCases(command: ShownCommand): readonly string[] {
  return command.options.flatMap(({ long, short, value }) => {
    if (value === undefined) return [];
    const flags = [long, ...(short === undefined ? [] : [short])].map((flag) => single(`${keyOf(command)} ${flag}`));
    return [`    ${flags.join("|")}) ${offerOf(value)}; return ;;`];
  });
}

function restCase(command: ShownCommand): string {
  const { commands, options } = choicesOf(command);
  const flags = offerOfChoices("options", options);
  const value = command.arguments[0]?.value;
  const offers = [
    ...(commands.length === 0 ? [] : [offerOfChoices("commands", commands)]),
    ...(value === undefined ? [] : [offerOf(value)]),
  ];
  const words = offers.length === 0 ? flags : offers.join("; ");
  return `    ${single(keyOf(command))}) if [[ $cur == -* ]]; then ${flags}; else ${words}; fi ;;`;
}

function keyOf({ path }: ShownCommand): string {
  return path.length === 0 ? "agentk" : path.join(" ");
}

/** In single quotes nothing is special. */
function single(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `_describe` splits at the first colon. */
function offerOfChoices(tag: string, choices: readonly Choice[]): string {
  const all = choices.map(({ word, meaning }) => single(`${word}:${meaning}`));
  return `choices=(${all.join(" ")}); _describe -t ${tag} ${tag} choices`;
}

/** A shell command that offers what the value may be. */
function offerOf({ words, isFile }: ValueKind): string {
  const offers = [
    ...(words.length > 0 ? [`compadd -- ${words.map(single).join(" ")}`] : []),
    ...(isFile ? ["_files"] : []),
  ];
  return offers.length === 0 ? ":" : offers.join("; ");
}
