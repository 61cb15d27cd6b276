/** The three tools of `mcp-server`: what they are called, take and give. */
import type { JsonObject } from "../../base/json.js";

export const MEDIATE = "agentk.mediate";
export const DESCRIBE = "agentk.mediate_descriptor";
export const RECORD = "agentk.record_response";

const name = { type: "string", minLength: 1, maxLength: 128 } as const;
const names = { type: "array", items: { type: "string" }, maxItems: 64 } as const;
const callId = { type: "string", pattern: "^c[0-9]+$" } as const;

const decision = {
  decision: { enum: ["allow", "deny", "ask", "transform", "defer"] },
  rule: { type: "string" },
  reason: { type: "string" },
  says: { type: "string" },
  retryable: { type: "boolean" },
  call: callId,
  log: { type: "string" },
} as const;

const DECIDED = ["decision", "rule", "reason", "says", "retryable", "log"];

/** What the kernel found in what came in. */
const page = { page: { type: "string" }, labels: { type: "array", items: { type: "string" } }, signs: names } as const;

function closed(properties: JsonObject, required: readonly string[]): JsonObject {
  return { additionalProperties: false, properties, required, type: "object" };
}

/** Descriptors as `tools/list` gives them (MCP 2025-11-25, Tool). */
export const KERNEL_TOOLS: readonly JsonObject[] = [
  {
    name: MEDIATE,
    description:
      "Decides whether an agent may call a tool, and records it. Executes nothing: an allowed call stays open until agentk.record_response brings its result.",
    inputSchema: closed(
      {
        agent_id: name,
        tool: name,
        intent: { type: "string" },
        labels: names,
        capabilities: names,
        arguments: { type: "object" },
      },
      ["agent_id", "tool"],
    ),
    outputSchema: closed(
      {
        ...{ executed: { const: false }, agent_id: name, tool: name, ...decision },
        // What the policy made of the arguments; they are to be used in place of those that were sent.
        arguments: { type: "object" },
        open: { type: "boolean" },
      },
      ["executed", "agent_id", "tool", "open", ...DECIDED],
    ),
  },
  {
    name: DESCRIBE,
    description: "Labels a tool's descriptor, records it, and says whether the agent may see it, and in which form.",
    inputSchema: closed({ agent_id: name, descriptor: { type: "object" } }, ["agent_id", "descriptor"]),
    outputSchema: closed({ agent_id: name, ...decision, ...page, descriptor: { type: "object" } }, [
      "agent_id",
      ...DECIDED,
    ]),
  },
  {
    name: RECORD,
    description:
      "Brings the result of a call that agentk.mediate allowed: it is labelled and recorded, and the answer says whether the agent may see it, and in which form.",
    inputSchema: closed({ call: callId, result: {} }, ["call", "result"]),
    outputSchema: closed({ ...decision, ...page, result: {} }, DECIDED),
  },
];
