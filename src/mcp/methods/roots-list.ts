/**
 * `roots/list`: asked by a server, answered by agentk from the policy, or by the client where the operator has it so
 * (`[mcp] roots = "client"`): then it is a question like any other, decided and recorded, and so is its answer.
 */
import { MAX_URI_CHARS } from "../../base/limits.js";
import { listOf, optional, text, type Shape } from "../../base/shape.js";
import { REVISIONS } from "../wire/revisions.js";
import { requestContract } from "./contract.js";
import { uriProblem } from "./resource-uri.js";
import { jsonObject, metaOnly, openRecord } from "./shapes.js";

/** More than a client has open. */
const MAX_CLIENT_ROOTS = 256;

/** One text for every reader, so that a server cannot be led to another place than the log has. Files alone (MCP, roots). */
const root: Shape<string> = {
  check: (value, path) => {
    if (typeof value !== "string" || value.length > MAX_URI_CHARS || !/^file:\/\/\//i.test(value))
      return { path, problem: "is no file URI" };
    const problem = uriProblem(value);
    return problem === undefined ? undefined : { path, problem };
  },
};

export const rootsList = requestContract({
  method: "roots/list",
  sender: "server",
  feature: "roots",
  revisions: REVISIONS,
  phases: ["ready"],
  params: metaOnly,
  result: openRecord({
    roots: listOf(openRecord({ uri: root, name: optional(text()), _meta: optional(jsonObject) }), MAX_CLIENT_ROOTS),
    _meta: optional(jsonObject),
  }),
  denial: "error",
  // There are no arguments that a `transform` could change.
  withArguments: ({ _meta }) => (_meta === undefined ? {} : { _meta }),
  syscall: () => ({ kind: "context.read", subject: { source: "client/roots" } }),
});
