/** What the agent reads, remembers and asks of a model. */
import { record, text } from "../../base/shape.js";
import { BOTTOM, OUTSIDE } from "../../mmu/lattice.js";
import { defineRow, shownOrigin, shownPrefix, type Row } from "../row.js";

const key = text({ max: 1024 });

/** Raw text goes to a model: a sink, since the model's host sees it, and a source, since its answer is data. */
export const modelCall: Row = defineRow({
  subject: record({ model: key }),
  target: ({ model }) => model,
  subjectOf: (target) => ({ model: target }),
  flow: "both",
  gives: OUTSIDE,
  response: "model.call",
  risk: "medium",
  driver: "none",
  // A server asks for the client's model (MCP sampling).
  serverDriver: "mcp",
});

/** What a client has open, as a server that asks for it reads it (MCP roots). */
const CLIENT_ROOTS = "client/roots";

/** Reading a document, page or mail into the context. */
export const contextRead: Row = defineRow({
  subject: record({ source: key }),
  target: ({ source }) => source,
  // A name of ours holds nobody's secret, and whole it can be told apart by rules and readers of the log.
  shown: (target) => (target === CLIENT_ROOTS ? target : shownOrigin(target)),
  flow: "source",
  gives: OUTSIDE,
  response: "context.read",
  risk: "low",
  driver: "none",
  // A server asks for the client's roots.
  serverDriver: "mcp",
});

const memory = {
  subject: record({ namespace: text({ max: 128, form: /^[^/]+$/ }), key }),
  target: (subject: { readonly namespace: string; readonly key: string }) => `${subject.namespace}/${subject.key}`,
  shown: shownPrefix,
  response: "memory.read",
  driver: "none",
} as const;

/** What is remembered keeps the labels it was written with; until that store exists, nothing is known of it. */
export const memoryRead: Row = defineRow({ ...memory, flow: "source", gives: OUTSIDE, risk: "low" });
export const memoryWrite: Row = defineRow({ ...memory, flow: "sink", gives: BOTTOM, risk: "medium" });
