/** Exceptions that a project's owner writes down, one a line: what is excepted, and why. */
import type { AuditFinding } from "../../abi/audit.js";
import { textOf } from "./tracked-files.js";

export interface Exception {
  readonly line: number;
  /** Exact, or the beginning and `*`. */
  readonly name: string;
  readonly why: string;
}

/** Of a file in the project; none when it is not there. Lines that begin with `#` say nothing. */
export function exceptionsIn(repo: string, file: string): readonly Exception[] {
  const read = textOf(repo, file);
  if (read === undefined) return [];
  if (typeof read === "string") throw new Error(`\`${file}\` cannot be read as text`);
  return read.text.split("\n").flatMap((text, index) => {
    const [name = "", ...why] = text.trim().split(/\s+/);
    return name === "" || name.startsWith("#") ? [] : [{ line: index + 1, name, why: why.join(" ") }];
  });
}

export function exceptionFor(exceptions: readonly Exception[], name: string): Exception | undefined {
  return exceptions.find((one) =>
    one.name.endsWith("*") ? name.startsWith(one.name.slice(0, -1)) : one.name === name,
  );
}

/** INVARIANT: nothing is excepted without a reason. */
export function withoutReason(exceptions: readonly Exception[], file: string): readonly AuditFinding[] {
  return exceptions.filter(({ why }) => why === "").map((one) => complaint(one, file, "has no reason beside it"));
}

/** Those that were not used: they would hide what comes later. */
export function notUsed(
  exceptions: readonly Exception[],
  used: ReadonlySet<Exception>,
  file: string,
): readonly AuditFinding[] {
  return exceptions.filter((one) => !used.has(one)).map((one) => complaint(one, file, "excepts nothing any more"));
}

function complaint({ line, name }: Exception, file: string, says: string): AuditFinding {
  return { file, line, text: `\`${name}\` ${says}` };
}
