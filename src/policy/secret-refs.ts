/** Reads a manifest of secret references (docs/secret-refs.md). INVARIANT: no fault holds a part of what it says. */
import { z } from "./zod.js";
import { MAX_SECRET_REFS, MAX_SECRET_REF_CHARS } from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import type { Path, PathFault, PolicyFault } from "./fault.js";
import { placesIn } from "./locate.js";
import { nearest } from "./nearest.js";
import { kindOf } from "./quoted.js";
import { placed, readToml } from "./toml.js";

export interface SecretEntry {
  /** What policies and calls name: `secret://...`. */
  readonly target: string;
  readonly provider: string;
  /** Where the provider has it. */
  readonly reference: string;
}

/** Why a provider cannot have this reference; undefined when it can. What it says must quote neither. */
export type ReferenceFault = (provider: string, reference: string) => string | undefined;

const LONE_SURROGATE = /\p{Surrogate}/u;
const KEYS = { file: ["version", "secrets"], secret: ["target", "provider", "reference"] } as const;

const text = z
  .string()
  .min(1, "is empty")
  .max(MAX_SECRET_REF_CHARS, `is longer than ${String(MAX_SECRET_REF_CHARS)} characters`);

const SCHEMA = z.strictObject({
  version: z.literal(1, { error: "must be 1" }),
  secrets: z
    .array(
      z.strictObject({
        target: text.regex(
          /^secret:\/\/[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
          "must be `secret://` and a name: letters, digits, `.`, `_` and `-`, with `/` between its parts",
        ),
        provider: text.regex(/^[a-z0-9][a-z0-9._-]*$/, "must be the name of a provider"),
        reference: text,
      }),
    )
    .min(1, "must hold at least one secret")
    .max(MAX_SECRET_REFS, `holds more than ${String(MAX_SECRET_REFS)} secrets`),
});

/** The entries of a source, or all its faults in the order of the text. */
export function parseSecretRefs(
  source: string,
  referenceFault: ReferenceFault,
): Result<readonly SecretEntry[], readonly PolicyFault[]> {
  const lone = source.search(LONE_SURROGATE);
  if (lone >= 0) return err([{ ...placesIn(source)(lone), problem: "the text is not valid Unicode" }]);
  const toml = readToml(source);
  if (!toml.ok) return err([toml.error]);
  const parsed = SCHEMA.safeParse(toml.value, { reportInput: true });
  if (!parsed.success) return err(placed(source, parsed.error.issues.flatMap(faultsOf)));
  const { secrets } = parsed.data;
  const faults = [...twice(secrets), ...wrongReferences(secrets, referenceFault)];
  return faults.length === 0 ? ok(secrets) : err(placed(source, faults));
}

/** Two entries for one name: which of them would be meant? */
function twice(secrets: readonly SecretEntry[]): readonly PathFault[] {
  const seen = new Set<string>();
  return secrets.flatMap(({ target }, index) => {
    const isSeen = seen.has(target);
    seen.add(target);
    return isSeen ? [{ path: ["secrets", index, "target"], problem: "`target` stands in the list before" }] : [];
  });
}

function wrongReferences(secrets: readonly SecretEntry[], referenceFault: ReferenceFault): readonly PathFault[] {
  return secrets.flatMap(({ provider, reference }, index) => {
    const problem = referenceFault(provider, reference);
    if (problem === undefined) return [];
    // The sentence begins with the key that it is about.
    const key = problem.includes("`reference`") ? "reference" : "provider";
    return [{ path: ["secrets", index, key], problem }];
  });
}

/** As fault.ts tells it, without what the operator wrote: a value, or a value that slipped into the place of a key. */
function faultsOf(issue: z.core.$ZodIssue): readonly PathFault[] {
  const path: Path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(path, key));
  const name = path.findLast((step) => typeof step === "string");
  const key = name === undefined ? "the file" : `\`${name}\``;
  if (issue.code !== "invalid_type") return [{ path, problem: `${key} ${issue.message}` }];
  if (issue.input === undefined) return [{ path, problem: `${key} is missing` }];
  const wanted = typeof path.at(-1) === "number" ? "a table" : issue.expected === "array" ? "a list" : "a string";
  const where = typeof path.at(-1) === "number" ? "each item of " : "";
  return [{ path, problem: `${where}${key} must be ${wanted}, found ${kindOf(issue.input)}` }];
}

function unknownKey(path: Path, key: string): PathFault {
  const known = path.length === 0 ? KEYS.file : KEYS.secret;
  const near = nearest(key, known);
  return {
    path: [...path, key],
    problem: "unknown key",
    hint:
      near === undefined
        ? `the keys here are ${known.map((name) => `\`${name}\``).join(", ")}`
        : `did you mean \`${near}\`?`,
  };
}
