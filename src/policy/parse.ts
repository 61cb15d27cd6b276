/** Reads a policy file: TOML, then structure, then what the rules must be together. Every fault found is reported. */
import { parse as parseToml, TomlError } from "smol-toml";
import { utf8Bytes } from "../base/bytes.js";
import { MAX_POLICY_BYTES } from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import type { PolicyDocument } from "./ast.js";
import { faultsOf, type PathFault, type PolicyFault } from "./fault.js";
import { locator, placesIn } from "./locate.js";
import { checkNames } from "./names.js";
import { checkRules, numberedId } from "./rules.js";
import { documentSchema } from "./schema.js";

export type { PolicyFault } from "./fault.js";

/** Inline tables and lists within each other: two for each level of nested conditions, and those within the last. */
const MAX_TOML_DEPTH = 32;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The document of a policy source, or all its faults in the order of the text.
 * A source that is not TOML has one fault, the first that the TOML reader meets.
 */
export function parsePolicy(source: string): Result<PolicyDocument, readonly PolicyFault[]> {
  const unreadable = textFault(source);
  if (unreadable !== undefined) return err([unreadable]);
  const toml = readToml(source);
  if (!toml.ok) return err([toml.error]);
  const parsed = documentSchema.safeParse(toml.value, { reportInput: true });
  const faults = [
    ...(parsed.error?.issues.flatMap(faultsOf) ?? []),
    ...checkRules(toml.value),
    ...checkNames(toml.value),
  ];
  if (!parsed.success || faults.length > 0) return err(placed(source, faults));
  const { rules, ...rest } = parsed.data;
  return ok({ ...rest, rules: rules.map((rule, index) => ({ ...rule, id: rule.id ?? numberedId(index) })) });
}

/** What makes a text unfit for the flight log, which carries the source of every policy in force. */
function textFault(source: string): PolicyFault | undefined {
  if (utf8Bytes(source).length > MAX_POLICY_BYTES)
    return { line: 1, column: 1, problem: `the policy is larger than ${String(MAX_POLICY_BYTES)} bytes` };
  const lone = source.search(LONE_SURROGATE);
  return lone < 0 ? undefined : { ...placesIn(source)(lone), problem: "the text is not valid Unicode" };
}

/** `__proto__` and `constructor` are refused as keys anywhere: no table of ours has them, and careless code trips on them. */
function readToml(source: string): Result<Readonly<Record<string, unknown>>, PolicyFault> {
  try {
    return ok(parseToml(source, { unsafeKeyBehaviour: "throw", maxDepth: MAX_TOML_DEPTH }));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return err({ line: error.line, column: error.column, problem: tomlProblem(error.message) });
  }
}

function tomlProblem(message: string): string {
  const [first = ""] = message.split("\n");
  const detail = first.replace(/^Invalid TOML document: /, "");
  if (detail.includes("unsafe property")) return "the keys `__proto__` and `constructor` are not allowed";
  return `not valid TOML: ${detail}`;
}

function placed(source: string, faults: readonly PathFault[]): readonly PolicyFault[] {
  const locate = locator(source);
  return faults
    .map(({ path, ...fault }) => ({ ...locate(path), ...fault }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}
