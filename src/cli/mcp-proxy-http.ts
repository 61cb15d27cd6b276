/** `agentk mcp-proxy-http`: stand between MCP clients that speak Streamable HTTP and a server. */
import { InvalidArgumentError, Option, type Command } from "commander";
import { MAX_HTTP_SESSIONS } from "../base/limits.js";
import type { HttpReady } from "../app/http/run-proxy.js";
import type { Io } from "./io.js";
import { addFlags, commandOf, type ProxyFlags } from "./mcp-proxy-stdio.js";
import { wholeNumber } from "./values.js";

interface HttpFlags extends ProxyFlags {
  readonly listen: Listen;
  readonly tokenFile?: string;
  readonly allowRemote?: true;
  readonly allowOrigin: readonly string[];
  readonly allowHost: readonly string[];
  readonly maxSessions: number;
  readonly json?: true;
}

interface Listen {
  readonly host: string;
  readonly port: number;
}

const HELP = `
Prints the URL for clients when it is ready, and ends on SIGINT or SIGTERM. Every request needs the bearer token: that of
--token-file, which is made when it is not there, or one that is made for this run and printed once. Each session of a
client has a server of its own, and a session of its own in the log: h1, h2 and so on.
Exit status: 0 a signal ended the run, 1 it could not begin or recording failed, 2 the policy is not valid.

Example:
  agentk mcp-proxy-http --listen 127.0.0.1:7461 --token-file ~/.agentk-token -- npx -y @modelcontextprotocol/server-memory`;

export function registerMcpProxyHttp(program: Command, io: Io): void {
  const command = program
    .command("mcp-proxy-http")
    .summary("stand between MCP clients on HTTP and a server")
    .description(
      "Serves MCP over Streamable HTTP on this machine, and mediates everything between clients and a server.",
    )
    .argument("[command...]", "the server and its arguments, after --")
    .passThroughOptions()
    .addOption(
      new Option("--listen <address>", "where to listen; port 0 takes a free one")
        .argParser(listen)
        .default({ host: "127.0.0.1", port: 0 }, "127.0.0.1:0"),
    )
    .option("--token-file <file>", "the clients' token, in a file of mode 0600; made when it is not there")
    .option("--allow-remote", "the address to listen on may be one that other machines can reach")
    .option("--allow-origin <url>", "let web pages of this origin in (repeat)", origins, [])
    .option("--allow-host <name>", "a further name that clients may call this host by (repeat)", hosts, [])
    .option("--max-sessions <n>", "sessions at once, each with a server of its own", wholeNumber(1), MAX_HTTP_SESSIONS)
    .option("--json", "print JSON, one object a line");
  addFlags(command)
    .addHelpText("after", HELP)
    .action((words: readonly string[], flags: HttpFlags) => serve(words, flags, io));
}

/** An address, not a name: what a name stands for can change. */
function listen(value: string): Listen {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(value);
  const port = Number(parts?.[3]);
  const host = parts?.[1] ?? parts?.[2];
  if (host === undefined || port > 65_535) throw new InvalidArgumentError("it must be like 127.0.0.1:7461 or [::1]:0.");
  return { host, port };
}

function origins(value: string, earlier: readonly string[]): readonly string[] {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  // A `*` would be taken for a name that no page has.
  if (url?.origin !== value.replace(/\/$/, "") || value.includes("*"))
    throw new InvalidArgumentError("it must be an origin such as https://app.example.com.");
  return [...earlier, url.origin];
}

/** What stands in `Host` before the port: anything else would never fit, and nobody be told. */
function hosts(value: string, earlier: readonly string[]): readonly string[] {
  if (/^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)$/i.test(value)) return [...earlier, value];
  throw new InvalidArgumentError("it must be a name such as gw.example, without scheme and port.");
}

async function serve(words: readonly string[], flags: HttpFlags, io: Io): Promise<void> {
  const [{ runHttpProxy }, command] = await Promise.all([
    import("../app/http/run-proxy.js"),
    commandOf(words, flags, io),
  ]);
  const { listen: address, tokenFile, allowRemote, allowOrigin, allowHost, maxSessions, json } = flags;
  const front = { ...address, allowRemote: allowRemote === true, allowOrigins: allowOrigin, allowHosts: allowHost };
  const end = await runHttpProxy(
    { ...command, ...front, maxSessions, tokenFile },
    {
      say: io.stderr,
      ready: (ready) => {
        io.stdout(json === true ? readyJson(ready) : readyText(ready));
      },
    },
  );
  io.exit(end);
}

function readyJson({ url, token, tokenFile }: HttpReady): string {
  const held = token === undefined ? { token_file: tokenFile } : { token };
  return `${JSON.stringify({ format: "agentk-http/1", url, ...held })}\n`;
}

function readyText({ url, token, tokenFile }: HttpReady): string {
  const held = token === undefined ? `the token is in ${tokenFile ?? ""}` : `token ${token}`;
  return `listening at ${url}\n${held}\n`;
}
