/** Checks of the kernel's other doors: requests from a line, from lines, and as an MCP server. Nothing is executed there. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult } from "../../../abi/audit.js";
import type { AuditCheck } from "../check.js";
import type { AuditWorld } from "../world.js";
import { demand } from "./observe.js";
import { runAgentk, type Reply } from "./session.js";

const READ = { agent_id: "agent://audit", tool: "read_page", arguments: {} };
/** The guard policy asks a human about it, and there is none. */
const RISKY = { agent_id: "agent://audit", tool: "delete_account", arguments: {} };

const jsonLines = (...values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("");

/** What was printed, line by line. */
function printed(stdout: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

async function lines(world: AuditWorld): Promise<CheckResult> {
  const cwd = world.folder("lines");
  const end = await runAgentk(world, ["mcp-lines"], { cwd, input: `${jsonLines(READ)}{bad\n${jsonLines(RISKY)}` });
  const reports = printed(end.stdout);
  const verified = await runAgentk(world, ["verify"], { cwd });
  return demand(
    "of three lines one was allowed, one was no request and one was not allowed, and the log of it verifies",
    [reports.length === 3, `three lines had ${String(reports.length)} reports`],
    [reports[0]?.["decision"] === "allow", "an ordinary request was not allowed"],
    [reports[1]?.["error"] !== undefined, "a line that is no request was not told"],
    [reports[2] !== undefined && reports[2]["decision"] !== "allow", "a request that needs a human was allowed"],
    [reports.every(({ executed }) => executed !== true), "something was executed"],
    [end.code === 1, `the bad line is not in the exit status, which is ${String(end.code)}`],
    [verified.code === 0, "its log does not verify"],
  );
}

const NEEDS_GRANT = `
[[rules]]
id = "granted"
effect = "allow"
when = { syscalls = ["tool.invoke"], capability = "present" }

[[rules]]
id = "default-deny"
effect = "deny"
`;

async function oneRequest(world: AuditWorld): Promise<CheckResult> {
  const cwd = world.folder("request");
  writeFileSync(join(cwd, "grants.toml"), NEEDS_GRANT);
  const claimed = { ...READ, capabilities: ["tool.invoke:downstream-mcp/read_page"] };
  const [allowed, held, claims] = [
    await runAgentk(world, ["mcp-stdio", "--json"], { cwd, input: jsonLines(READ) }),
    await runAgentk(world, ["mcp-stdio", "--json"], { cwd, input: jsonLines(RISKY) }),
    await runAgentk(world, ["mcp-stdio", "--json", "--policy", "grants.toml"], { cwd, input: jsonLines(claimed) }),
  ];
  return demand(
    "a read may happen, what needs a human may not, and neither may what only the caller grants itself",
    [allowed.code === 0, `an ordinary request ended with status ${String(allowed.code)}`],
    [held.code === 2, `a request that needs a human ended with status ${String(held.code)}`],
    [claims.code === 2, "a capability that the caller claimed was believed"],
  );
}

async function server(world: AuditWorld): Promise<CheckResult> {
  const cwd = world.folder("server");
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "agentk-audit", version: "1" },
  };
  const call = (id: number, request: object): object => ({
    ...{ jsonrpc: "2.0", id, method: "tools/call" },
    params: { name: "agentk.mediate", arguments: request },
  });
  const input = jsonLines(
    { jsonrpc: "2.0", id: 1, method: "initialize", params },
    { jsonrpc: "2.0", method: "notifications/initialized" },
    { jsonrpc: "2.0", id: 2, method: "tools/list" },
    call(3, READ),
    call(4, RISKY),
  );
  const end = await runAgentk(world, ["mcp-server"], { cwd, input });
  const replies = printed(end.stdout) as readonly Reply[];
  const result = (id: number): Readonly<Record<string, unknown>> =>
    replies.find((reply) => reply.id === id)?.result ?? {};
  const verified = await runAgentk(world, ["verify"], { cwd });
  return demand(
    "a host was offered three tools, was told that it may read, and that it may not delete; the log of it verifies",
    [end.code === 0, `it ended with status ${String(end.code)}`],
    [(result(2)["tools"] as readonly unknown[] | undefined)?.length === 3, "it does not offer its three tools"],
    [result(3)["isError"] !== true && result(3)["structuredContent"] !== undefined, "a read was not allowed"],
    [result(4)["isError"] === true, "a request that needs a human was allowed"],
    [verified.code === 0, "its log does not verify"],
  );
}

const group = "runtime";

export const DOOR_CHECKS: readonly AuditCheck[] = [
  {
    id: "run.mcp-stdio",
    group,
    title: "one request is decided",
    fails: "`mcp-stdio` does not allow a read, or allows what needs a human or a grant",
    run: oneRequest,
  },
  {
    id: "run.mcp-lines",
    group,
    title: "lines of requests are decided",
    fails: "`mcp-lines` loses a line, allows what needs a human, or ends as if all were well",
    run: lines,
  },
  {
    id: "run.mcp-server",
    group,
    title: "a host that asks is answered",
    fails: "`mcp-server` does not offer its tools, or allows what needs a human",
    run: server,
  },
];
