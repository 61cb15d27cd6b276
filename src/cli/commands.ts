/** The commands, under the headings by which `--help`, the man page and completions list them. Each is a file of its own. */
import { Command, Help, type HelpConfiguration } from "commander";
import type { Io } from "./io.js";

/** Adds a command to the program. */
export type Register = (program: Command, io: Io) => void;

/** Loads what adds a command: a start reads the file of the command that is called, and no other. */
type Load = () => Promise<Register>;

/** In the order to show them. */
export const COMMAND_GROUPS: readonly (readonly [heading: string, commands: Readonly<Record<string, Load>>])[] = [
  [
    "See it:",
    {
      demo: async () => (await import("./demo.js")).registerDemo,
      "mcp-killer-demo": async () => (await import("./mcp-killer-demo.js")).registerMcpKillerDemo,
      "mcp-shim-eval": async () => (await import("./mcp-shim-eval.js")).registerMcpShimEval,
    },
  ],
  [
    "Guard servers:",
    {
      "mcp-proxy-stdio": async () => (await import("./mcp-proxy-stdio.js")).registerMcpProxyStdio,
      "mcp-proxy-http": async () => (await import("./mcp-proxy-http.js")).registerMcpProxyHttp,
      "mcp-gateway": async () => (await import("./mcp-gateway.js")).registerMcpGateway,
      init: async () => (await import("./init.js")).registerInit,
      pins: async () => (await import("./pins.js")).registerPins,
      context: async () => (await import("./context.js")).registerContext,
    },
  ],
  [
    "Ask for decisions:",
    {
      "mcp-proxy": async () => (await import("./mcp-proxy.js")).registerMcpProxy,
      "mcp-stdio": async () => (await import("./mcp-stdio.js")).registerMcpStdio,
      "mcp-lines": async () => (await import("./mcp-lines.js")).registerMcpLines,
      "mcp-server": async () => (await import("./mcp-server.js")).registerMcpServer,
    },
  ],
  [
    "Read logs:",
    {
      "trace-inspect": async () => (await import("./trace-inspect.js")).registerTraceInspect,
      verify: async () => (await import("./verify.js")).registerVerify,
      "verify-signatures": async () => (await import("./verify-signatures.js")).registerVerifySignatures,
      import: async () => (await import("./import.js")).registerImport,
    },
  ],
  [
    "Keep logs and prove them:",
    {
      recover: async () => (await import("./recover.js")).registerRecover,
      prune: async () => (await import("./prune.js")).registerPrune,
      bundle: async () => (await import("./bundle.js")).registerBundle,
      proof: async () => (await import("./proof.js")).registerProof,
      reveal: async () => (await import("./reveal.js")).registerReveal,
      witness: async () => (await import("./witness.js")).registerWitness,
      "witness-submit": async () => (await import("./witness-submit.js")).registerWitnessSubmit,
    },
  ],
  [
    "Run logs again:",
    {
      replay: async () => (await import("./replay.js")).registerReplay,
      "fork-replay": async () => (await import("./fork-replay.js")).registerForkReplay,
      "fork-replay-behavior": async () => (await import("./fork-replay.js")).registerForkReplayBehavior,
    },
  ],
  [
    "Work on policies:",
    {
      "policy-check": async () => (await import("./policy-check.js")).registerPolicyCheck,
      policy: async () => (await import("./policy.js")).registerPolicy,
    },
  ],
  [
    "Keys:",
    {
      keygen: async () => (await import("./keygen.js")).registerKeygen,
      "signing-key": async () => (await import("./signing-key.js")).registerSigningKey,
      "key-rotate": async () => (await import("./key-rotate.js")).registerKeyRotate,
      "key-revoke": async () => (await import("./key-revoke.js")).registerKeyRevoke,
      "key-rotate-verify": async () => (await import("./key-rotate-verify.js")).registerKeyRotateVerify,
      "trusted-signers-check": async () => (await import("./trusted-signers-check.js")).registerTrustedSignersCheck,
    },
  ],
  [
    "Secret references:",
    {
      "secret-refs-check": async () => (await import("./secret-refs-check.js")).registerSecretRefsCheck,
      "secret-refs-store-check": async () =>
        (await import("./secret-refs-store-check.js")).registerSecretRefsStoreCheck,
    },
  ],
  [
    "Release gate:",
    {
      readiness: async () => (await import("./readiness.js")).registerReadiness,
      "release-audit": async () => (await import("./release-audit.js")).registerReleaseAudit,
      compliance: async () => (await import("./compliance.js")).registerCompliance,
    },
  ],
  [
    "This program:",
    {
      completion: async () => (await import("./completion.js")).registerCompletion,
      man: async () => (await import("./man.js")).registerMan,
    },
  ],
];

const LOADERS: ReadonlyMap<string, Load> = new Map(COMMAND_GROUPS.flatMap(([, commands]) => Object.entries(commands)));

/** These show the whole program, so all of it is loaded for them. */
const OF_THE_WHOLE = new Set(["help", "completion", "man"]);

/** And for these none. */
const OF_NONE = new Set(["--version", "-V"]);

/**
 * Adds the command that is called to the program, or all of them where none is, as for `--help`, or one that nobody
 * knows, as for what commander then says.
 */
export async function addCommands(program: Command, io: Io, called: string | undefined): Promise<void> {
  if (called !== undefined && OF_NONE.has(called)) return;
  const own = called === undefined || OF_THE_WHOLE.has(called) ? undefined : LOADERS.get(called);
  const registers = await Promise.all((own === undefined ? [...LOADERS.values()] : [own]).map((load) => load()));
  for (const register of registers) register(program, io);
  groupCommands(program);
}

/** The heading of a command of the program; undefined for one that nobody has put under any. */
export function groupOf(name: string): string | undefined {
  if (name === "help") return COMMAND_GROUPS.at(-1)?.[0];
  return COMMAND_GROUPS.find(([, commands]) => Object.hasOwn(commands, name))?.[0];
}

/** Puts the registered commands under their headings; commander shows a heading where its first command stands. */
function groupCommands(program: Command): void {
  const help = new Command("help").argument("[command]").summary("show the help of a command").helpOption(false);
  program.addHelpCommand(help.helpGroup(groupOf("help") ?? ""));
  for (const command of program.commands) {
    const heading = groupOf(command.name());
    if (heading !== undefined) command.helpGroup(heading);
  }
}

/** How every help is laid out. */
export const HELP_LAYOUT: HelpConfiguration = {
  // Their arguments stand in each command's own help.
  subcommandTerm: (command) => command.name(),
  // An option that may be repeated begins as an empty list: that is nothing to tell.
  optionDescription: (option) =>
    Array.isArray(option.defaultValue) ? option.description : new Help().optionDescription(option),
};
