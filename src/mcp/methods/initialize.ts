/** `initialize`: once, first; both sides learn only the capabilities that have contracts (MCP lifecycle). */
import { listOf, oneOf, optional, record, text } from "../../base/shape.js";
import { forwardVersion, REVISIONS } from "../wire/revisions.js";
import { cutClientCapabilities, cutServerCapabilities } from "./capabilities.js";
import { icons } from "./content.js";
import { requestContract } from "./contract.js";
import { jsonObject, openRecord, requestMeta } from "./shapes.js";

const icon = record({
  src: text(),
  mimeType: optional(text()),
  sizes: optional(listOf(text(), 64)),
  theme: optional(oneOf(["light", "dark"])),
});

/** Self-reported by the client: recorded and forwarded, never a ground for a decision. */
const implementation = record({
  name: text(),
  version: text(),
  title: optional(text()),
  description: optional(text()),
  websiteUrl: optional(text()),
  icons: optional(listOf(icon, 64)),
});

const params = record({
  protocolVersion: text({ max: 32 }),
  capabilities: jsonObject,
  clientInfo: implementation,
  _meta: optional(requestMeta),
});

export const initialize = requestContract({
  method: "initialize",
  sender: "client",
  revisions: REVISIONS,
  phases: ["opening"],
  params,
  result: openRecord({
    // A version without contracts ends the session: nothing of it could be judged.
    protocolVersion: oneOf(REVISIONS),
    capabilities: jsonObject,
    serverInfo: openRecord({
      name: text(),
      version: text(),
      title: optional(text()),
      description: optional(text()),
      websiteUrl: optional(text()),
      icons: optional(icons),
    }),
    instructions: optional(text()),
    _meta: optional(jsonObject),
  }),
  denial: "error",
  toReceiver: (asked, grants) => {
    const protocolVersion = forwardVersion(asked.protocolVersion);
    const capabilities = cutClientCapabilities(asked.capabilities, grants, protocolVersion);
    return { ...asked, protocolVersion, capabilities };
  },
  toSender: (result, grants) => ({
    ...result,
    capabilities: cutServerCapabilities(result.capabilities, grants, result.protocolVersion),
  }),
});
