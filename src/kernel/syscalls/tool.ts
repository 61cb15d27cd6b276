/** Tools of an MCP server: their descriptors, calls and results. Target: `server/tool`. */
import { record, text } from "../../base/shape.js";
import { MAX_NAME_CHARS } from "../../base/limits.js";
import { NAME_FORM } from "../../abi/signed.js";
import { OUTSIDE } from "../../mmu/lattice.js";
import { defineRow, type Row } from "../row.js";
import { afterServer, describeRow } from "./describe.js";

const name = text({ max: MAX_NAME_CHARS, form: NAME_FORM });

function toolOf(target: string, server: string): { readonly tool: string } | undefined {
  const tool = afterServer(target, server);
  return tool === undefined ? undefined : { tool };
}

/** Reading descriptors: `item` is what is described, e.g. `tools` or `instructions`. */
export const toolDescribe: Row = describeRow("tool.describe");

/** A tool call. What a tool does is unknown until an operator says so, so it is never a low risk. */
export const toolInvoke: Row = defineRow({
  subject: record({ tool: name }),
  target: ({ tool }, server) => `${server}/${tool}`,
  subjectOf: toolOf,
  flow: "both",
  gives: OUTSIDE,
  response: "tool.response",
  risk: "medium",
  driver: "mcp",
});

/** Handing a tool's result to the agent. Decided for every result; never requested by a client. */
export const toolResponse: Row = defineRow({
  subject: record({ tool: name }),
  target: ({ tool }, server) => `${server}/${tool}`,
  subjectOf: toolOf,
  flow: "source",
  gives: OUTSIDE,
  response: "tool.response",
  risk: "low",
  driver: "none",
});
