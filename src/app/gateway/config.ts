/** A gateway's configuration from a file: paths are its own folder's, and what would start is known before it does. */
import { dirname, isAbsolute, resolve } from "node:path";
import { DEFAULT_LOCK } from "../../abi/descriptors.js";
import { AgentkError } from "../../base/errors.js";
import { childEnvironment } from "../../host/child-environment.js";
import type { PolicyFault } from "../../policy/fault.js";
import { parseGateway, type GatewayDocument } from "../../policy/gateway.js";
import { policyFileOf } from "../package-info.js";
import type { LockChoice, RunServer } from "../pins/lock-file.js";
import { readTextFile } from "../text-file.js";

const MAX_CONFIG_BYTES = 256 * 1024;

/** A configuration that is not one: every fault found. The command that meets it fails a check (exit status 2). */
export class GatewayInvalid extends AgentkError {
  readonly faults: readonly PolicyFault[];

  constructor(file: string, faults: readonly PolicyFault[]) {
    const [first] = faults;
    const place = first === undefined ? { file } : { file, line: first.line, column: first.column };
    const hint = first?.hint ?? "see `agentk mcp-gateway --check`";
    super("policy-invalid", first?.problem ?? "is no configuration of a gateway", { place, hint });
    this.faults = faults;
  }
}

export interface ServerConfig {
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  readonly allowEnv: readonly string[];
  readonly responseTimeoutMs: number;
}

export interface GatewayConfig {
  readonly gateway: GatewayDocument["gateway"];
  readonly policyFile: string;
  readonly lock: LockChoice;
  readonly servers: readonly ServerConfig[];
}

/** Where a configuration's servers run. */
export interface RunWorld {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface GatewayServer {
  readonly server: RunServer & RunWorld & { readonly allowEnv: readonly string[] };
  readonly lock: string;
}

/**
 * @throws GatewayInvalid; AgentkError `file-unreadable` for the file, `usage` for a variable or policy that is not there
 */
export function readGatewayConfig(file: string, env: NodeJS.ProcessEnv): GatewayConfig {
  const parsed = parseGateway(readTextFile(file, MAX_CONFIG_BYTES));
  if (!parsed.ok) throw new GatewayInvalid(file, parsed.error);
  const { gateway, servers } = parsed.value;
  const folder = dirname(resolve(file));
  return {
    gateway,
    policyFile: resolve(folder, policyFileOf(gateway.policy)),
    lock: { file: resolve(folder, gateway.lock ?? DEFAULT_LOCK), isNamed: gateway.lock !== undefined },
    servers: servers.map(({ id, command, args, allow_env, response_timeout_ms }) => {
      const childEnv = childEnvironment(env, allow_env);
      if (!childEnv.ok) throw new AgentkError("usage", `server \`${id}\`: ${childEnv.error}`);
      const responseTimeoutMs = response_timeout_ms ?? gateway.response_timeout_ms;
      return {
        id,
        command: commandIn(folder, command),
        args,
        env: childEnv.value,
        allowEnv: allow_env,
        responseTimeoutMs,
      };
    }),
  };
}

/** The servers as a lock knows them. */
export function runServers(servers: readonly ServerConfig[], { cwd, env }: RunWorld): readonly RunServer[] {
  return servers.map(({ id, command, args }) => ({ serverId: id, command, args, cwd, env }));
}

/**
 * The one server of a configuration that is asked for its descriptors, and the lock of the configuration.
 * @throws as readGatewayConfig; AgentkError `usage` when it has no such server
 */
export function gatewayServer(file: string, serverId: string, world: RunWorld): GatewayServer {
  const { servers, lock } = readGatewayConfig(file, world.env);
  const found = servers.find(({ id }) => id === serverId);
  if (found === undefined) {
    const hint = `name one with --server-id: ${servers.map(({ id }) => id).join(", ")}`;
    throw new AgentkError("usage", `the gateway has no server \`${serverId}\``, { place: { file }, hint });
  }
  const { command, args, allowEnv } = found;
  return { server: { ...world, command, args, allowEnv, serverId }, lock: lock.file };
}

/** A bare word is looked for in `PATH`; a path is one from the configuration's folder. */
function commandIn(folder: string, command: string): string {
  return command.includes("/") && !isAbsolute(command) ? resolve(folder, command) : command;
}
