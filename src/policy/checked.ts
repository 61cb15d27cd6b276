/** For patterns that the schema has tried already: their compiled form, and no second way to fail. */
import type { Result } from "../base/result.js";

/** @throws TypeError when the pattern is bad after all: the document did not come from parse.ts. */
export function checked<T>(compiled: Result<T, string>): T {
  if (compiled.ok) return compiled.value;
  throw new TypeError(compiled.error);
}
