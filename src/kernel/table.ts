/** The syscall table: one row a kind. A kind without a row does not compile; a name without a kind is denied. */
import type { SyscallName } from "../abi/syscalls.js";
import type { Row } from "./row.js";
import { contextRead, memoryRead, memoryWrite, modelCall } from "./syscalls/context.js";
import { agentSpawn, filePatch, humanApprove, networkSend, secretOpen } from "./syscalls/effect.js";
import { promptDescribe, promptGet, promptResponse } from "./syscalls/prompt.js";
import { resourceDescribe, resourceRead, resourceResponse } from "./syscalls/resource.js";
import { toolDescribe, toolInvoke, toolResponse } from "./syscalls/tool.js";

export const SYSCALLS = {
  "model.call": modelCall,
  "context.read": contextRead,
  "memory.read": memoryRead,
  "memory.write": memoryWrite,
  "tool.describe": toolDescribe,
  "tool.invoke": toolInvoke,
  "tool.response": toolResponse,
  "resource.describe": resourceDescribe,
  "resource.read": resourceRead,
  "resource.response": resourceResponse,
  "prompt.describe": promptDescribe,
  "prompt.get": promptGet,
  "prompt.response": promptResponse,
  "secret.open": secretOpen,
  "network.send": networkSend,
  "file.patch": filePatch,
  "human.approve": humanApprove,
  "agent.spawn": agentSpawn,
} as const satisfies Record<SyscallName, Row>;
