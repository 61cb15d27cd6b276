/**
 * What a server says of its tools, cut to what a policy draft needs. Attacker-controlled: all of it; every text is
 * shortened and every list bounded here, so that nothing later need be.
 */
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.js";

/** Names read of one schema; a schema with more is marked as cut. */
const MAX_SCHEMA_NAMES = 64;
/** Values looked at in one schema, and how deep. */
const MAX_SCHEMA_VALUES = 2_000;
const MAX_SCHEMA_DEPTH = 12;
/** In code points. */
const MAX_DESCRIPTION = 100;

/** The tool's own annotations, where it gives them outright (MCP 2025-11-25, ToolAnnotations). */
export interface ToolClaims {
  readonly readOnly: boolean | undefined;
  readonly destructive: boolean | undefined;
  readonly openWorld: boolean | undefined;
}

export interface SchemaNames {
  /** Of the members at the top. */
  readonly top: readonly string[];
  /** Of members anywhere below. */
  readonly below: readonly string[];
  /** True when there was more than is read: then nothing may be concluded from what is missing. */
  readonly isCut: boolean;
}

export interface ServerTool {
  readonly name: string;
  /** Its first characters. */
  readonly description: string;
  readonly inputs: SchemaNames;
  readonly outputs: SchemaNames;
  readonly claims: ToolClaims;
}

/** Of a descriptor whose `name` is a string. */
export function readTool(name: string, descriptor: JsonObject): ServerTool {
  const { description, inputSchema, outputSchema, annotations } = descriptor;
  const hints = isJsonObject(annotations) ? annotations : {};
  return {
    name,
    description: typeof description === "string" ? shortened(description, MAX_DESCRIPTION) : "",
    inputs: schemaNames(inputSchema),
    outputs: schemaNames(outputSchema),
    claims: {
      readOnly: claim(hints["readOnlyHint"]),
      destructive: claim(hints["destructiveHint"]),
      openWorld: claim(hints["openWorldHint"]),
    },
  };
}

/** The first `most` code points; only so much of the text is looked at. */
export function shortened(text: string, most: number): string {
  const characters = Array.from(text.slice(0, 2 * most + 2));
  return characters.length > most || text.length > 2 * most + 2 ? `${characters.slice(0, most).join("")}...` : text;
}

function claim(value: JsonValue | undefined): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

/** Every name under a `properties`, wherever it stands in the schema, `$defs` and `anyOf` included. */
function schemaNames(schema: JsonValue | undefined): SchemaNames {
  const walk = new SchemaWalk();
  if (schema !== undefined) walk.schema(schema, 0);
  return { top: [...walk.top], below: [...walk.below], isCut: walk.isCut };
}

class SchemaWalk {
  readonly top = new Set<string>();
  readonly below = new Set<string>();
  isCut = false;
  private seen = 0;

  schema(value: JsonValue, depth: number): void {
    if (typeof value !== "object" || value === null || this.isOver(depth)) return;
    if (!isJsonObject(value)) {
      for (const item of value) this.schema(item, depth + 1);
      return;
    }
    for (const [key, member] of Object.entries(value)) {
      if (key === "properties" && isJsonObject(member)) this.properties(member, depth);
      else this.schema(member, depth + 1);
    }
  }

  private properties(members: JsonObject, depth: number): void {
    const names = depth === 0 ? this.top : this.below;
    for (const [name, member] of Object.entries(members)) {
      if (names.size >= MAX_SCHEMA_NAMES) this.isCut = true;
      if (this.isOver(depth)) return;
      names.add(name);
      this.schema(member, depth + 1);
    }
  }

  private isOver(depth: number): boolean {
    if (++this.seen > MAX_SCHEMA_VALUES || depth > MAX_SCHEMA_DEPTH) this.isCut = true;
    return this.isCut;
  }
}
