/** `agentk pins`: which descriptors of a server the operator has accepted, and what has changed since. */
import { resolve } from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import { MAX_KEY_NOTE_CHARS, MAX_NAME_CHARS } from "../base/limits.js";
import { DEFAULT_LOCK, DESCRIPTOR_LISTS, type DescriptorList } from "../abi/descriptors.js";
import type { PinsServer } from "../app/pins/pins.js";
import { lookFor, type Io } from "./io.js";
import { collect } from "./values.js";

interface Flags {
  readonly lock?: string;
  readonly config?: string;
  readonly serverId: string;
  readonly allowEnv: readonly string[];
  readonly acceptFlagged: readonly string[];
  readonly reason: string;
  readonly list?: DescriptorList;
  readonly acceptIdentity?: true;
  readonly json?: true;
}

const HELP = `
A server is started, asked what it lists, and stopped; no tool is called.
Exit status: 0 done, or nothing differs; 1 it could not be done; 2 something differs, or the lock is not valid.

Example:
  agentk pins init --server-id files -- npx -y @modelcontextprotocol/server-filesystem ~/notes
  agentk pins diff --server-id files -- npx -y @modelcontextprotocol/server-filesystem ~/notes
  agentk pins accept read_file --reason "reviewed in #12" --server-id files -- npx -y ...
  agentk pins init --config agentk.toml --server-id files`;

export function registerPins(program: Command, io: Io): void {
  const pins = program
    .command("pins")
    .summary("accept a server's descriptors, and see what has changed")
    .description("Keeps agentk.lock: the tools, prompts and templates of a server that the operator has accepted.")
    .addHelpText("after", HELP);
  common(pins.command("init").summary("write the lock of a server, with all that it lists now"))
    .description("Writes the lock of a server, with all that it lists now, unless something in it speaks against that.")
    .addHelpText("after", helpOf("written", "agentk pins init --server-id files -- npx -y some-server"))
    .option("--accept-flagged <name>", "accept this one although something speaks against it (repeat)", collect, [])
    .option("--reason <text>", "why, for the lock", reason, "first seen")
    .action((words: readonly string[], flags: Flags) => init(words, flags, io));
  common(pins.command("diff").summary("show what differs from the lock, member by member"))
    .description("Shows what a server lists now and what of it differs from the lock, member by member.")
    .addHelpText("after", helpOf("nothing differs", "agentk pins diff --server-id files -- npx -y some-server"))
    .action((words: readonly string[], flags: Flags) => diff(words, flags, io));
  common(pins.command("accept").summary("take one change over into the lock"), "[words...]")
    .description("Takes one change over into the lock; the words are the name of what changed, then the server.")
    .addHelpText("after", helpOf("accepted", 'agentk pins accept read_file --reason "reviewed" -- npx -y some-server'))
    .option("--accept-flagged <name>", "accept this one although something speaks against it (repeat)", collect, [])
    .option("--accept-identity", "accept who the server is now, in place of a descriptor")
    .addOption(new Option("--list <list>", "which list the name is in").choices(DESCRIPTOR_LISTS))
    .requiredOption("--reason <text>", "why, for the lock", reason)
    .action((words: readonly string[], flags: Flags) => accept(words, flags, io));
  pins
    .command("list")
    .summary("show what the lock holds")
    .description("Shows what the lock holds: each server, and each descriptor with its digest and the reason for it.")
    .addHelpText("after", helpOf("shown", "agentk pins list --lock agentk.lock"))
    .option("--lock <file>", "the lock", DEFAULT_LOCK)
    .option("--json", "print JSON")
    .action((flags: Flags) => list(flags, io));
}

function helpOf(done: string, example: string): string {
  return `\nExit status: 0 ${done}; 1 it could not be done; 2 something differs, or the lock is not valid.\n\nExample:\n  ${example}`;
}

function common(command: Command, words = "[command...]"): Command {
  return command
    .argument(words, "the server and its arguments, after --")
    .option("--lock <file>", `the lock (default: ${DEFAULT_LOCK}, or the one of the configuration)`)
    .option("--config <file>", "the server is one of this gateway's, by its --server-id, in place of a command")
    .option("--server-id <id>", "what the lock calls the server, as given to the proxy", serverName, "downstream-mcp")
    .option("--allow-env <name>", "pass this environment variable to the server (repeat)", collect, [])
    .option("--json", "print JSON");
}

