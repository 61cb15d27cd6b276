/** Finds the cases beside a policy, reads both, and runs each case in a world of its own. */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { AgentkError } from "../../base/errors.js";
import { MAX_POLICY_BYTES } from "../../base/limits.js";
import { parseCases } from "../../policy/cases.js";
import { runCase, type CaseFileResult, type CaseResult, type OpenCaseWorld } from "../../policy/cases-run.js";
import { parsePolicy } from "../../policy/parse.js";
import { readTextFile } from "../text-file.js";
import { PolicyInvalid, readPolicy } from "./file.js";

const SUFFIX = ".cases.toml";

/**
 * Runs the cases of a file, of the file beside a policy, or of every file of cases in a folder, in name order.
 * Faults in the cases or the policy are in the result. @throws AgentkError `file-unreadable`
 */
export async function testPolicies(path: string, open: OpenCaseWorld, cwd: string): Promise<readonly CaseFileResult[]> {
  const results: CaseFileResult[] = [];
  for (const file of caseFiles(path)) results.push(await testFile(file, open, cwd));
  return results;
}

function caseFiles(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path.endsWith(SUFFIX) ? path : path.replace(/(?:\.toml)?$/, SUFFIX)];
    return readdirSync(path)
      .filter((name) => name.endsWith(SUFFIX))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(file: string, cause: unknown): AgentkError {
  return new AgentkError("file-unreadable", `cannot read \`${file}\``, { cause, place: { file } });
}

async function testFile(file: string, open: OpenCaseWorld, cwd: string): Promise<CaseFileResult> {
  const parsed = parseCases(readTextFile(file, MAX_POLICY_BYTES));
  const name = basename(file).slice(0, -SUFFIX.length);
  const policy = resolve(dirname(file), (parsed.ok ? parsed.value.policy : undefined) ?? `${name}.toml`);
  const shown = { file: relative(cwd, file), policy: relative(cwd, policy) };
  if (!parsed.ok)
    return { ...shown, faults: parsed.error.map((fault) => ({ ...fault, file: shown.file })), results: [] };
  const read = await readSource(policy);
  if (typeof read !== "string")
    return { ...shown, faults: read.faults.map((fault) => ({ ...fault, file: shown.policy })), results: [] };
  const results: CaseResult[] = [];
  for (const one of parsed.value.cases) results.push(await runCase(one, read, open));
  return { ...shown, faults: [], results };
}

async function readSource(file: string): Promise<string | PolicyInvalid> {
  try {
    const { source } = await readPolicy(file);
    const parsed = parsePolicy(source);
    return parsed.ok ? source : new PolicyInvalid(file, parsed.error);
  } catch (error) {
    if (error instanceof PolicyInvalid) return error;
    throw error;
  }
}
