/**
 * `Mcp-Param-*` headers, which repeat arguments of a call for who routes it: a tool's input schema says which of them
 * (MCP 2026-07-28, transports: custom headers). Attacker-controlled: schemas, arguments and headers.
 */
import type { IncomingHttpHeaders } from "node:http";
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { decodeHeader, encodeHeader } from "./headers.js";

const PREFIX = "mcp-param-";
const KEY = "x-mcp-header";
/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
const DECIMAL = /^-?\d{1,20}(?:\.0{1,20})?$/;
const TYPES: readonly unknown[] = ["string", "integer", "boolean"];

const MAX_TOOLS = 10_000;
const MAX_DEPTH = 16;
const MAX_DECLARED = 32;
/** Servers take some 16 KiB of headers in all: a longer value is left out, and the server says that it is missing. */
const MAX_VALUE_CHARS = 4096;

interface Declared {
  /** In lower case, with the prefix. */
  readonly header: string;
  /** Where the argument stands. */
  readonly path: readonly string[];
}

/** What one server's tools declare, as far as they have been listed. */
export class ParamHeaders {
  private readonly tools = new Map<string, readonly Declared[]>();

  /** A page of `tools/list`: what is listed last counts, as it does for clients. */
  learn({ tools }: JsonObject): void {
    for (const tool of Array.isArray(tools) ? (tools as readonly JsonValue[]) : []) {
      if (!isJsonObject(tool) || typeof tool["name"] !== "string") continue;
      if (this.tools.has(tool["name"]) || this.tools.size < MAX_TOOLS)
        this.tools.set(tool["name"], declaredIn(tool["inputSchema"]));
    }
  }

  /** The headers of a call. */
  of(params: JsonObject | undefined): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const { header, path } of this.declared(params)) {
      const value = textAt(params?.["arguments"], path);
      const carried = value === undefined ? undefined : encodeHeader(value);
      if (carried !== undefined && carried.length <= MAX_VALUE_CHARS) headers[header] = carried;
    }
    return headers;
  }

  /**
   * The header that does not say what the call says, or says what no argument does; undefined when there is none. A tool
   * that nobody has listed yet declares nothing: a client that knew it from elsewhere lists again, and asks once more.
   */
  fault(params: JsonObject | undefined, headers: IncomingHttpHeaders): string | undefined {
    const expected = new Map<string, string>();
    for (const { header, path } of this.declared(params)) {
      const value = textAt(params?.["arguments"], path);
      if (value !== undefined) expected.set(header, value);
    }
    const given = Object.keys(headers).filter((name) => name.startsWith(PREFIX));
    return [...expected.keys(), ...given].find((name) => !isSame(headers[name], expected.get(name)));
  }

  private declared(params: JsonObject | undefined): readonly Declared[] {
    const name = params?.["name"];
    return typeof name === "string" ? (this.tools.get(name) ?? []) : [];
  }
}

function isSame(given: string | string[] | undefined, expected: string | undefined): boolean {
  if (typeof given !== "string" || expected === undefined) return false;
  const said = decodeHeader(given);
  if (said === expected) return true;
  return said !== undefined && DECIMAL.test(said) && DECIMAL.test(expected) && Number(said) === Number(expected);
}

/** A schema that declares anything amiss declares nothing: clients leave such a tool out. */
function declaredIn(schema: JsonValue | undefined): readonly Declared[] {
  if (!isJsonObject(schema)) return [];
  const found: Declared[] = [];
  const isRight = collect(schema, [], found) && found.length === JSON.stringify(schema).split(`"${KEY}":`).length - 1;
  const names = new Set(found.map(({ header }) => header));
  return isRight && names.size === found.length ? found : [];
}

/** Only properties of properties: what depends on a choice or an index is nowhere in particular. */
function collect(schema: JsonObject, path: readonly string[], found: Declared[]): boolean {
  const { properties } = schema;
  if (!isJsonObject(properties) || path.length >= MAX_DEPTH) return true;
  return Object.entries(properties).every(([name, part]) => {
    if (!isJsonObject(part)) return true;
    const place = [...path, name];
    const header = Object.hasOwn(part, KEY) ? part[KEY] : undefined;
    if (header === undefined) return collect(part, place, found);
    if (typeof header !== "string" || !TOKEN.test(header) || !TYPES.includes(part["type"])) return false;
    found.push({ header: PREFIX + header.toLowerCase(), path: place });
    return found.length <= MAX_DECLARED;
  });
}

/** An argument as a header says it; undefined where there is none, or none that a header could say. */
function textAt(value: JsonValue | undefined, path: readonly string[]): string | undefined {
  let at = value;
  for (const name of path) at = isJsonObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  if (typeof at === "string") return at;
  if (typeof at === "boolean") return String(at);
  return typeof at === "number" && Number.isSafeInteger(at) ? String(at) : undefined;
}
