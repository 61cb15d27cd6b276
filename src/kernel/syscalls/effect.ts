/** Acts on the world outside the context: secrets, the network, files, people, other agents. */
import { oneOf, optional, record, text } from "../../base/shape.js";
import { MAX_NAME_CHARS } from "../../base/limits.js";
import { BOTTOM, OUTSIDE } from "../../mmu/lattice.js";
import { defineRow, shownOrigin, type Row } from "../row.js";

/** Opening a secret gives a handle, never bytes; what the handle stands for is secret. */
export const secretOpen: Row = defineRow({
  subject: record({ secret: text({ max: MAX_NAME_CHARS }) }),
  target: ({ secret }) => secret,
  subjectOf: (target) => ({ secret: target }),
  flow: "source",
  gives: { ...BOTTOM, confidentiality: "secret" },
  response: "secret.open",
  risk: "high",
  driver: "none",
});

export const networkSend: Row = defineRow({
  subject: record({
    url: text({ max: 8192 }),
    method: optional(oneOf(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])),
  }),
  target: ({ url }) => url,
  shown: shownOrigin,
  flow: "both",
  gives: OUTSIDE,
  response: "network.send",
  risk: "medium",
  driver: "none",
});

export const filePatch: Row = defineRow({
  subject: record({ path: text({ max: 4096 }) }),
  target: ({ path }) => path,
  shown: () => "(redacted)",
  flow: "sink",
  gives: BOTTOM,
  response: "file.patch",
  risk: "high",
  driver: "none",
});

/**
 * Asking a person. INVARIANT: the answer endorses nothing: it comes by the client, to a question whose words, choices and
 * defaults may be a server's (MCP elicitation).
 */
export const humanApprove: Row = defineRow({
  subject: record({ about: text({ max: MAX_NAME_CHARS }) }),
  target: ({ about }) => about,
  subjectOf: (target) => ({ about: target }),
  flow: "both",
  gives: OUTSIDE,
  response: "human.approve",
  risk: "medium",
  driver: "none",
  serverDriver: "mcp",
});

export const agentSpawn: Row = defineRow({
  subject: record({ agent: text({ max: MAX_NAME_CHARS }) }),
  target: ({ agent }) => agent,
  subjectOf: (target) => ({ agent: target }),
  flow: "sink",
  gives: OUTSIDE,
  response: "agent.spawn",
  risk: "high",
  driver: "none",
});
