/** A gateway before several real servers, with what each has seen. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gatewayServer } from "../../src/app/gateway/config.js";
import { initPins } from "../../src/app/pins/pins.js";
import { lockText } from "../../src/report/pins-lock.js";
import { fixture, ProxyProcess, testFolder } from "./proxy-process.js";

export interface GatewayServer {
  readonly id: string;
  /** Its command line; without one, the scripted server. */
  readonly command?: readonly string[];
  readonly more?: string;
}

export interface GatewaySetup {
  readonly servers: readonly GatewayServer[];
  /** The text of a policy file; without it, one that asks what the session has read. */
  readonly policy?: string;
  /** Further lines of `[gateway]`. */
  readonly more?: string;
  /** The operator has accepted nothing: of two servers with tools of one name, the second's are withheld. */
  readonly isUnpinned?: true;
}

export interface RunningGateway {
  readonly proxy: ProxyProcess;
  /** The lines that a scripted server has got so far. */
  readonly seen: (server: string) => readonly string[];
}

/** Writes the configuration and gives its path. */
export function gatewayConfig(cwd: string, { servers, policy, more = "" }: GatewaySetup): string {
  const policyFile = policy === undefined ? fixture("policies/by-session.toml") : join(cwd, "policy.toml");
  if (policy !== undefined) writeFileSync(policyFile, policy);
  const tables = servers.map(({ id, command, more: own = "" }) => {
    const [word = "", ...args] = command ?? [process.execPath, fixture("servers/scripted.mjs"), seenBy(cwd, id)];
    return `[[servers]]\nid = "${id}"\ncommand = ${JSON.stringify(word)}\nargs = ${JSON.stringify(args)}\n${own}\n`;
  });
  const file = join(cwd, "agentk.toml");
  writeFileSync(file, `[gateway]\npolicy = ${JSON.stringify(policyFile)}\n${more}\n\n${tables.join("\n")}`);
  return file;
}

export async function startGateway(name: string, setup: GatewaySetup): Promise<RunningGateway> {
  const cwd = testFolder(name);
  const config = gatewayConfig(cwd, setup);
  if (setup.isUnpinned !== true) await accept(cwd, setup.servers, config);
  const proxy = new ProxyProcess({ cwd, command: "mcp-gateway", server: [], flags: ["--config", config] });
  const seen = (server: string): readonly string[] => {
    const file = seenBy(cwd, server);
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
  };
  return { proxy, seen };
}

/** All that the servers list, as the operator would. */
async function accept(cwd: string, servers: readonly GatewayServer[], config: string): Promise<void> {
  const how = { reason: "a test", accepted: "2026-01-01T00:00:00Z", flagged: FLAGGED };
  for (const { id, command } of servers) {
    const { server, lock } = gatewayServer(config, id, { cwd, env: process.env });
    await initPins(lock, server, how, lockText);
    if (command === undefined) rmSync(seenBy(cwd, id));
  }
}

/** Tools of the scripted server that have a sign of poison, for its own tests. */
const FLAGGED: readonly string[] = [];

function seenBy(cwd: string, server: string): string {
  return join(cwd, `seen-${server}`);
}
