/** Prompts of an MCP server: text that a server writes for the model. Target: `server/prompt`; of the list, `server/item`. */
import { record, text } from "../../base/shape.js";
import { MAX_NAME_CHARS } from "../../base/limits.js";
import { NAME_FORM } from "../../abi/signed.js";
import { OUTSIDE } from "../../mmu/lattice.js";
import { defineRow, shownPrefix, type Row } from "../row.js";
import { describeRow } from "./describe.js";

const shared = {
  subject: record({ prompt: text({ max: MAX_NAME_CHARS, form: NAME_FORM }) }),
  target: (subject: { readonly prompt: string }, server: string) => `${server}/${subject.prompt}`,
  shown: shownPrefix,
  flow: "source",
  gives: OUTSIDE,
  response: "prompt.response",
  risk: "low",
} as const;

/** Reading the list: `item` is `prompts`. */
export const promptDescribe: Row = describeRow("prompt.describe");
/** What is given as arguments leaves for the server. */
export const promptGet: Row = defineRow({ ...shared, flow: "both", driver: "mcp" });
/** Handing a prompt to the agent. Decided for every answer; never requested by a client. */
export const promptResponse: Row = defineRow({ ...shared, driver: "none" });
