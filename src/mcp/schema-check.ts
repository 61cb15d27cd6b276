/**
 * JSON Schemas of a server's tools: arguments are checked against the first one that it listed, results likewise
 * (MCP 2025-11-25, tools; dialect 2020-12 unless the schema names draft-07). Attacker-controlled: the schemas. Bounded in
 * size, depth and number of values; no `$ref` leaves the schema; patterns run in linear time or not at all.
 */
import type { Ajv as AjvClass, ErrorObject, Options, ValidateFunction } from "ajv";
import type { RE2JS } from "re2js";
import { canonicalJson } from "../base/canonical.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.js";
import { isPlainSchema } from "./plain-schema.js";
import { inTime } from "./schema-time.js";

/** UTF-16 code units of one schema. Honest ones stay under 20 Ki. */
const MAX_SCHEMA_CHARS = 256 * 1024;
const MAX_SCHEMA_DEPTH = 32;
/** Values in one schema; compiling costs some 20 microseconds each. */
const MAX_SCHEMA_VALUES = 4096;
/** Branches of `anyOf`, `oneOf` and `allOf` in one schema: nested, each multiplies the work of a check. */
const MAX_BRANCHES = 256;
const MAX_PATTERN_CHARS = 512;
const MAX_PATTERN_PROGRAM = 1000;
/** Tools whose schemas are kept in one session. */
const MAX_TOOLS = 10_000;
/** UTF-16 code units of all of them: 800 tools with the largest honest schemas. A list has as many pages as its server likes. */
const MAX_KEPT_CHARS = 16 * 1024 * 1024;

/** Why a schema cannot be used. */
export type SchemaFault = "too-large" | "remote-ref" | "dialect" | "pattern" | "invalid";

/** What does not hold, without any value: a place in the arguments or the result, and the schema's word for it. */
export interface Mismatch {
  readonly path: string;
  readonly keyword: string;
}

interface Usable {
  readonly check: (value: JsonValue) => Mismatch | undefined;
}
type Compiled = Usable | { readonly fault: SchemaFault };

const DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema";
const DRAFT_07 = "http://json-schema.org/draft-07/schema";

/** As text, which takes a tenth of the room; in place of what there is no room for, a word that is no JSON. */
type KeptSchema = string | undefined;
const TOO_LARGE = "too-large";

interface Kept {
  readonly input: KeptSchema;
  readonly output: KeptSchema;
  compiled?: Promise<ToolSchemas>;
}

/** The checks of one tool. Undefined where it has no schema, or one that cannot be used. */
export interface ToolSchemas {
  readonly input: Usable | undefined;
  readonly output: Usable | undefined;
}

const NONE: ToolSchemas = { input: undefined, output: undefined };

/** The schemas that one server has listed in one session. */
export class SchemaCheck {
  private readonly tools = new Map<string, Kept>();
  private readonly onFault: (fault: string) => void;
  private keptChars = 0;

  /** `onFault` is told of each schema that cannot be used, as `input:remote-ref`. */
  constructor(onFault: (fault: string) => void) {
    this.onFault = onFault;
  }

  /** A page of `tools/list`. INVARIANT: what was listed first stands; a change is the kernel's to refuse. */
  learn(result: JsonObject): void {
    const { tools } = result;
    for (const tool of Array.isArray(tools) ? (tools as readonly JsonValue[]) : []) {
      if (!isJsonObject(tool) || typeof tool["name"] !== "string") continue;
      if (this.tools.has(tool["name"]) || this.tools.size >= MAX_TOOLS) continue;
      this.tools.set(tool["name"], { input: this.kept(tool["inputSchema"]), output: this.kept(tool["outputSchema"]) });
    }
  }

  private kept(schema: JsonValue | undefined): KeptSchema {
    if (schema === undefined) return undefined;
    const text = canonicalJson(schema);
    if (text.length > Math.min(MAX_SCHEMA_CHARS, MAX_KEPT_CHARS - this.keptChars)) return TOO_LARGE;
    this.keptChars += text.length;
    return text;
  }

