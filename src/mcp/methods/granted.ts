/** What the operator's policy grants of the protocol: the parts that pass at all. */
import { DEFAULT_MCP, type McpFeature, type PolicyMcp } from "../../policy/ast.js";

/** Roots are granted by naming some. */
export type Granted = McpFeature | "roots";

export interface Grants {
  readonly has: (feature: Granted) => boolean;
  /** Absolute `file:` URIs. */
  readonly roots: readonly string[];
  readonly trace: boolean;
}

export function grantsOf(mcp: PolicyMcp = DEFAULT_MCP): Grants {
  const features = new Set<Granted>(mcp.features);
  if (mcp.roots.length > 0) features.add("roots");
  return { has: (feature) => features.has(feature), roots: mcp.roots, trace: mcp.trace };
}
