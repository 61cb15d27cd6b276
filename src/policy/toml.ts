/** TOML files of operators: read strictly, and faults put in the order of the text. */
import { parse as parseToml, TomlError } from "smol-toml";
import { err, ok, type Result } from "../base/result.js";
import type { PathFault, PolicyFault } from "./fault.js";
import { locator } from "./locate.js";

/** Inline tables and lists within each other: two for each level of nested conditions, and those within the last. */
const MAX_TOML_DEPTH = 32;

/** `__proto__` and `constructor` are refused as keys anywhere: no table of ours has them, and careless code trips on them. */
export function readToml(source: string): Result<Readonly<Record<string, unknown>>, PolicyFault> {
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

/** Faults with their places in a source that `readToml` has accepted, from its top to its end. */
export function placed(source: string, faults: readonly PathFault[]): readonly PolicyFault[] {
  const locate = locator(source);
  return faults
    .map(({ path, ...fault }) => ({ ...locate(path), ...fault }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}
