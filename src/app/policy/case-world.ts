/** The world of policy cases: a bare run of the kernel for each case (policy/cases-run.ts). */
import type { JsonObject, JsonValue } from "../../base/json.js";
import type { SyscallName } from "../../abi/syscalls.js";
import type { CaseCall, CasePage, CaseWorld } from "../../policy/cases-run.js";
import { BareRun } from "./bare-run.js";

export function openCaseWorld(source: string): CaseWorld {
  const run = new BareRun(source);
  return {
    user: (text) => {
      const { event } = run.user(text);
      if (event.type === "page" && event.value.delivery.verdict !== "allow") {
        throw new Error("the policy names no channel for the user's words: see `[trust]`");
      }
    },
    page: (page) => {
      takePage(run, page);
    },
    call: (call) => {
      if (call.at_ms !== undefined) run.setClock(call.at_ms);
      const { syscall, server, agent, labels } = call;
      const args = { args: asJson(call.arguments) as JsonObject };
      const { decision } = run.call({
        ...{ kind: syscall, server, subject: subjectOf(syscall, call), labels },
        ...(syscall === "tool.invoke" || Object.keys(call.arguments).length > 0 ? args : {}),
        ...(agent === undefined ? {} : { agent }),
      });
      return decision;
    },
  };
}

/** A page of a tool is the result of a call of it; any other came by itself, as a server's instructions do. */
function takePage(run: BareRun, { server, tool, method, result }: CasePage): void {
  const value = asJson(result);
  if (tool === undefined) {
    run.page({ server, method, result: value });
    return;
  }
  const made = run.call({ kind: "tool.invoke", server, subject: { tool }, args: {} });
  run.answer(made, { content: [], structuredContent: value });
}

/** What each kind names its target by; see kernel/syscalls. */
const SUBJECTS: Readonly<Record<SyscallName, readonly string[]>> = {
  "model.call": ["model"],
  "context.read": ["source"],
  "memory.read": ["namespace", "key"],
  "memory.write": ["namespace", "key"],
  "tool.describe": ["item"],
  "tool.invoke": ["tool"],
  "tool.response": ["tool"],
  "resource.describe": ["item"],
  "resource.read": ["uri"],
  "resource.response": ["uri"],
  "prompt.describe": ["item"],
  "prompt.get": ["prompt"],
  "prompt.response": ["prompt"],
  "secret.open": ["secret"],
  "network.send": ["url"],
  "file.patch": ["path"],
  "human.approve": ["about"],
  "agent.spawn": ["agent"],
};

function subjectOf(kind: SyscallName, { tool, target }: Pick<CaseCall, "tool" | "target">): Record<string, string> {
  const [first = "", second] = SUBJECTS[kind];
  const named = target ?? tool ?? "";
  if (second === undefined) return { [first]: first === "tool" ? (tool ?? named) : named };
  const slash = named.indexOf("/");
  return { [first]: named.slice(0, Math.max(slash, 0)), [second]: named.slice(slash + 1) };
}

/** TOML has dates, which JSON writes as text. */
function asJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
