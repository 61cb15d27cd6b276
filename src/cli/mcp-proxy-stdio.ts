/** `agentk mcp-proxy-stdio`: stand between an MCP client and a stdio server. */
import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import {
  MAX_CLIENT_MESSAGES,
  MAX_IN_FLIGHT,
  MAX_LINE_BYTES,
  MAX_NAME_CHARS,
  MAX_RESTARTS,
  RESPONSE_TIMEOUT_MS,
} from "../base/limits.js";
import { DURABLE_FROM } from "../abi/syscalls.js";
import type { ProxyCommand } from "../app/run/run-stdio-proxy.js";
import type { Io } from "./io.js";
import { addUpstreamFlags, assertNoIdleFlags, upstreamOf, type UpstreamFlags } from "./upstream-flags.js";
import { collect, payloadsOption, wholeNumber } from "./values.js";

/** What commander hands over: the proxy's own options under their own names, and four that are told otherwise here. */
export interface ProxyFlags
  extends
    Omit<ProxyCommand, "cwd" | "env" | "command" | "args" | "policyFile" | "lockFile" | "durableFrom" | "upstream">,
    UpstreamFlags {
  readonly policy: string;
  readonly lock?: string;
  readonly durable: ProxyCommand["durableFrom"];
  readonly command?: string;
  readonly arg: readonly string[];
}

const EXAMPLE = `
The log goes to .agentk/runs/<run>.jsonl; look at it with \`agentk trace-inspect\`.
Exit status: 0 the client or a signal ended the run, 1 it could not begin or the server failed, 2 the policy is not valid.

Example:
  agentk mcp-proxy-stdio --server-id files -- npx -y @modelcontextprotocol/server-filesystem ~/notes`;

export function registerMcpProxyStdio(program: Command, io: Io): void {
  const command = program
    .command("mcp-proxy-stdio")
    .summary("stand between an MCP client and a stdio server")
    .description("Runs an MCP server as a child and mediates everything between it and the client on stdin and stdout.")
    .argument("[command...]", "the server and its arguments, after --")
    .passThroughOptions();
  addFlags(command)
    .option("--restarts <n>", "how often a server that ends by itself is started again", wholeNumber(0), MAX_RESTARTS)
    .addHelpText("after", EXAMPLE)
    .action((words: readonly string[], flags: ProxyFlags) => serve(words, flags, io));
}

/** The flags of every proxy before one server. */
export function addFlags(command: Command): Command {
  return addUpstreamFlags(command)
    .option("--policy <policy>", "a policy file, or the name of a shipped policy such as strict", "guard")
    .option("--lock <file>", "hold the server to these pins (default: agentk.lock, when it has this server)")
    .option("--trace-out <file>", "the flight log: a new file, or a folder of runs when it ends in /")
    .option("--server-id <id>", "what policies and the log call the server", serverName, "downstream-mcp")
    .option("--agent-id <id>", "what policies and the log call the agent", name, "agent://mcp/proxy")
    .option("--allow-env <name>", "pass this environment variable to the server (repeat)", collect, [])
    .option("--response-timeout-ms <n>", "how long one call may wait", count, RESPONSE_TIMEOUT_MS)
    .option("--max-client-messages <n>", "messages taken from the client in one run", count, MAX_CLIENT_MESSAGES)
    .option("--max-in-flight <n>", "calls waiting at once", count, MAX_IN_FLIGHT)
    .option("--max-line-bytes <n>", "longest line from either side, at most 10 MiB", lineBytes, MAX_LINE_BYTES)
    .addOption(payloadsOption())
    .addOption(
      new Option("--durable <risk>", "flush intents to the disk from this risk on")
        .choices(DURABLE_FROM)
        .default("medium"),
    )
    .option("--command <command>", "the server, instead of after --")
    .option("--arg <arg>", "an argument of the server (repeat)", collect, []);
}

export const count = wholeNumber(1);

function lineBytes(value: string): number {
  const bytes = count(value);
  if (bytes > MAX_LINE_BYTES) throw new InvalidArgumentError(`it must be at most ${String(MAX_LINE_BYTES)}.`);
  return bytes;
}

/** In a target, a slash ends the server's part: with one in the id, two servers could have one target. */
function serverName(value: string): string {
  if (value.includes("/")) throw new InvalidArgumentError("a server's id has no slash.");
  return name(value);
}

/** Ids stand in log lines. */
function name(value: string): string {
  const isName = /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/.test(value) && value.length <= MAX_NAME_CHARS;
  if (!isName) throw new InvalidArgumentError("it must be letters, digits and . _ : / @ - and at most 128 characters.");
  return value;
}

async function serve(words: readonly string[], flags: ProxyFlags, io: Io): Promise<void> {
  const { runProxy } = await import("../app/run/run-stdio-proxy.js");
  const end = await runProxy(await commandOf(words, flags, io), io.stderr);
  io.exit(end);
}

/**
 * What the flags and the words after `--` ask for.
 * @throws AgentkError `usage` unless there is one server.
 */
export async function commandOf(words: readonly string[], flags: ProxyFlags, io: Io): Promise<ProxyCommand> {
  const [{ AgentkError }, { policyFileOf }] = await Promise.all([
    import("../base/errors.js"),
    import("../app/package-info.js"),
  ]);
  const { policy, lock: lockFile, durable: durableFrom, command: named, arg, upstream: url, ...options } = flags;
  const upstream = url === undefined ? undefined : upstreamOf(url, flags);
  const [command, ...args] = named === undefined ? words : [named, ...arg, ...words];
  if (command === undefined && upstream === undefined) {
    throw new AgentkError("usage", "no server is named", {
      hint: "put its command after `--`, or its URL after --upstream",
    });
  }
  if (command !== undefined && upstream !== undefined)
    throw new AgentkError("usage", "two servers are named", { hint: "leave out --upstream, or the command" });
  assertNoIdleFlags(flags);
  const world = { cwd: io.cwd, env: io.env, traceOut: options.traceOut };
  const server = { command: command ?? "", args, ...(upstream === undefined ? {} : { upstream }) };
  return { ...options, ...world, ...server, policyFile: policyFileOf(policy), lockFile, durableFrom };
}