  /** The checks of a tool, compiled when first asked for. Never rejects. */
  of(tool: string): Promise<ToolSchemas> {
    const kept = this.tools.get(tool);
    if (kept === undefined) return Promise.resolve(NONE);
    return (kept.compiled ??= this.compile(kept));
  }

  private async compile({ input, output }: Kept): Promise<ToolSchemas> {
    const [checked, answered] = await Promise.all([compileKept(input), compileKept(output)]);
    return { input: this.usable(checked, "input"), output: this.usable(answered, "output") };
  }

  private usable(compiled: Compiled | undefined, of: "input" | "output"): Usable | undefined {
    if (compiled === undefined || "check" in compiled) return compiled;
    this.onFault(`${of}:${compiled.fault}`);
    return undefined;
  }
}

async function compileKept(schema: KeptSchema): Promise<Compiled | undefined> {
  if (schema === TOO_LARGE) return { fault: TOO_LARGE };
  return schema === undefined ? undefined : compileSchema(JSON.parse(schema) as JsonValue);
}

/** A schema as tools have it. */
const ORDINARY = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };

/**
 * Loads what compiles schemas, and lets it compile one. Whoever does this while a server starts does not wait for it at the
 * first call, where it would take a tenth of the time to the first result. Never rejects.
 */
export async function prepareSchemas(): Promise<void> {
  await compileSchema(ORDINARY);
}

/** One schema as a check; undefined for the absent one. */
export async function compileSchema(schema: JsonValue | undefined): Promise<Compiled | undefined> {
  if (schema === undefined) return undefined;
  const fault = faultIn(schema);
  if (fault !== undefined) return { fault };
  try {
    const validate = await validatorOf(schema as JsonObject | boolean);
    return checkOf(inTime(validate, schema));
  } catch (error) {
    return { fault: error instanceof PatternError ? "pattern" : "invalid" };
  }
}

/** Bounds, and references that would leave the schema. */
function faultIn(schema: JsonValue): SchemaFault | undefined {
  if (typeof schema === "boolean") return undefined;
  if (!isJsonObject(schema)) return "invalid";
  if (canonicalJson(schema).length > MAX_SCHEMA_CHARS) return "too-large";
  const counted = { values: 0, branches: 0 };
  return dialectFault(schema) ?? partFault(schema, 0, counted);
}

