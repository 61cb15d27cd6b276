/** `sampling/createMessage`: a server asks for an answer of the client's model. Denied unless the policy says otherwise. */
import type { JsonObject } from "../../base/json.js";
import { integer, listOf, oneOf, optional, record, text } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { modelContent, role } from "./content.js";
import { requestContract } from "./contract.js";
import { bounded, jsonObject, number, openRecord, requestMeta, schemaObject, toolName, withoutMeta } from "./shapes.js";

const preferences = record({
  hints: optional(listOf(record({ name: optional(text()) }), 64)),
  costPriority: optional(bounded(0, 1)),
  speedPriority: optional(bounded(0, 1)),
  intelligencePriority: optional(bounded(0, 1)),
});

const tool = record({
  name: toolName,
  title: optional(text()),
  description: optional(text()),
  inputSchema: schemaObject,
});

export const sampling = requestContract({
  method: "sampling/createMessage",
  sender: "server",
  feature: "sampling",
  revisions: REVISIONS,
  phases: ["ready"],
  since: { tools: "2025-11-25", toolChoice: "2025-11-25" },
  params: record({
    messages: listOf(record({ role, content: modelContent, _meta: optional(jsonObject) }), 1024),
    modelPreferences: optional(preferences),
    systemPrompt: optional(text()),
    // What other servers have said is not for this one: no other context is ever included.
    includeContext: optional(oneOf(["none"])),
    temperature: optional(number),
    maxTokens: integer(1),
    stopSequences: optional(listOf(text(), 64)),
    metadata: optional(jsonObject),
    tools: optional(listOf(tool, 128)),
    toolChoice: optional(record({ mode: optional(oneOf(["auto", "required", "none"])) })),
    _meta: optional(requestMeta),
  }),
  result: openRecord({
    role,
    content: modelContent,
    model: text(),
    stopReason: optional(text()),
    _meta: optional(jsonObject),
  }),
  denial: "error",
  withArguments: ({ _meta }, values) => ({ ...values, ...(_meta === undefined ? {} : { _meta }) }),
  syscall: (asked) => ({ kind: "model.call", subject: { model: CLIENT_MODEL }, arguments: withoutMeta(asked) }),
});

/** Which model answers is the client's to choose: a server's hints are arguments, no target. */
const CLIENT_MODEL = "client";

/** Whether the question or its messages use tools, which the client must have said it can (2025-11-25). */
export function usesTools({ tools, toolChoice, messages }: JsonObject): boolean {
  if (tools !== undefined || toolChoice !== undefined) return true;
  const list = Array.isArray(messages) ? (messages as readonly JsonObject[]) : [];
  return list.some(({ content }) =>
    blocksOf(content).some(({ type }) => type === "tool_use" || type === "tool_result"),
  );
}

/** Whether a message holds a list of blocks, which no revision before 2025-11-25 knows. */
export function hasBlockLists({ messages }: JsonObject): boolean {
  return Array.isArray(messages) && (messages as readonly JsonObject[]).some(({ content }) => Array.isArray(content));
}

function blocksOf(content: unknown): readonly JsonObject[] {
  return (Array.isArray(content) ? content : [content]) as readonly JsonObject[];
}
