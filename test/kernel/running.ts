/** A run under way, in memory: what the tests of the shell share. */
import type { SyscallRequest } from "../../src/abi/request.js";
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import { nodeDigests } from "../../src/host/digests.js";
import { Dispatch } from "../../src/kernel/dispatch.js";
import { ALLOW_ALL, kernel, payload, requestOf, runFacts, SECRET } from "./fixture.js";
import { scriptedPorts, type Script, type ScriptedPorts } from "./ports.js";

export type Running = ScriptedPorts & { readonly dispatch: Dispatch<SyscallRequest> };
export const CLOSE = { reason: "eof", strays: 0 } as const;
export const request = requestOf("tool.invoke", { arguments: payload({ path: "a" }) });

/** A run under way. `script` faults are counted from the first line (0: open, 1: policy, 2: checkpoint). */
export async function running(script: Script = {}, source = ALLOW_ALL): Promise<Running> {
  const ports = scriptedPorts(script);
  const dispatch = new Dispatch<SyscallRequest>(kernel, nodeDigests, ports);
  await dispatch.open(runFacts({ format: FLIGHT_FORMAT }), SECRET, { name: "test", source });
  return { ...ports, dispatch };
}
