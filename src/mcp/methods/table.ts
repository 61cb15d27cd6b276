/** The contract table: every method that may pass, by sender and form. What is not here is refused. */
import { clientCancelled, serverCancelled } from "./cancelled.js";
import type {
  ClientNotification,
  ClientRequest,
  Contract,
  NotificationContract,
  RequestContract,
  Sender,
  ServerNotification,
} from "./contract.js";
import { initialize } from "./initialize.js";
import { initialized } from "./initialized.js";
import { ping } from "./ping.js";
import { clientProgress, serverProgress } from "./progress.js";
import { toolsCall } from "./tools-call.js";
import { toolsList } from "./tools-list.js";

type Requests<N extends string> = { readonly [M in N]: RequestContract<M> };
type Notifications<N extends string> = { readonly [M in N]: NotificationContract<M> };

const clientRequests: Requests<ClientRequest> = {
  initialize,
  ping,
  "tools/list": toolsList,
  "tools/call": toolsCall,
};

const clientNotifications: Notifications<ClientNotification> = {
  "notifications/initialized": initialized,
  "notifications/cancelled": clientCancelled,
  "notifications/progress": clientProgress,
};

// No request of a server has a contract: sampling, elicitation, roots, even ping are refused to it.

const serverNotifications: Notifications<ServerNotification> = {
  "notifications/cancelled": serverCancelled,
  "notifications/progress": serverProgress,
};

export const CONTRACTS: readonly Contract[] = [clientRequests, clientNotifications, serverNotifications].flatMap(
  (rows: Readonly<Record<string, Contract>>) => Object.values(rows),
);

// A map, not the objects: `constructor` is no method.
const BY_NAME: ReadonlyMap<string, Contract> = new Map(
  CONTRACTS.map((row) => [tableKey(row.sender, row.form, row.method), row]),
);

/** The contract for a method, case-sensitive; a request and a notification of the same name are two methods. */
export function contractFor(sender: Sender, form: Contract["form"], method: string): Contract | undefined {
  return BY_NAME.get(tableKey(sender, form, method));
}

function tableKey(sender: Sender, form: Contract["form"], method: string): string {
  return `${sender} ${form} ${method}`;
}
