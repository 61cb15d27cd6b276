/** Reads a manifest of trusted signers (docs/keys.md): the Rust AgentK's version 1, and version 2 with times. */
import { z } from "./zod.js";
import { MAX_KEY_NOTE_CHARS } from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import { faultsOf, type KeysOf, type PathFault, type PolicyFault } from "./fault.js";
import { placesIn } from "./locate.js";
import { parseInstant } from "./match/time.js";
import { quoted } from "./quoted.js";
import { placed, readToml } from "./toml.js";

/** Times are milliseconds since 1970. */
export interface TrustedSigner {
  readonly publicKey: string;
  readonly label?: string;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly revokedAt?: number;
  readonly suspectFrom?: number;
}

/** Why a key may not be trusted: a predicate, or undefined when it may (evidence/ed25519.ts has one). */
export type KeyFault = (publicKeyHex: string) => string | undefined;

const LONE_SURROGATE = /\p{Surrogate}/u;

const label = z
  .string()
  .regex(/^(?=.*\S)[^\p{C}\p{Zl}\p{Zp}]+$/u, "`label` must be one line with something on it")
  .max(MAX_KEY_NOTE_CHARS, `\`label\` is longer than ${String(MAX_KEY_NOTE_CHARS)} characters`)
  .exactOptional();

/** With `Z` and nothing else: two people who read the file must not think of two moments. */
const instant = z
  .string()
  .transform((text, context) => {
    const ms = text.endsWith("Z") ? parseInstant(text) : undefined;
    if (ms !== undefined) return ms;
    context.addIssue({ code: "custom", message: `${quoted(text)} is no time: write \`2027-01-01T00:00:00Z\`` });
    return z.NEVER;
  })
  .exactOptional();

const keyShape = { public_key: z.string(), label };
const TIMES = { not_before: instant, not_after: instant, revoked_at: instant, suspect_from: instant };
const version = z.union([z.literal(1), z.literal(2)], { error: "`version` must be 1 or 2" });

function manifestOf<K extends z.core.$ZodShape>(
  key: K,
): z.ZodObject<
  {
    version: typeof version;
    trusted_keys: z.ZodArray<z.ZodObject<K, z.core.$strict>>;
  },
  z.core.$strict
> {
  return z.strictObject({
    version,
    trusted_keys: z.array(z.strictObject(key)).min(1, "`trusted_keys` must hold at least one key"),
  });
}

const SCHEMAS = { 1: manifestOf(keyShape), 2: manifestOf({ ...keyShape, ...TIMES }) };

/** The keys that tables have, by version. */
const keysOf =
  (found: 1 | 2): KeysOf =>
  ([table]) =>
    table === undefined ? ["version", "trusted_keys"] : Object.keys(found === 1 ? keyShape : { ...keyShape, ...TIMES });

/** The signers of a source, or all its faults in the order of the text. */
export function parseTrustedSigners(
  source: string,
  keyFault: KeyFault,
): Result<readonly TrustedSigner[], readonly PolicyFault[]> {
  const lone = source.search(LONE_SURROGATE);
  if (lone >= 0) return err([{ ...placesIn(source)(lone), problem: "the text is not valid Unicode" }]);
  const toml = readToml(source);
  if (!toml.ok) return err([toml.error]);
  // A version that is neither is told by the schema of either.
  const found = toml.value["version"] === 1 ? 1 : 2;
  const parsed = SCHEMAS[found].safeParse(toml.value, { reportInput: true });
  const faults = [
    ...(parsed.error?.issues.flatMap((issue) => faultsOf(issue, keysOf(found))) ?? []),
    ...keyFaults(toml.value, keyFault),
  ];
  if (!parsed.success || faults.length > 0) return err(placed(source, faults));
  const signers = parsed.data.trusted_keys.map((key) => signerOf(key));
  const wrong = signers.flatMap(timeFaults);
  return wrong.length === 0 ? ok(signers) : err(placed(source, wrong));
}

/** Each key by itself, and that none stands twice: which of two windows would be meant? */
function keyFaults(file: Readonly<Record<string, unknown>>, keyFault: KeyFault): readonly PathFault[] {
  const list: readonly unknown[] = Array.isArray(file["trusted_keys"]) ? file["trusted_keys"] : [];
  const seen = new Set<string>();
  return list.flatMap((one, index) => {
    const key = typeof one === "object" && one !== null && "public_key" in one ? one.public_key : undefined;
    if (typeof key !== "string") return [];
    const problem = seen.has(key) ? "stands in the list before" : keyFault(key);
    seen.add(key);
    return problem === undefined
      ? []
      : [{ path: ["trusted_keys", index, "public_key"], problem: `the key ${quoted(key)} ${problem}` }];
  });
}

type ParsedKey = z.infer<(typeof SCHEMAS)[2]>["trusted_keys"][number];

function signerOf({ public_key, label: name, ...times }: ParsedKey): TrustedSigner {
  return {
    publicKey: public_key,
    ...(name !== undefined && { label: name }),
    ...(times.not_before !== undefined && { notBefore: times.not_before }),
    ...(times.not_after !== undefined && { notAfter: times.not_after }),
    ...(times.revoked_at !== undefined && { revokedAt: times.revoked_at }),
    ...(times.suspect_from !== undefined && { suspectFrom: times.suspect_from }),
  };
}

/** Times that say nothing together: a window without a moment, a suspicion that leads to no revocation. */
function timeFaults({ notBefore, notAfter, revokedAt, suspectFrom }: TrustedSigner, index: number): PathFault[] {
  const faults: PathFault[] = [];
  const say = (key: string, problem: string): void => void faults.push({ path: ["trusted_keys", index, key], problem });
  if (notBefore !== undefined && notAfter !== undefined && notAfter <= notBefore)
    say("not_after", "`not_after` must be later than `not_before`");
  if (suspectFrom !== undefined && revokedAt === undefined) say("suspect_from", "`suspect_from` needs a `revoked_at`");
  if (suspectFrom !== undefined && revokedAt !== undefined && suspectFrom > revokedAt)
    say("suspect_from", "`suspect_from` must not be later than `revoked_at`");
  return faults;
}
