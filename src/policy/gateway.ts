/** Reads the configuration of a gateway (docs/gateway.md): which servers stand behind one boundary. */
import { z } from "./zod.js";
import { DURABLE_FROM } from "../abi/syscalls.js";
import {
  MAX_CLIENT_MESSAGES,
  MAX_IN_FLIGHT,
  MAX_LINE_BYTES,
  MAX_NAME_CHARS,
  MAX_RESTARTS,
  RESPONSE_TIMEOUT_MS,
} from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import { wholeNumberSchema } from "./conditions/quantity.js";
import { faultsOf, type KeysOf, type PathFault, type PolicyFault } from "./fault.js";
import { placesIn } from "./locate.js";
import { quoted } from "./quoted.js";
import { placed, readToml } from "./toml.js";

/** Servers behind one gateway: each is a process, and each listing waits for all. */
const MAX_SERVERS = 32;
const MAX_WORDS = 256;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** INVARIANT: no `_`: the first `__` of a tool's name ends the server's part (mcp/gateway/names.ts). */
const SERVER_ID = /^[A-Za-z0-9-]{1,32}$/;
/** As the proxy's own flags: letters, digits and what addresses hold. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/;

const plainName = (key: string, form: RegExp, says: string): z.ZodString =>
  z
    .string()
    .max(MAX_NAME_CHARS, `\`${key}\` is longer than ${String(MAX_NAME_CHARS)} characters`)
    .regex(form, { error: (issue) => `\`${key}\` ${quoted(issue.input)} must be ${says}` });

const count = (key: string, most = 999_999_999): z.ZodType<number> => wholeNumberSchema(key, 1, most);

const gatewayShape = {
  id: plainName("id", /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/, "letters, digits and `.`, `_`, `:`, `@`, `-`").default(
    "gateway",
  ),
  agent_id: plainName("agent_id", PLAIN_NAME, "letters, digits and `.`, `_`, `:`, `/`, `@`, `-`").default(
    "agent://mcp/gateway",
  ),
  policy: z.string().min(1, "`policy` must not be empty").default("guard"),
  lock: z.string().min(1, "`lock` must not be empty").exactOptional(),
  response_timeout_ms: count("response_timeout_ms").default(RESPONSE_TIMEOUT_MS),
  max_client_messages: count("max_client_messages").default(MAX_CLIENT_MESSAGES),
  restarts: wholeNumberSchema("restarts", 0, 1000).default(MAX_RESTARTS),
  max_in_flight: count("max_in_flight").default(MAX_IN_FLIGHT),
  max_line_bytes: count("max_line_bytes", MAX_LINE_BYTES).default(MAX_LINE_BYTES),
  payloads: z
    .enum(["sealed", "none"], {
      error: (issue) => `\`payloads\` must be \`sealed\` or \`none\`, found ${quoted(issue.input)}`,
    })
    .default("sealed"),
  durable: z
    .enum(DURABLE_FROM, {
      error: (issue) =>
        `\`durable\` must be one of ${DURABLE_FROM.map(quoted).join(", ")}, found ${quoted(issue.input)}`,
    })
    .default("medium"),
};

const serverShape = {
  id: z.string().regex(SERVER_ID, {
    error: (issue) => `the server id ${quoted(issue.input)} must be 1 to 32 of letters, digits and \`-\``,
  }),
  command: z.string().min(1, "`command` must not be empty"),
  args: z
    .array(z.string())
    .max(MAX_WORDS, `\`args\` has more than ${String(MAX_WORDS)} items`)
    .default([]),
  allow_env: z
    .array(z.string())
    .max(MAX_WORDS, `\`allow_env\` has more than ${String(MAX_WORDS)} items`)
    .default([]),
  response_timeout_ms: count("response_timeout_ms").exactOptional(),
};

const document = z.strictObject({
  gateway: z.strictObject(gatewayShape).prefault({}),
  servers: z
    .array(z.strictObject(serverShape))
    .min(1, "`servers` must hold at least one server")
    .max(MAX_SERVERS, `\`servers\` has more than ${String(MAX_SERVERS)} servers`),
});

export type GatewayDocument = z.infer<typeof document>;

const KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ["", ["gateway", "servers"]],
  ["gateway", Object.keys(gatewayShape)],
  ["servers", Object.keys(serverShape)],
]);
const keysOf: KeysOf = (tables) => KEYS.get(tables.join(".")) ?? [];

/** The configuration of a source, or all its faults in the order of the text. */
export function parseGateway(source: string): Result<GatewayDocument, readonly PolicyFault[]> {
  const lone = source.search(LONE_SURROGATE);
  if (lone >= 0) return err([{ ...placesIn(source)(lone), problem: "the text is not valid Unicode" }]);
  const toml = readToml(source);
  if (!toml.ok) return err([toml.error]);
  const parsed = document.safeParse(toml.value, { reportInput: true });
  if (!parsed.success)
    return err(
      placed(
        source,
        parsed.error.issues.flatMap((issue) => faultsOf(issue, keysOf)),
      ),
    );
  const faults = twice(parsed.data);
  return faults.length === 0 ? ok(parsed.data) : err(placed(source, faults));
}

/** Ids that differ in case alone are one to a reader: whose tool would he allow? */
function twice({ gateway, servers }: GatewayDocument): readonly PathFault[] {
  const seen = new Set([gateway.id.toLowerCase()]);
  return servers.flatMap(({ id }, index) => {
    const isKnown = seen.has(id.toLowerCase());
    seen.add(id.toLowerCase());
    return isKnown
      ? [{ path: ["servers", index, "id"], problem: `the id ${quoted(id)} is in use, for a server or the gateway` }]
      : [];
  });
}
