/** Reads `agentk.lock` (docs/formats/agentk-lock.md): who a server is, and which of its descriptors the operator has accepted. */
import { z } from "./zod.js";
import type { Digests } from "../base/digest.js";
import { MAX_DESCRIPTOR_CHARS, MAX_KEY_NOTE_CHARS, MAX_NAME_CHARS } from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import { parseStrictJson } from "../base/strict-json.js";
import { isJsonObject, type JsonObject } from "../base/json.js";
import { canonicalJson } from "../base/canonical.js";
import { DESCRIPTOR_LISTS, type DescriptorList } from "../abi/descriptors.js";
import { HEX64 } from "../abi/payload.js";
import { NAME_FORM } from "../abi/signed.js";
import { faultsOf, type KeysOf, type PathFault, type PolicyFault } from "./fault.js";
import { placesIn } from "./locate.js";
import { parseInstant } from "./match/time.js";
import { quoted } from "./quoted.js";
import { placed, readToml } from "./toml.js";

/** One accepted descriptor. */
export interface LockedDescriptor {
  /** A tool's or prompt's name, a template's `uriTemplate`. */
  readonly name: string;
  readonly sha256: string;
  readonly inputSchemaSha256?: string;
  readonly outputSchemaSha256?: string;
  /** RFC 3339, with `Z`. */
  readonly accepted: string;
  readonly reason: string;
  /** RFC 8785 text: what was accepted, so that a change can be shown. */
  readonly descriptor: string;
}

/** Who a server is. What does not hold for it is absent. */
export interface ServerIdentity {
  /** The command line, word by word. */
  readonly command: readonly string[];
  /** `name@version` of the npm package that the command is in. */
  readonly package?: string;
  /** SHA-256 of the executable or script. */
  readonly binarySha256?: string;
  /** The MCP revision that it answered with. */
  readonly protocol?: string;
}

export type LockedServer = ServerIdentity & {
  readonly id: string;
} & Readonly<Record<DescriptorList, readonly LockedDescriptor[]>>;

export interface Lock {
  readonly servers: readonly LockedServer[];
}

/** Room for the URI of a template. */
const MAX_TEMPLATE_CHARS = 1024;
const MAX_WORDS = 256;
const MAX_WORD_CHARS = 4096;
/** Servers, and descriptors of one list: a lock is read by people. */
const MAX_SERVERS = 64;
const MAX_DESCRIPTORS = 4096;

const LONE_SURROGATE = /\p{Surrogate}/u;

const text = (what: string, most: number): z.ZodString =>
  z
    .string()
    .min(1, `\`${what}\` must not be empty`)
    .max(most, `\`${what}\` is longer than ${String(most)} characters`);
const digest = (what: string): z.ZodString => z.string().regex(HEX64, `\`${what}\` must be 64 lower-case hex digits`);
const serverId = text("id", MAX_NAME_CHARS).regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]*$/, "`id` must be a server's id");
const instant = z.string().refine((value) => value.endsWith("Z") && parseInstant(value) !== undefined, {
  message: "`accepted` must be a time such as `2027-01-01T00:00:00Z`",
});

const descriptorShape = {
  name: text("name", MAX_TEMPLATE_CHARS).regex(NAME_FORM, "`name` holds a character that cannot be shown"),
  sha256: digest("sha256"),
  input_schema_sha256: digest("input_schema_sha256").exactOptional(),
  output_schema_sha256: digest("output_schema_sha256").exactOptional(),
  accepted: instant,
  reason: text("reason", MAX_KEY_NOTE_CHARS),
  descriptor: text("descriptor", MAX_DESCRIPTOR_CHARS),
};
const descriptors = z
  .array(z.strictObject(descriptorShape))
  .max(MAX_DESCRIPTORS, `a server may have at most ${String(MAX_DESCRIPTORS)} of these`)
  .exactOptional();

const serverShape = {
  id: serverId,
  command: z.array(z.string().max(MAX_WORD_CHARS, "a word of `command` is too long")).min(1).max(MAX_WORDS),
  package: text("package", 256).exactOptional(),
  binary_sha256: digest("binary_sha256").exactOptional(),
  protocol: text("protocol", 32).exactOptional(),
  tools: descriptors,
  prompts: descriptors,
  templates: descriptors,
};

const lockSchema = z.strictObject({
  version: z.unknown().refine((value) => value === 1, "`version` must be 1"),
  servers: z
    .array(z.strictObject(serverShape))
    .max(MAX_SERVERS, `a lock may hold at most ${String(MAX_SERVERS)} servers`)
    .exactOptional(),
});

const LISTS: ReadonlySet<string> = new Set(DESCRIPTOR_LISTS);

const keysOf: KeysOf = ([servers, list]) => {
  if (servers === undefined) return ["version", "servers"];
  return list !== undefined && LISTS.has(list) ? Object.keys(descriptorShape) : Object.keys(serverShape);
};

