/** What a policy draft makes of each tool: the class, what becomes of a call, and what the arguments must be. */
import { NAME_FORM } from "../abi/signed.js";
import { MAX_NAME_CHARS } from "../base/limits.js";
import { escapeSegment } from "../base/pointer.js";
import { classifyTool, type ToolClass } from "../policy/classify/act.js";
import { argumentRoles, type ArgumentRole } from "../policy/classify/roles.js";
import type { ServerTool } from "../mcp/server-tools.js";

/** allow: always; vouch: when what it acts on was said by somebody trusted; ask: a human; omit: denied. */
export type Treatment = "allow" | "vouch" | "ask" | "omit";

export interface DraftTool {
  readonly tool: ServerTool;
  readonly class: ToolClass;
  readonly treatment: Treatment;
  /** Why it is treated so, where the class alone does not say. */
  readonly because?: string;
  /** Path patterns of the arguments that must come from somebody trusted. */
  readonly guarded: readonly string[];
}

const GUARDED: ReadonlySet<ArgumentRole> = new Set(["destination", "address", "path", "command", "credential"]);
const EVERYTHING = "/**";
/** A policy's path may have 1 024 characters; names of honest arguments are far shorter. */
const MAX_ARGUMENT_NAME = 256;
/** Tests in one rule; a tool with more has all its arguments guarded by one. */
const MAX_GUARDED = 16;

/** Every tool once, in the server's order. */
export function draftTools(tools: readonly ServerTool[]): readonly DraftTool[] {
  const counts = new Map<string, number>();
  for (const { name } of tools) counts.set(name, (counts.get(name) ?? 0) + 1);
  const first = new Map(tools.toReversed().map((tool) => [tool.name, tool]));
  return tools
    .filter((tool) => first.get(tool.name) === tool)
    .map((tool) => draftOf(tool, (counts.get(tool.name) ?? 0) > 1));
}

function draftOf(tool: ServerTool, isDouble: boolean): DraftTool {
  const found = withClaims(classifyTool(tool.name), tool);
  const draft = { tool, class: found, guarded: [] };
  const isPassable = NAME_FORM.test(tool.name) && tool.name.length <= MAX_NAME_CHARS;
  if (!isPassable) return { ...draft, treatment: "omit", because: "agentk passes no tool of such a name" };
  if (isDouble) return { ...draft, treatment: "omit", because: "the server lists it more than once" };
  if (found.risk === "high") return { ...draft, treatment: "ask" };
  if (found.act === "read") return { ...draft, treatment: "allow" };
  const guarded = guardedPaths(tool);
  if (guarded.length > 0) return { ...draft, treatment: "vouch", guarded };
  return { ...draft, treatment: "ask", because: "none of its arguments is known to say what it acts on" };
}

/** A server's claim that a tool does harm is believed; a claim that it does none is not. */
function withClaims(found: ToolClass, { claims }: ServerTool): ToolClass {
  if (claims.destructive === true && claims.readOnly !== true && found.risk !== "high")
    return {
      act: found.act === "read" ? "write" : found.act,
      risk: "high",
      reason: `${found.reason}, destroys by its own account`,
    };
  if (found.act !== "read" || found.risk === "high") return found;
  if (claims.readOnly === false) return { act: "write", risk: "medium", reason: "writes by its own account" };
  if (claims.openWorld === true) return { act: "send", risk: "medium", reason: "reaches outside by its own account" };
  return found;
}

function guardedPaths({ name, inputs }: ServerTool): readonly string[] {
  if (inputs.isCut || [...inputs.top, ...inputs.below].some((argument) => !isWritable(argument))) return [EVERYTHING];
  const paths = [
    ...guardedNames(name, inputs.top).map((argument) => `/${escapeSegment(argument)}/**`),
    ...guardedNames(name, inputs.below).map((argument) => `/**/${escapeSegment(argument)}/**`),
  ];
  return paths.length > MAX_GUARDED ? [EVERYTHING] : paths;
}

function guardedNames(tool: string, names: readonly string[]): readonly string[] {
  return argumentRoles(tool, names)
    .filter(({ role }) => GUARDED.has(role))
    .map(({ name }) => name);
}

/** A star cannot be written in a path's segment. */
function isWritable(argument: string): boolean {
  return !argument.includes("*") && argument.length <= MAX_ARGUMENT_NAME;
}
