/** `agentk help policy test`: commander reads one word of it, and says nothing of a word that it does not know. */
import type { Command } from "commander";

/** Ends as commander does, by throwing: with the help of the command that the words name, or with what is wrong. */
export async function showHelp(program: Command, words: readonly string[]): Promise<never> {
  let shown = program;
  for (const word of words) {
    const next = shown.commands.find((command) => command.name() === word);
    if (next === undefined) return unknownWord(shown, word);
    shown = next;
  }
  return shown.help();
}

async function unknownWord(command: Command, word: string): Promise<never> {
  // A command with commands of its own knows which of them may be meant.
  if (command.commands.length > 0) await command.parseAsync([word], { from: "user" });
  return command.error(`error: '${command.name()}' has no command '${word}'`);
}
