/** What a gateway's configuration would start, or what is wrong with it, as text and as JSON. */
import { visible } from "../evidence/visible.js";
import type { PolicyFault } from "../policy/fault.js";
import { reportJson } from "./json.js";
import { policyFaultsText } from "./policy-report.js";

const FORMAT = "agentk-gateway-check/1";

export interface GatewayPlan {
  readonly id: string;
  readonly policy: string;
  /** Undefined when no descriptors are accepted beforehand. */
  readonly lock: string | undefined;
  readonly servers: readonly { readonly id: string; readonly command: string; readonly args: readonly string[] }[];
}

export function gatewayJson(file: string, { id, policy, lock, servers }: GatewayPlan): string {
  // Arguments can hold credentials: how many there are is enough to compare by.
  const shown = servers.map((server) => ({ id: server.id, command: server.command, args: server.args.length }));
  return `${reportJson({ format: FORMAT, file, ok: true, id, policy, lock: lock ?? null, servers: shown, faults: [] })}\n`;
}

export function gatewayText(file: string, { id, policy, lock, servers }: GatewayPlan): string {
  const lines = servers.map(({ id: server, command, args }) => {
    const words = args.length === 0 ? "" : ` with ${String(args.length)} arguments`;
    return `  ${visible(server)}: ${visible(command)}${words}; its tools are ${visible(server)}__<tool>\n`;
  });
  const held = lock === undefined ? "" : `, held to ${visible(lock)},`;
  return `${visible(file)}: valid; gateway ${visible(id)} under ${visible(policy)}${held} would start\n${lines.join("")}`;
}

export function gatewayFaultsJson(file: string, faults: readonly PolicyFault[]): string {
  return `${reportJson({ format: FORMAT, file, ok: false, faults })}\n`;
}

export const gatewayFaultsText = policyFaultsText;
