/** The contract table of 2026-07-28: every method that may pass, by sender and form. What is not here is refused. */
import type { Grants } from "../methods/granted.js";
import type { Contract, Sender } from "../methods/contract.js";
import { discover } from "./contracts/discover.js";
import type { ModernContract, ModernRequest } from "./contracts/contract.js";
import {
  acknowledged,
  listen,
  promptsChanged,
  resourcesChanged,
  resourceUpdated,
  toolsChanged,
} from "./contracts/listen.js";
import { clientCancelled, message, progress, serverCancelled } from "./contracts/notifications.js";
import { complete, promptsGet, promptsList } from "./contracts/prompts.js";
import { resourcesList, resourcesRead, templatesList } from "./contracts/resources.js";
import { tasksCancel, tasksGet, tasksStatus, tasksUpdate } from "./contracts/tasks.js";
import { toolsCall, toolsList } from "./contracts/tools.js";

// No request of a server: there are none on the wire (MCP 2026-07-28). What it asks stands in results.

export const MODERN_CONTRACTS: readonly ModernContract[] = [
  discover,
  toolsList,
  toolsCall,
  resourcesList,
  templatesList,
  resourcesRead,
  promptsList,
  promptsGet,
  complete,
  listen,
  tasksGet,
  tasksUpdate,
  tasksCancel,
  clientCancelled,
  serverCancelled,
  progress,
  message,
  acknowledged,
  resourceUpdated,
  toolsChanged,
  promptsChanged,
  resourcesChanged,
  tasksStatus,
];

// A map, not an object: `constructor` is no method.
const BY_NAME: ReadonlyMap<string, ModernContract> = new Map(
  MODERN_CONTRACTS.map((row) => [tableKey(row.sender, row.form, row.method), row]),
);

/** The contract for a method under what the operator grants, case-sensitive. */
export function modernContract(
  sender: Sender,
  form: Contract["form"],
  method: string,
  grants: Grants,
): ModernContract | undefined {
  const row = BY_NAME.get(tableKey(sender, form, method));
  return row?.feature === undefined || grants.has(row.feature) ? row : undefined;
}

export function isModernRequest(contract: Contract): contract is ModernRequest {
  return contract.form === "request" && Object.hasOwn(contract, "mayAsk");
}

function tableKey(sender: Sender, form: Contract["form"], method: string): string {
  return `${sender} ${form} ${method}`;
}
