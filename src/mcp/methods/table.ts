/** The contract table: every method that may pass, by sender and form. What is not here is refused. */
import {
  elicitationComplete,
  promptsChanged,
  resourcesChanged,
  resourceUpdated,
  toolsChanged,
} from "./announcements.js";
import { clientCancelled, serverCancelled } from "./cancelled.js";
import { complete } from "./completion.js";
import type {
  ClientNotification,
  ClientRequest,
  Contract,
  NotificationContract,
  RequestContract,
  Sender,
  ServerNotification,
  ServerRequest,
} from "./contract.js";
import { elicitation } from "./elicitation.js";
import { initialize } from "./initialize.js";
import { initialized } from "./initialized.js";
import { loggingMessage, loggingSetLevel } from "./logging.js";
import { ping, serverPing } from "./ping.js";
import { clientProgress, serverProgress } from "./progress.js";
import { promptsGet } from "./prompts-get.js";
import { promptsList } from "./prompts-list.js";
import { resourcesList } from "./resources-list.js";
import { resourcesRead, resourcesSubscribe, resourcesUnsubscribe } from "./resources-read.js";
import { resourceTemplatesList } from "./resources-templates-list.js";
import { rootsList } from "./roots-list.js";
import { sampling } from "./sampling.js";
import { tasksCancel, tasksGet, tasksList, tasksResult, taskStatus } from "./tasks.js";
import { toolsCall } from "./tools-call.js";
import { toolsList } from "./tools-list.js";

type Requests<N extends string> = { readonly [M in N]: RequestContract<M> };
type Notifications<N extends string> = { readonly [M in N]: NotificationContract<M> };

const clientRequests: Requests<ClientRequest> = {
  initialize,
  ping,
  "tools/list": toolsList,
  "tools/call": toolsCall,
  "resources/list": resourcesList,
  "resources/templates/list": resourceTemplatesList,
  "resources/read": resourcesRead,
  "resources/subscribe": resourcesSubscribe,
  "resources/unsubscribe": resourcesUnsubscribe,
  "prompts/list": promptsList,
  "prompts/get": promptsGet,
  "completion/complete": complete,
  "logging/setLevel": loggingSetLevel,
  "tasks/get": tasksGet,
  "tasks/result": tasksResult,
  "tasks/list": tasksList,
  "tasks/cancel": tasksCancel,
};

// A server makes no task at a client: `tasks/...` of a server has no row, nor has `task` in what it asks.

const serverRequests: Requests<ServerRequest> = {
  ping: serverPing,
  "roots/list": rootsList,
  "sampling/createMessage": sampling,
  "elicitation/create": elicitation,
};

const clientNotifications: Notifications<ClientNotification> = {
  "notifications/initialized": initialized,
  "notifications/cancelled": clientCancelled,
  "notifications/progress": clientProgress,
};

// `notifications/roots/list_changed` of the client has none: the roots are the policy's.

const serverNotifications: Notifications<ServerNotification> = {
  "notifications/cancelled": serverCancelled,
  "notifications/progress": serverProgress,
  "notifications/message": loggingMessage,
  "notifications/resources/updated": resourceUpdated,
  "notifications/resources/list_changed": resourcesChanged,
  "notifications/tools/list_changed": toolsChanged,
  "notifications/prompts/list_changed": promptsChanged,
  "notifications/elicitation/complete": elicitationComplete,
  "notifications/tasks/status": taskStatus,
};

export const CONTRACTS: readonly Contract[] = [
  clientRequests,
  serverRequests,
  clientNotifications,
  serverNotifications,
].flatMap((rows: Readonly<Record<string, Contract>>) => Object.values(rows));

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
