/** A run under way, in memory: what the tests of the shell share. */
import type { SyscallRequest } from "../../src/abi/request.js";
import { Dispatch } from "../../src/kernel/dispatch.js";
import { ALLOW_ALL, kernel, payload, requestOf, runFacts, SECRET } from "./fixture.js";
import { scriptedPorts, type Script, type ScriptedPorts } from "./ports.js";

export type Running = ScriptedPorts & { readonly dispatch: Dispatch<SyscallRequest> };
export const CLOSE = { reason: "eof", strays: 0 } as const;
export const request = requestOf("tool.invoke", { arguments: payload({ path: "a" }) });

/** A run under way. `script` faults are counted from the first line (0: open, 1: policy). */
export async function running(script: Script = {}, source = ALLOW_ALL): Promise<Running> {
  const ports = scriptedPorts(script);
  const dispatch = new Dispatch<SyscallRequest>(kernel, ports);
  await dispatch.open(runFacts(), SECRET, { name: "test", source });
  return { ...ports, dispatch };
}
