/** What each command is for: the headings under which `--help`, the man page and completions list them. */
import { Command } from "commander";

/** In the order to show them. */
export const COMMAND_GROUPS: readonly (readonly [heading: string, names: readonly string[]])[] = [
  ["See it:", ["demo", "mcp-killer-demo", "mcp-shim-eval"]],
  ["Guard servers:", ["mcp-proxy-stdio", "mcp-proxy-http", "mcp-gateway", "init", "pins", "context"]],
  ["Ask for decisions:", ["mcp-proxy", "mcp-stdio", "mcp-lines", "mcp-server"]],
  ["Read logs:", ["trace-inspect", "verify", "verify-signatures", "import"]],
  ["Keep logs and prove them:", ["recover", "prune", "bundle", "proof", "reveal", "witness", "witness-submit"]],
  ["Run logs again:", ["replay", "fork-replay", "fork-replay-behavior"]],
  ["Work on policies:", ["policy-check", "policy"]],
  ["Keys:", ["keygen", "signing-key", "key-rotate", "key-revoke", "key-rotate-verify", "trusted-signers-check"]],
  ["Secret references:", ["secret-refs-check", "secret-refs-store-check"]],
  ["Release gate:", ["readiness", "release-audit", "compliance"]],
  ["This program:", ["completion", "man", "help"]],
];

/** The heading of a command of the program; undefined for one that nobody has put under any. */
export function groupOf(name: string): string | undefined {
  return COMMAND_GROUPS.find(([, names]) => names.includes(name))?.[0];
}

/** Puts the registered commands under their headings; commander shows a heading where its first command stands. */
export function groupCommands(program: Command): void {
  const help = new Command("help").argument("[command]").summary("show the help of a command").helpOption(false);
  program.addHelpCommand(help.helpGroup(groupOf("help") ?? ""));
  for (const command of program.commands) {
    const heading = groupOf(command.name());
    if (heading !== undefined) command.helpGroup(heading);
  }
}