function dialectFault({ $schema }: JsonObject): SchemaFault | undefined {
  if ($schema === undefined) return undefined;
  const isKnown = typeof $schema === "string" && [DRAFT_2020, DRAFT_07].includes($schema.replace(/#$/, ""));
  return isKnown ? undefined : "dialect";
}

const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"] as const;
const BRANCHES = ["anyOf", "oneOf", "allOf"] as const;

function partFault(
  part: JsonValue,
  depth: number,
  counted: { values: number; branches: number },
): SchemaFault | undefined {
  if (typeof part !== "object" || part === null) return undefined;
  counted.values++;
  if (isJsonObject(part)) {
    if (leads(part, depth)) return "remote-ref";
    counted.branches += branchesOf(part);
  }
  const isOver = counted.values > MAX_SCHEMA_VALUES || counted.branches > MAX_BRANCHES;
  if (isOver || depth > MAX_SCHEMA_DEPTH) return "too-large";
  for (const member of Object.values(part) as readonly JsonValue[]) {
    const fault = partFault(member, depth + 1, counted);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function branchesOf(part: JsonObject): number {
  return BRANCHES.reduce((sum, name) => sum + (Array.isArray(part[name]) ? part[name].length : 0), 0);
}

/** Whether a part refers outside the schema, or has a base of its own, which would let an inner reference do so. */
function leads(part: JsonObject, depth: number): boolean {
  if (depth > 0 && typeof part["$id"] === "string") return true;
  return REFERENCES.some((name) => {
    const target = part[name];
    return typeof target === "string" && !target.startsWith("#");
  });
}

class PatternError extends Error {}

/** Loaded at the first schema, or by `prepareSchemas`: a command that checks none need not spend the time. */
let engines: Promise<Engines> | undefined;

type Dialect = new (options: Options) => AjvClass;

interface Engines {
  readonly draft07: Dialect;
  readonly draft2020: Dialect;
  readonly regex: typeof RE2JS;
}

async function load(): Promise<Engines> {
  const [ajv, ajv2020, re2] = await Promise.all([import("ajv"), import("ajv/dist/2020.js"), import("re2js")]);
  return { draft07: ajv.Ajv, draft2020: ajv2020.Ajv2020, regex: re2.RE2JS };
}

async function validatorOf(schema: JsonObject | boolean): Promise<ValidateFunction> {
  const { draft07, draft2020, regex } = await (engines ??= load());
  const dialect = typeof schema === "object" ? schema["$schema"] : undefined;
  const Validator = typeof dialect === "string" && dialect.startsWith(DRAFT_07) ? draft07 : draft2020;
  const options = { ...OPTIONS, code: { regExp: linearRegex(regex) } };
  // A root `$id` is a name and no place to go; without it, two tools may have one.
  const own = without(schema, "$id");
  if (!isPlainSchema(without(own, "$schema")) && !isOfItsDialect(own, Validator, options))
    throw new Error("no schema of its dialect");
  // Each schema has a validator of its own, so that none can name a part of another's.
  return new Validator({ ...options, meta: false, validateSchema: false }).compile(own);
}

function without(schema: JsonObject | boolean, left: string): JsonObject | boolean {
  if (typeof schema === "boolean") return schema;
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== left));
}

/** By the dialect's own schema, which is compiled when first asked for. */
function isOfItsDialect(schema: JsonObject | boolean, Validator: Dialect, options: Options): boolean {
  const meta = METAS.get(Validator) ?? new Validator(options);
  METAS.set(Validator, meta);
  return meta.validateSchema(schema) === true;
}

const OPTIONS = {
  // What an older or newer dialect knows beside this one is no fault of the schema's.
  strict: false,
  // Formats are many and loose; none is a promise that anything here depends on.
  validateFormats: false,
  // INVARIANT: nothing is fetched. Without `loadSchema`, ajv has no way to; partFault refuses what would ask.
  addUsedSchema: false,
  messages: false,
  logger: false,
  ownProperties: true,
} as const satisfies Options;

/** The validators of schemas themselves, by dialect. */
const METAS = new Map<Dialect, AjvClass>();

/** `pattern` and `patternProperties` by RE2: time linear in the text. What RE2 does not know makes the schema unusable. */
function linearRegex(re2: typeof RE2JS): NonNullable<NonNullable<Options["code"]>["regExp"]> {
  const compile = (source: string): { test: (text: string) => boolean; toString: () => string } => {
    if (source.length > MAX_PATTERN_CHARS) throw new PatternError();
    let program: RE2JS;
    try {
      program = re2.compile(source);
    } catch {
      throw new PatternError();
    }
    if (program.programSize() > MAX_PATTERN_PROGRAM) throw new PatternError();
    // INVARIANT: ajv keeps one program for each of these texts: two patterns must never have the same.
    return { test: (text) => program.test(text), toString: () => source };
  };
  // The source text that ajv would write into a module of its own, which is never done here.
  return Object.assign(compile, { code: "undefined" });
}

function checkOf(validate: ValidateFunction): Usable {
  return {
    check: (value) => {
      try {
        if (validate(value)) return undefined;
      } catch {
        // It took too long, or a recursive schema went deeper than the stack, on a value made for it.
        return { path: "", keyword: "unchecked" };
      }
      return mismatchOf(validate.errors?.[0]);
    },
  };
}

/** Attacker-controlled: names in the value and in the schema. Only the place and ajv's own word for it are told. */
function mismatchOf(error: ErrorObject | undefined): Mismatch {
  return { path: error?.instancePath.slice(0, 256) ?? "", keyword: error?.keyword ?? "schema" };
}
