/** Prompts of an MCP server: text that a server writes for the model. Target: `server/prompt`. */
import { record, text } from "../../base/shape.js";
import { MAX_NAME_CHARS } from "../../base/limits.js";
import { NAME_FORM } from "../../abi/signed.js";
import { OUTSIDE } from "../../mmu/lattice.js";
import { defineRow, shownPrefix, type Row } from "../row.js";

const shared = {
  subject: record({ prompt: text({ max: MAX_NAME_CHARS, form: NAME_FORM }) }),
  target: (subject: { readonly prompt: string }, server: string) => `${server}/${subject.prompt}`,
  shown: shownPrefix,
  flow: "source",
  gives: OUTSIDE,
  risk: "low",
  driver: "none",
} as const;

export const promptDescribe: Row = defineRow({ ...shared, response: "prompt.describe" });
export const promptGet: Row = defineRow({ ...shared, response: "prompt.response" });
export const promptResponse: Row = defineRow({ ...shared, response: "prompt.response" });
