/** What the operator's policy grants of the protocol: the parts that pass at all. */
import { CLIENT_ROOTS, DEFAULT_MCP, type McpFeature, type PolicyMcp } from "../../policy/ast.js";

/** Roots are granted by naming some, or by letting the client name its own. */
export type Granted = McpFeature | "roots";

export interface Grants {
  readonly has: (feature: Granted) => boolean;
  /** Absolute `file:` URIs: what agentk answers a server that asks. None where the client is asked. */
  readonly roots: readonly string[];
  /** Whether a server that asks for roots gets the client's. */
  readonly hasClientRoots: boolean;
  readonly trace: boolean;
  /** Whether answers may come before the question. */
  readonly earlyAnswers: boolean;
}

export function grantsOf(mcp: PolicyMcp = DEFAULT_MCP): Grants {
  const features = new Set<Granted>(mcp.features);
  if (mcp.roots.length > 0) features.add("roots");
  const hasClientRoots = mcp.roots === CLIENT_ROOTS;
  const roots = mcp.roots === CLIENT_ROOTS ? [] : mcp.roots;
  const { trace, early_answers: earlyAnswers } = mcp;
  return { has: (feature) => features.has(feature), roots, hasClientRoots, trace, earlyAnswers };
}
