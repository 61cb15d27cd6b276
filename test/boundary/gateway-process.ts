/** A gateway before several real servers, with what each has seen. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

export function startGateway(name: string, setup: GatewaySetup): RunningGateway {
  const cwd = testFolder(name);
  const config = gatewayConfig(cwd, setup);
  const proxy = new ProxyProcess({ cwd, command: "mcp-gateway", server: [], flags: ["--config", config] });
  const seen = (server: string): readonly string[] => {
    const file = seenBy(cwd, server);
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
  };
  return { proxy, seen };
}

function seenBy(cwd: string, server: string): string {
  return join(cwd, `seen-${server}`);
}