/** The form that `mcp-proxy-stdio --server-id` takes. */
function serverName(value: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._:@-]*$/.test(value) && value.length <= MAX_NAME_CHARS) return value;
  throw new InvalidArgumentError("it must be letters, digits and . _ : @ - and at most 128 characters.");
}

function reason(value: string): string {
  if (value.trim() !== "" && value.length <= MAX_KEY_NOTE_CHARS) return value;
  throw new InvalidArgumentError(`it must be 1 to ${String(MAX_KEY_NOTE_CHARS)} characters.`);
}

interface Asked {
  readonly server: PinsServer;
  /** The lock's path as it was given. */
  readonly lock: string;
}

async function serverOf(words: readonly string[], flags: Flags, io: Io): Promise<Asked> {
  const [command, ...args] = words;
  if (flags.config !== undefined && command === undefined) {
    const { gatewayServer } = await import("../app/gateway/config.js");
    const { server, lock } = gatewayServer(resolve(io.cwd, flags.config), flags.serverId, { cwd: io.cwd, env: io.env });
    return { server, lock: flags.lock ?? lock };
  }
  if (command === undefined || flags.config !== undefined) {
    const { AgentkError } = await import("../base/errors.js");
    const problem = command === undefined ? "no server is named" : "a command and `--config` name two servers";
    throw new AgentkError("usage", problem, {
      hint: "put its command after `--`, or name it with --config and --server-id",
    });
  }
  const { serverId, allowEnv } = flags;
  const server = { command, args, cwd: io.cwd, env: io.env, allowEnv, serverId };
  return { server, lock: flags.lock ?? DEFAULT_LOCK };
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

async function init(words: readonly string[], flags: Flags, io: Io): Promise<void> {
  const { server, lock } = await serverOf(words, flags, io);
  const [{ initPins }, { lockText }, { initText, listJson }] = await Promise.all([
    import("../app/pins/pins.js"),
    import("../report/pins-lock.js"),
    import("../report/pins-report.js"),
  ]);
  const how = { reason: flags.reason, accepted: now(), flagged: flags.acceptFlagged };
  const made = await initPins(resolve(io.cwd, lock), server, how, lockText);
  io.stdout(flags.json === true ? listJson({ servers: [made] }) : initText(lock, made));
  io.exit(0);
}

async function diff(words: readonly string[], flags: Flags, io: Io): Promise<void> {
  const { server, lock } = await serverOf(words, flags, io);
  const [{ diffPins }, { diffJson, diffText, hasDifference }] = await Promise.all([
    import("../app/pins/pins.js"),
    import("../report/pins-report.js"),
  ]);
  const found = await diffPins(resolve(io.cwd, lock), server);
  io.stdout(flags.json === true ? diffJson(found) : diffText(found, (await lookFor(io)).paint));
  io.exit(hasDifference(found) ? 2 : 0);
}

/** The name stands before the server, unless it is the server itself that is accepted. */
async function accept(words: readonly string[], flags: Flags, io: Io): Promise<void> {
  const [name = "", ...rest] = flags.acceptIdentity === true ? ["", ...words] : words;
  const { server, lock } = await serverOf(rest, flags, io);
  const [{ acceptPin }, { lockText }, { diffJson, diffText }] = await Promise.all([
    import("../app/pins/pins.js"),
    import("../report/pins-lock.js"),
    import("../report/pins-report.js"),
  ]);
  const how = { reason: flags.reason, accepted: now(), flagged: flags.acceptFlagged };
  const what = flags.acceptIdentity === true ? "identity" : ({ name, list: flags.list } as const);
  const taken = await acceptPin(resolve(io.cwd, lock), server, { ...how, what, text: lockText });
  io.stdout(flags.json === true ? diffJson(taken) : diffText(taken, (await lookFor(io)).paint));
  if (flags.json !== true) io.stdout(`accepted: ${flags.reason}\n`);
  io.exit(0);
}

async function list(flags: Flags, io: Io): Promise<void> {
  const [{ readLock }, { listJson, listText }] = await Promise.all([
    import("../app/pins/lock-file.js"),
    import("../report/pins-report.js"),
  ]);
  const lock = readLock(resolve(io.cwd, flags.lock ?? DEFAULT_LOCK));
  io.stdout(flags.json === true ? listJson(lock) : listText(lock, (await lookFor(io)).paint));
  io.exit(0);
}
