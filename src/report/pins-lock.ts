/** `agentk.lock` as text: one order, one form, so that a version control's diff shows what was accepted and no more. */
import { DESCRIPTOR_LISTS } from "../abi/descriptors.js";
import type { Lock, LockedDescriptor, LockedServer } from "../policy/lock.js";
import { tomlLines, tomlString } from "./toml-text.js";

const HEAD = `# What the operator has accepted of each MCP server: read it, commit it, and change it with \`agentk pins\`.
# A descriptor that is not here, or no longer the same, is kept from the client and cannot be called.
version = 1
`;

/** INVARIANT: policy/lock.ts reads what stands here as the very lock that was written. */
export function lockText(lock: Lock): string {
  return [HEAD, ...lock.servers.map(serverText)].join("\n");
}

function serverText(server: LockedServer): string {
  const lists = DESCRIPTOR_LISTS.flatMap((list) => server[list].map((item) => descriptorText(list, item)));
  const head = table("servers", [
    ["id", server.id],
    ["command", server.command],
    ["package", server.package],
    ["binary_sha256", server.binarySha256],
    ["protocol", server.protocol],
  ]);
  return [head, ...lists].join("\n");
}

function descriptorText(list: string, item: LockedDescriptor): string {
  return table(`servers.${list}`, [
    ["name", item.name],
    ["sha256", item.sha256],
    ["input_schema_sha256", item.inputSchemaSha256],
    ["output_schema_sha256", item.outputSchemaSha256],
    ["accepted", item.accepted],
    ["reason", item.reason],
    ["descriptor", item.descriptor],
  ]);
}

type Member = readonly [key: string, value: string | readonly string[] | undefined];

function table(name: string, members: readonly Member[]): string {
  const lines = members.flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${valueText(value)}`]));
  return [`[[${name}]]`, ...lines, ""].join("\n");
}

function valueText(value: string | readonly string[]): string {
  return typeof value === "string" ? tomlString(value) : tomlLines(value.map(tomlString));
}
