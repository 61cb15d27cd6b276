/** Tests of a policy: calls, what the agent had seen before them, and the decision that is expected of the kernel. */
import type { z } from "./zod.js";
import type { ReasonCode, Verdict } from "../abi/decision.js";
import { utf8Bytes } from "../base/bytes.js";
import { MAX_POLICY_BYTES } from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import { CASE_KEYS, casesSchema } from "./cases-schema.js";
import { kindOf, quoted } from "./quoted.js";
import { locator } from "./locate.js";
import { nearest } from "./nearest.js";
import type { PathFault, PolicyFault } from "./fault.js";
import { placed, readToml } from "./toml.js";

export interface Expectation {
  readonly verdict: Verdict;
  /** Without it, any rule will do. */
  readonly rule?: string;
  readonly reason?: ReasonCode;
}

type Parsed = z.infer<typeof casesSchema>;
type ParsedCase = Parsed["cases"][number];

/** Times are milliseconds of the wall clock. */
export type PolicyCase = ParsedCase & {
  /** 1-based line of the case in its file. */
  readonly line: number;
};

export interface CaseFile {
  /** The policy's file, from the folder of the cases; default: the name of the file of cases. */
  readonly policy?: string;
  readonly cases: readonly PolicyCase[];
}

/** The cases of a source, or all its faults in the order of the text. */
export function parseCases(source: string): Result<CaseFile, readonly PolicyFault[]> {
  if (utf8Bytes(source).length > MAX_POLICY_BYTES)
    return err([{ line: 1, column: 1, problem: `the cases are larger than ${String(MAX_POLICY_BYTES)} bytes` }]);
  const toml = readToml(source);
  if (!toml.ok) return err([toml.error]);
  const locate = locator(source);
  const parsed = casesSchema.safeParse(toml.value, { reportInput: true });
  const faults = [...(parsed.error?.issues.flatMap(faultsOf) ?? []), ...sameNames(toml.value)];
  if (parsed.success && faults.length === 0) {
    const cases = parsed.data.cases.map((one, index) => ({ ...one, line: locate(["cases", index]).line }));
    return ok({ ...parsed.data, cases });
  }
  return err(placed(source, faults));
}

function faultsOf(issue: z.core.$ZodIssue): readonly PathFault[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(path, key));
  if (issue.code !== "invalid_type") return [{ path, problem: issue.message }];
  const key = quoted(path.findLast((step) => typeof step === "string") ?? "file");
  if (issue.input === undefined) return [{ path, problem: `${key} is missing` }];
  return [{ path, problem: `${key} cannot be ${kindOf(issue.input)}` }];
}

function unknownKey(path: PathFault["path"], key: string): PathFault {
  const known = CASE_KEYS.get(path.filter((step) => typeof step === "string").join(".")) ?? [];
  const near = nearest(key, known);
  const hint = near === undefined ? `the keys here are ${known.map(quoted).join(", ")}` : `did you mean \`${near}\`?`;
  return { path: [...path, key], problem: `unknown key ${quoted(key)}`, hint };
}

/** Two cases of one name could not be told apart in a report. */
function sameNames(file: Readonly<Record<string, unknown>>): readonly PathFault[] {
  const list: readonly unknown[] = Array.isArray(file["cases"]) ? file["cases"] : [];
  const names = list.map((one) => (typeof one === "object" && one !== null && "name" in one ? one.name : undefined));
  return names.flatMap((name, index) =>
    typeof name === "string" && names.indexOf(name) < index
      ? [{ path: ["cases", index, "name"], problem: `the name ${quoted(name)} is another case's already` }]
      : [],
  );
}