type ParsedLock = z.infer<typeof lockSchema>;
type ParsedServer = NonNullable<ParsedLock["servers"]>[number];
type ParsedDescriptor = NonNullable<ParsedServer["tools"]>[number];

/**
 * The lock of a source, or all its faults in the order of the text. INVARIANT: each hash is that of the descriptor beside
 * it, so what a diff shows is what is accepted.
 */
export function parseLock(source: string, digests: Pick<Digests, "sha256Hex">): Result<Lock, readonly PolicyFault[]> {
  const lone = source.search(LONE_SURROGATE);
  if (lone >= 0) return err([{ ...placesIn(source)(lone), problem: "the text is not valid Unicode" }]);
  const toml = readToml(source);
  if (!toml.ok) return err([toml.error]);
  const parsed = lockSchema.safeParse(toml.value, { reportInput: true });
  if (!parsed.success) {
    return err(
      placed(
        source,
        parsed.error.issues.flatMap((issue) => faultsOf(issue, keysOf)),
      ),
    );
  }
  const { servers = [] } = parsed.data;
  const faults = [
    ...twice(servers, "id", ["servers"]),
    ...servers.flatMap((one, at) => serverFaults(one, at, digests)),
  ];
  return faults.length > 0 ? err(placed(source, faults)) : ok({ servers: servers.map(serverOf) });
}

function serverFaults(server: ParsedServer, at: number, digests: Pick<Digests, "sha256Hex">): readonly PathFault[] {
  return DESCRIPTOR_LISTS.flatMap((list) => {
    const items = server[list] ?? [];
    const path = ["servers", at, list];
    return [
      ...twice(items, "name", path),
      ...items.flatMap((item, index) =>
        descriptorFaults(list, item, digests).map(([key, problem]) => ({ path: [...path, index, key], problem })),
      ),
    ];
  });
}

/** Which of two entries of one name would be meant? */
function twice<K extends string>(
  items: readonly Readonly<Record<K, string>>[],
  key: K,
  path: PathFault["path"],
): readonly PathFault[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const name = item[key];
    const isTwice = seen.has(name);
    seen.add(name);
    return isTwice ? [{ path: [...path, index, key], problem: `${quoted(name)} stands in the list before` }] : [];
  });
}

type Fault = readonly [key: string, problem: string];

function descriptorFaults(
  list: DescriptorList,
  item: ParsedDescriptor,
  digests: Pick<Digests, "sha256Hex">,
): readonly Fault[] {
  const read = parseStrictJson(item.descriptor);
  if (!read.ok || !isJsonObject(read.value.value)) return [["descriptor", "`descriptor` is no JSON object"]];
  const { value, canonical } = read.value;
  if (canonical !== item.descriptor) return [["descriptor", "`descriptor` is not in RFC 8785 form"]];
  const faults: Fault[] = [];
  if (value[list === "templates" ? "uriTemplate" : "name"] !== item.name)
    faults.push(["name", "`name` is not the descriptor's"]);
  const wanted = hashesOf(value, digests);
  for (const key of ["sha256", "input_schema_sha256", "output_schema_sha256"] as const) {
    if (item[key] !== wanted[key]) faults.push([key, `\`${key}\` is not the digest of the descriptor beside it`]);
  }
  return faults;
}

/** The digests that a lock keeps of a descriptor. */
export function hashesOf(
  descriptor: JsonObject,
  digests: Pick<Digests, "sha256Hex">,
): Pick<ParsedDescriptor, "sha256" | "input_schema_sha256" | "output_schema_sha256"> {
  const { inputSchema, outputSchema } = descriptor;
  const sha256 = digests.sha256Hex(canonicalJson(descriptor));
  return {
    sha256,
    ...(inputSchema === undefined ? {} : { input_schema_sha256: digests.sha256Hex(canonicalJson(inputSchema)) }),
    ...(outputSchema === undefined ? {} : { output_schema_sha256: digests.sha256Hex(canonicalJson(outputSchema)) }),
  };
}

function serverOf(server: ParsedServer): LockedServer {
  const { id, command, protocol, binary_sha256, tools = [], prompts = [], templates = [] } = server;
  return {
    id,
    command,
    ...(server.package === undefined ? {} : { package: server.package }),
    ...(binary_sha256 === undefined ? {} : { binarySha256: binary_sha256 }),
    ...(protocol === undefined ? {} : { protocol }),
    tools: tools.map(descriptorOf),
    prompts: prompts.map(descriptorOf),
    templates: templates.map(descriptorOf),
  };
}

function descriptorOf(item: ParsedDescriptor): LockedDescriptor {
  const { name, sha256, input_schema_sha256, output_schema_sha256, accepted, reason, descriptor } = item;
  return {
    name,
    sha256,
    ...(input_schema_sha256 === undefined ? {} : { inputSchemaSha256: input_schema_sha256 }),
    ...(output_schema_sha256 === undefined ? {} : { outputSchemaSha256: output_schema_sha256 }),
    accepted,
    reason,
    descriptor,
  };
}
