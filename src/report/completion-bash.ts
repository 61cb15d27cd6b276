/** Completion for bash 3.2 and newer, without the bash-completion package. */
import { allCommands, choicesOf, type ShownCommand, type ValueKind } from "./command-tree.js";

/** The script; `source <(agentk completion bash)`. */
export function bashCompletion(program: ShownCommand): string {
  const commands = allCommands(program);
  const steps = commands.filter(({ path }) => path.length > 0).map(({ path }) => `"${path.join(" ")}"`);
  const values = commands.flatMap((command) =>
    command.options.flatMap(({ long, short, value }) => {
      if (value === undefined) return [];
      const words = [long, ...(short === undefined ? [] : [short])].map((flag) => `"${keyOf(command)} ${flag}"`);
      return [`    ${words.join("|")}) ${offerOf(value)}; return ;;`];
    }),
  );
  const rest = commands.map((command) => {
    const { commands: below, options } = choicesOf(command);
    const names = [...below, ...options].map(({ word }) => word);
    const value = command.arguments[0]?.value;
    const argument = value === undefined ? ":" : offerOf(value);
    return `    "${keyOf(command)}") words="${names.join(" ")}"; [[ $cur == -* ]] || ${argument} ;;`;
  });
  return `${[
    "# bash completion for agentk. To load it: source <(agentk completion bash)",
    ...HEAD,
    ...[`      ${steps.join("|")}) path=$next ;;`, "    esac", "    i=$((i + 1))", "  done"],
    '  if [[ $prev == "=" ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi',
    '  if [[ $cur == "=" ]]; then cur=""; fi',
    '  case "${path:-agentk} $prev" in',
    ...values,
    ...["  esac", '  local words=""', '  case "${path:-agentk}" in'],
    ...rest,
    ...["  esac", '  _agentk_words "$words"', "}", "complete -F _agentk agentk"],
  ].join("\n")}\n`;
}

function keyOf({ path }: ShownCommand): string {
  return path.length === 0 ? "agentk" : path.join(" ");
}

/** A shell command that offers what the value may be. */
function offerOf({ words, isFile }: ValueKind): string {
  const offers = [
    ...(words.length > 0 ? [`_agentk_words "${words.join(" ")}"`] : []),
    ...(isFile ? ["_agentk_files"] : []),
  ];
  return offers.length === 0 ? ":" : `{ ${offers.join("; ")}; }`;
}

/** INVARIANT: nothing that was typed is ever expanded or run; it is only compared. */
const HEAD = [
  "_agentk_words() {",
  "  local word IFS=$' \\t\\n'",
  '  for word in $1; do [[ $word == "$cur"* ]] && COMPREPLY+=("$word"); done',
  "  return 0",
  "}",
  "_agentk_files() {",
  "  local file",
  '  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$cur")',
  "  compopt -o filenames 2>/dev/null",
  "  return 0",
  "}",
  "_agentk() {",
  "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} path= next i=1",
  "  COMPREPLY=()",
  "  while ((i < COMP_CWORD)); do",
  "    # What stands after -- is the server's.",
  '    if [[ ${COMP_WORDS[i]} == "--" ]]; then _agentk_files; return; fi',
  "    next=${path:+$path }${COMP_WORDS[i]}",
  '    case "$next" in',
];
