/** `prompts/list`: names and descriptions of prompts, untrusted text that a model or a person will read. */
import { flag, listOf, optional, text } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { icons } from "./content.js";
import { requestContract } from "./contract.js";
import { pageParams, pageResult } from "./listing.js";
import { jsonObject, openRecord } from "./shapes.js";

const argument = openRecord({
  name: text(),
  title: optional(text()),
  description: optional(text()),
  required: optional(flag()),
});
const prompt = openRecord({
  name: text(),
  title: optional(text()),
  description: optional(text()),
  arguments: optional(listOf(argument, 1024)),
  icons: optional(icons),
  _meta: optional(jsonObject),
});

export const promptsList = requestContract({
  method: "prompts/list",
  sender: "client",
  feature: "prompts",
  revisions: REVISIONS,
  phases: ["ready"],
  params: pageParams,
  result: openRecord({ prompts: listOf(prompt), ...pageResult }),
  denial: "error",
  syscall: () => ({ kind: "prompt.describe", subject: { item: "prompts" } }),
});
