/** Policies from files: read within bounds, parsed strictly, every fault with its line and column. */
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { AgentkError } from "../../base/errors.js";
import { MAX_NAME_CHARS, MAX_POLICY_BYTES } from "../../base/limits.js";
import { systemCode } from "../../host/private-folder.js";
import { compilePolicy, type CompiledPolicy } from "../../policy/compile.js";
import { loadRegexFor } from "../../policy/match/regex.js";
import { parsePolicy, type PolicyFault } from "../../policy/parse.js";
import { shippedFile } from "../package-info.js";

export interface LoadedPolicy {
  /** The file's name without folder and `.toml`, as the log shows it. */
  readonly name: string;
  readonly file: string;
  readonly source: string;
}

/** A policy that does not parse: every fault found. The command that meets it fails a check (exit status 2). */
export class PolicyInvalid extends AgentkError {
  readonly faults: readonly PolicyFault[];

  constructor(file: string, faults: readonly PolicyFault[]) {
    const [first] = faults;
    const place = first === undefined ? { file } : { file, line: first.line, column: first.column };
    super("policy-invalid", first?.problem ?? "is not a policy", { place, hint: hintFor(faults) });
    this.faults = faults;
  }
}

/** One fault may hide behind another (a misspelt key is also a missing one), so that there are more is said. */
function hintFor([first, ...more]: readonly PolicyFault[]): string {
  const count = `${String(more.length)} more ${more.length === 1 ? "fault" : "faults"}: see \`agentk policy-check\``;
  const hints = [...(first?.hint === undefined ? [] : [first.hint]), ...(more.length === 0 ? [] : [count])];
  return hints.length === 0 ? "see docs/policy.md" : hints.join("; ");
}

/**
 * Reads a policy's text; without a file, the shipped guard policy.
 * @throws AgentkError `file-unreadable`; PolicyInvalid when it is too large or not UTF-8.
 */
export async function readPolicy(file: string | undefined): Promise<LoadedPolicy> {
  const path = file ?? shippedFile("policies/guard.toml");
  const source = textOf(path, readBounded(path));
  await loadRegexFor(source);
  return { name: nameOf(path), file: path, source };
}

function textOf(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PolicyInvalid(path, [{ line: 1, column: 1, problem: "the file is not UTF-8 text" }]);
  }
}

/** A file may be called anything; the log takes a name. */
function nameOf(path: string): string {
  const name = basename(path)
    .replace(/\.toml$/, "")
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .slice(0, MAX_NAME_CHARS);
  return name === "" ? "policy" : name;
}

function readBounded(path: string): Buffer {
  try {
    // A pipe or a device has no size to go by, and may have no end.
    if (!statSync(path).isFile()) throw new Error("not a file");
    const bytes = readFileSync(path);
    if (bytes.length <= MAX_POLICY_BYTES) return bytes;
    const problem = `the file is larger than ${String(MAX_POLICY_BYTES)} bytes`;
    throw new PolicyInvalid(path, [{ line: 1, column: 1, problem }]);
  } catch (error) {
    if (error instanceof AgentkError) throw error;
    const why = systemCode(error) ?? (error instanceof Error ? error.message : "unknown");
    throw new AgentkError("file-unreadable", `cannot read the policy \`${path}\` (${why})`, {
      cause: error,
      place: { file: path },
    });
  }
}

/** Must have settled before a recorded policy is compiled: a log may hold any. */
export function readyForAnyPolicy(): Promise<void> {
  return loadRegexFor("matches");
}

/** The policy that was compiled last: a run checks its policy before it begins, and its first lines put it in force. */
let last: { readonly source: string; readonly compiled: CompiledPolicy } | undefined;

/**
 * A policy's decision function. Handed to the kernel, which compiles what its log says is in force. The same source
 * again gives the same function, which has no state: parsing and compiling the guard policy takes some 70 ms.
 * @throws PolicyInvalid
 */
export function compileSource(source: string, file = "the recorded policy"): CompiledPolicy {
  if (last?.source === source) return last.compiled;
  const parsed = parsePolicy(source);
  if (!parsed.ok) throw new PolicyInvalid(file, parsed.error);
  const compiled = compilePolicy(parsed.value);
  last = { source, compiled };
  return compiled;
}
