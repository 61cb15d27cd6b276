/** `agentk completion`: a script that completes commands, options and values, made from the program itself. */
import { Argument, type Command } from "commander";
import type { ShownCommand } from "../report/command-tree.js";
import type { Io } from "./io.js";

const HELP = `
bash: source <(agentk completion bash)
zsh:  agentk completion zsh > a folder of $fpath, as _agentk; or source it after compinit
fish: agentk completion fish > ~/.config/fish/completions/agentk.fish

Exit status: 0 printed, 1 the shell is none of the three.

Example:
  agentk completion bash > ~/.local/share/bash-completion/completions/agentk`;

const SHELLS = ["bash", "zsh", "fish"] as const;

export function registerCompletion(program: Command, io: Io): void {
  program
    .command("completion")
    .summary("print a completion script for a shell")
    .description("Prints a script that completes commands, options, their values and files in a shell.")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText("after", HELP)
    .action(async (shell: (typeof SHELLS)[number]) => {
      const [{ commandTree }, script] = await Promise.all([import("./command-tree.js"), scriptFor(shell)]);
      io.stdout(script(commandTree(program)));
      io.exit(0);
    });
}

async function scriptFor(shell: (typeof SHELLS)[number]): Promise<(program: ShownCommand) => string> {
  if (shell === "bash") return (await import("../report/completion-bash.js")).bashCompletion;
  if (shell === "zsh") return (await import("../report/completion-zsh.js")).zshCompletion;
  return (await import("../report/completion-fish.js")).fishCompletion;
}
