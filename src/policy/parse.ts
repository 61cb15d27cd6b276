/** Reads a policy file: TOML, then structure, then what the rules must be together. Every fault found is reported. */
import { utf8Bytes } from "../base/bytes.js";
import { MAX_POLICY_BYTES } from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import type { PolicyDocument } from "./ast.js";
import { faultsOf, type PolicyFault } from "./fault.js";
import { placesIn } from "./locate.js";
import { checkNames } from "./names.js";
import { checkRules, numberedId } from "./rules.js";
import { documentSchema } from "./schema.js";
import { placed, readToml } from "./toml.js";

export type { PolicyFault } from "./fault.js";

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
    ...(parsed.error?.issues.flatMap((issue) => faultsOf(issue)) ?? []),
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
